"""What staff can do with a party: its address, who acts for it, what nobody may know, how it comes to the case."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Role, User
from apps.accounts.requests import Viewer
from apps.cases import consents, invitations, looks, parties
from apps.cases.acts import CaseAct, register
from apps.cases.addressee import PRINCIPALS
from apps.cases.consents import has_said, has_signed, may_be_together
from apps.cases.forms import (
    CheckForm,
    ContactForm,
    DecidedForm,
    InviteForm,
    MandateForm,
    NoPartyForm,
    RevealForm,
    SignatureForm,
    StatementForm,
    UnprotectForm,
    WaiveForm,
)
from apps.cases.models import Party, PartyContact
from apps.cases.states import ConsentTo, PartyRole
from apps.cases.transitions import new_party


def _sees(party: Party, user: Viewer) -> bool:
    """Whether the address stands before them: what one does not see one does not change."""
    return PartyContact.objects.visible_to(user).filter(party=party).exists()


def _contact(party: Party) -> PartyContact | None:
    return PartyContact.objects.filter(party=party).first()


def _is_protected(party: Party) -> bool:
    contact = _contact(party)
    return contact is not None and contact.protected


def _is_checked(party: Party) -> bool:
    contact = _contact(party)
    return contact is not None and contact.checked_on is not None


def _has_mandate(party: Party) -> bool:
    return party.mandates.in_force().exists()


def _may_be_together(party: Party, user: Viewer) -> bool:
    return party.role in PRINCIPALS and party.case.is_open and may_be_together(party.case) and _sees(party, user)


def _grant(party: Party, data: dict[str, Any], by: User) -> Any:
    receives, valid_until = data.pop("receives"), data.pop("valid_until")
    return parties.grant_mandate(party, new_party(**data), receives=receives, valid_until=valid_until, by=by)


register(
    CaseAct(
        key="reveal",
        about=Party,
        label=gettext_lazy("Anschrift anzeigen"),
        form=RevealForm,
        verb=lambda party, data, by: looks.reveal(party, reason=data["reason"], by=by),
        when=lambda party, user: not _sees(party, user),
        done=gettext_lazy("Sie sehen die Anschrift jetzt für zehn Minuten."),
        style="primary",
    )
)
register(
    CaseAct(
        key="change",
        about=Party,
        label=gettext_lazy("Anschrift ändern"),
        form=ContactForm,
        verb=lambda party, data, by: parties.change_contact(party, by=by, **data),
        when=_sees,
        done=gettext_lazy("Die Anschrift ist geändert. Briefe, die schon geschrieben sind, behalten ihre."),
    )
)
register(
    CaseAct(
        key="check",
        about=Party,
        label=gettext_lazy("Anschrift ist geprüft"),
        intro=gettext_lazy(
            "Sie haben die Anschrift nachgesehen, zum Beispiel im Melderegister. Erst dann gehen ein Zugangscode oder eine "
            "Anhörung dorthin: Was andere angegeben haben, beweist nichts."
        ),
        form=CheckForm,
        verb=lambda party, data, by: parties.check_contact(party, seen=data["seen"], by=by),
        when=_sees,
        offered=lambda party, _user: not _is_checked(party),
        done=gettext_lazy("Vermerkt: Die Anschrift ist geprüft."),
    )
)
register(
    CaseAct(
        key="mandate",
        about=Party,
        label=gettext_lazy("Vollmacht vermerken"),
        form=MandateForm,
        verb=_grant,
        when=lambda party, user: party.role in PRINCIPALS and _sees(party, user),
        done=gettext_lazy("Die Vollmacht ist vermerkt."),
    )
)
register(
    CaseAct(
        key="end_mandate",
        about=Party,
        label=gettext_lazy("Vollmacht beenden"),
        verb=lambda party, _data, by: parties.end_mandate(party, by=by),
        when=_sees,
        offered=lambda party, _user: _has_mandate(party),
        done=gettext_lazy("Die Vollmacht ist beendet. Geschrieben wird wieder der Person selbst."),
    )
)
register(
    CaseAct(
        key="code",
        about=Party,
        label=gettext_lazy("Zugangscode erstellen"),
        intro=gettext_lazy(
            "Mit einem Code aus einem Brief verbindet die Person ihr Konto und sieht den Vorgang in „Mein Bereich“: was für "
            "sie bestimmt ist und was für alle. Oder sie antwortet ohne Konto."
        ),
        form=DecidedForm,
        verb=lambda party, data, by: invitations.make_code(party, decided=data.get("decided", False), by=by),
        when=lambda party, user: (
            party.role != PartyRole.NONE and not party.has_proved and _is_checked(party) and _sees(party, user)
        ),
        done=lambda code: (
            _(
                "Zugangscode: %(code)s. Er wird nur jetzt angezeigt. Schreiben Sie ihn in einen Brief an die geprüfte Anschrift."
            )
            % {"code": code}
        ),
    )
)
register(
    CaseAct(
        key="invite",
        about=Party,
        label=gettext_lazy("Per E-Mail einladen"),
        intro=gettext_lazy(
            "Die Person bekommt einen Link, der einmal gilt. Wer ihn öffnet, liest dieses Postfach; wer das ist, beweist er "
            "nicht. Zustimmen kann sie damit deshalb nur mit Unterschrift."
        ),
        form=InviteForm,
        verb=lambda party, data, by: invitations.invite(
            party, email=data["email"], decided=data.get("decided", False), by=by
        ),
        when=lambda party, user: party.role != PartyRole.NONE and party.account_id is None and _sees(party, user),
        done=gettext_lazy("Die Einladung ist unterwegs."),
    )
)
register(
    CaseAct(
        key="statement",
        about=Party,
        label=gettext_lazy("Äußerung vermerken"),
        intro=gettext_lazy("Die Person hat sich auf Papier, am Schalter oder am Telefon geäußert."),
        form=StatementForm,
        verb=lambda party, data, by: parties.statement_came(party, body=data["body"], by=by),
        when=lambda party, user: (
            party.case.is_open
            and party.role == PartyRole.JOINT
            and _sees(party, user)
            and party.hearings.filter(answered_at=None).exists()
            and not party.hearings.exclude(waived_because="").exists()
        ),
        done=gettext_lazy("Die Äußerung ist vermerkt."),
    )
)
register(
    CaseAct(
        key="waive",
        about=Party,
        label=gettext_lazy("Von der Anhörung absehen"),
        intro=gettext_lazy(
            "Wer nur von anderen genannt wurde, wird angehört, bevor ein Bescheid ergeht. Manchmal ist das nicht nötig."
        ),
        form=WaiveForm,
        verb=lambda party, data, by: parties.waive_hearing(party, reason=data["reason"], by=by),
        when=lambda party, user: (
            party.case.is_open
            and party.role == PartyRole.JOINT
            and _sees(party, user)
            and not party.hearings.over().exists()
        ),
        done=gettext_lazy("Vermerkt, mit Ihrem Grund."),
    )
)
register(
    CaseAct(
        key="no_party",
        about=Party,
        label=gettext_lazy("Ist nicht beteiligt"),
        intro=gettext_lazy(
            "Zum Beispiel, weil die Anhörung es ergeben hat. Der Bescheid ergeht dann nicht gegen diese Person, und sie "
            "sieht den Vorgang nicht mehr."
        ),
        form=NoPartyForm,
        verb=lambda party, data, by: parties.is_no_party(party, reason=data["reason"], by=by),
        when=lambda party, user: party.case.is_open and party.role == PartyRole.JOINT and _sees(party, user),
        done=gettext_lazy("Festgestellt, mit Ihrem Grund in den Notizen."),
    )
)
register(
    CaseAct(
        key="one_letter_signed",
        about=Party,
        label=gettext_lazy("Einverständnis mit einem Brief für alle"),
        form=SignatureForm,
        verb=lambda party, _data, by: consents.agree_to_one_letter(party, by=by, signed=True),
        when=lambda party, user: _may_be_together(party, user) and not has_said(party, ConsentTo.ONE_LETTER),
        done=gettext_lazy("Vermerkt: Die Person ist mit einem Brief für alle einverstanden."),
    )
)
register(
    CaseAct(
        key="strike_signature",
        about=Party,
        label=gettext_lazy("Einverständnis war ein Irrtum"),
        intro=gettext_lazy("Sie haben die Unterschrift versehentlich vermerkt."),
        verb=lambda party, _data, by: consents.strike_signature(party, by=by),
        when=lambda party, user: _may_be_together(party, user) and has_signed(party),
        done=gettext_lazy("Das Einverständnis ist gestrichen."),
    )
)
register(
    CaseAct(
        key="own_letter_wanted",
        about=Party,
        label=gettext_lazy("Verlangt einen eigenen Brief"),
        intro=gettext_lazy(
            "Dann bekommt niemand einen gemeinsamen Brief, auch Eheleute nicht (§ 122 Abs. 7 Satz 2 AO)."
        ),
        verb=lambda party, _data, by: consents.want_own_letter(party, by=by),
        when=lambda party, user: _may_be_together(party, user) and not has_said(party, ConsentTo.OWN_LETTER),
        done=gettext_lazy("Vermerkt: Die Person bekommt einen eigenen Brief."),
    )
)
register(
    CaseAct(
        key="protect",
        about=Party,
        label=gettext_lazy("Auskunftssperre vermerken"),
        intro=gettext_lazy(
            "Besteht eine Auskunftssperre (§ 51 BMG), sehen auch Kolleginnen und Kollegen die Anschrift nur mit einem Grund. "
            "Andere Beteiligte erfahren nicht, dass es sie gibt."
        ),
        verb=lambda party, _data, by: parties.protect(party, by=by),
        when=lambda _party, _user: True,
        offered=lambda party, _user: not _is_protected(party),
        done=gettext_lazy(
            "Die Auskunftssperre ist vermerkt, auch für andere unter dieser Anschrift. Sie sieht nur noch, wer einen Grund nennt. Codes und Einladungen an andere Beteiligte gelten nicht mehr."
        ),
    )
)
register(
    CaseAct(
        key="unprotect",
        about=Party,
        label=gettext_lazy("Auskunftssperre aufheben"),
        intro=gettext_lazy("Das gibt die Leitung frei, und nie, wer es vorgeschlagen hat."),
        form=UnprotectForm,
        verb=lambda party, _data, by: parties.unprotect(party, by=by),
        released_by=frozenset([Role.HEAD]),
        when=lambda party, _user: _is_protected(party),
        done=gettext_lazy("Die Auskunftssperre ist aufgehoben."),
    )
)
