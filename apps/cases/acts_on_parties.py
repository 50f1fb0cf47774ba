"""What staff can do with a party: its address, who acts for it, what nobody may know, how it comes to the case."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Role, User
from apps.accounts.requests import Viewer
from apps.cases import consents, invitations, looks, parties
from apps.cases.acts import PartyAct, register
from apps.cases.addressee import PRINCIPALS
from apps.cases.consents import has_said, has_signed, may_still_say
from apps.cases.forms import (
    CheckForm,
    ContactForm,
    DecidedForm,
    InviteForm,
    LetterFormForm,
    MandateForm,
    SignatureForm,
    asking,
)
from apps.cases.models import Party, PartyContact
from apps.cases.states import ConsentTo, PartyRole
from apps.cases.transitions import new_party


def _sees(party: Party, user: Viewer) -> bool:
    """Whether the address stands before them: what one does not see one does not change."""
    return PartyContact.objects.visible_to(user).filter(party=party).exists()


def _is_protected(party: Party) -> bool:
    return PartyContact.objects.filter(party=party, protected=True).exists()


def _is_checked(party: Party) -> bool:
    return PartyContact.objects.filter(party=party, checked_on__isnull=False).exists()


def _may_bind(party: Party, user: Viewer) -> bool:
    """Whether somebody whom others have named may still be bound by what is decided."""
    return party.case.is_open and party.role == PartyRole.JOINT and _sees(party, user)


def _may_be_together(party: Party, user: Viewer) -> bool:
    return may_still_say(party) and _sees(party, user)


def _grant(party: Party, data: dict[str, Any], by: User) -> Any:
    receives, valid_until = data.pop("receives"), data.pop("valid_until")
    return parties.grant_mandate(party, new_party(**data), receives=receives, valid_until=valid_until, by=by)


register(
    PartyAct(
        key="reveal",
        label=_("Anschrift anzeigen"),
        form=asking(
            "reason",
            _("Wofür brauchen Sie die Anschrift?"),
            missing=_("Bitte schreiben Sie, wofür Sie die Anschrift brauchen."),
            help_text=_("Der Grund wird mit Ihrem Namen und der Zeit festgehalten."),
        ),
        verb=lambda party, data, by: looks.reveal(party, reason=data["reason"], by=by),
        when=lambda party, user: not _sees(party, user),
        done=_("Sie sehen die Anschrift jetzt für zehn Minuten."),
        style="primary",
    ),
    PartyAct(
        key="change",
        label=_("Anschrift ändern"),
        form=ContactForm,
        verb=lambda party, data, by: parties.change_contact(party, by=by, **data),
        when=_sees,
        done=_("Die Anschrift ist geändert. Briefe, die schon geschrieben sind, behalten ihre."),
    ),
    PartyAct(
        key="letter_form",
        label=_("Barrierefreie Briefe"),
        intro=_(
            "Wer Gedrucktes schlecht oder nicht lesen kann, bekommt Bescheide auf Verlangen auch so, wie sie wahrgenommen werden "
            "können, ohne Kosten (§ 8 NBGG). Die Fassung kommt zum Brief dazu."
        ),
        form=LetterFormForm,
        verb=lambda party, data, by: parties.want_letters_as(party, data["letter_form"], by=by),
        when=_sees,
        done=_("Vermerkt. Neue Briefe kommen auch in dieser Form."),
    ),
    PartyAct(
        key="check",
        label=_("Anschrift ist geprüft"),
        intro=_(
            "Sie haben die Anschrift nachgesehen, zum Beispiel im Melderegister. Erst dann gehen ein Zugangscode oder eine "
            "Anhörung dorthin: Was andere angegeben haben, beweist nichts."
        ),
        form=CheckForm,
        verb=lambda party, data, by: parties.check_contact(party, seen=data["seen"], by=by),
        when=_sees,
        offered=lambda party, _user: not _is_checked(party),
        done=_("Vermerkt: Die Anschrift ist geprüft."),
    ),
    PartyAct(
        key="mandate",
        label=_("Vollmacht vermerken"),
        form=MandateForm,
        verb=_grant,
        when=lambda party, user: party.role in PRINCIPALS and _sees(party, user),
        done=_("Die Vollmacht ist vermerkt."),
    ),
    PartyAct(
        key="end_mandate",
        label=_("Vollmacht beenden"),
        verb=lambda party, _data, by: parties.end_mandate(party, by=by),
        when=_sees,
        offered=lambda party, _user: party.mandates.in_force().exists(),
        done=_("Die Vollmacht ist beendet. Geschrieben wird wieder der Person selbst."),
    ),
    PartyAct(
        key="code",
        label=_("Zugangscode erstellen"),
        intro=_(
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
    ),
    PartyAct(
        key="invite",
        label=_("Per E-Mail einladen"),
        intro=_(
            "Die Person bekommt einen Link, der einmal gilt. Wer ihn öffnet, liest dieses Postfach; wer das ist, beweist er "
            "nicht. Zustimmen kann sie damit deshalb nur mit Unterschrift."
        ),
        form=InviteForm,
        verb=lambda party, data, by: invitations.invite(
            party, email=data["email"], decided=data.get("decided", False), by=by
        ),
        when=lambda party, user: party.role != PartyRole.NONE and party.account_id is None and _sees(party, user),
        done=_("Die Einladung ist unterwegs."),
    ),
    PartyAct(
        key="statement",
        label=_("Äußerung vermerken"),
        intro=_("Die Person hat sich auf Papier, am Schalter oder am Telefon geäußert."),
        form=asking(
            "body",
            _("Was hat die Person gesagt?"),
            missing=_("Bitte schreiben Sie, was die Person gesagt hat."),
            help_text=_("Wird als Notiz Teil der Akte."),
            max_length=4000,
            rows=3,
        ),
        verb=lambda party, data, by: parties.statement_came(party, body=data["body"], by=by),
        when=lambda party, user: (
            _may_bind(party, user)
            and party.hearings.filter(answered_at=None).exists()
            and not party.hearings.exclude(waived_because="").exists()
        ),
        done=_("Die Äußerung ist vermerkt."),
    ),
    PartyAct(
        key="waive",
        label=_("Von der Anhörung absehen"),
        intro=_(
            "Wer nur von anderen genannt wurde, wird angehört, bevor ein Bescheid ergeht. Manchmal ist das nicht nötig."
        ),
        form=asking(
            "reason",
            _("Warum wird nicht angehört?"),
            missing=_("Bitte schreiben Sie, warum nicht angehört wird."),
            help_text=_(
                "Zum Beispiel: Die Person hat die Anmeldung mit unterschrieben. Das Gesetz nennt die Fälle (§ 91 Abs. 2 und 3 AO, "
                "§ 28 Abs. 2 und 3 VwVfG, § 24 Abs. 2 SGB X)."
            ),
        ),
        verb=lambda party, data, by: parties.waive_hearing(party, reason=data["reason"], by=by),
        when=lambda party, user: _may_bind(party, user) and not party.hearings.over().exists(),
        done=_("Vermerkt, mit Ihrem Grund."),
    ),
    PartyAct(
        key="no_party",
        label=_("Ist nicht beteiligt"),
        intro=_(
            "Zum Beispiel, weil die Anhörung es ergeben hat. Der Bescheid ergeht dann nicht gegen diese Person, und sie "
            "sieht den Vorgang nicht mehr."
        ),
        form=asking(
            "reason",
            _("Warum nicht?"),
            missing=_("Bitte schreiben Sie, warum die Person nicht beteiligt ist."),
            help_text=_("Wird als Notiz Teil der Akte."),
        ),
        verb=lambda party, data, by: parties.is_no_party(party, reason=data["reason"], by=by),
        when=_may_bind,
        done=_("Festgestellt, mit Ihrem Grund in den Notizen."),
    ),
    PartyAct(
        key="one_letter_signed",
        label=_("Einverständnis mit einem Brief für alle"),
        form=SignatureForm,
        verb=lambda party, _data, by: consents.agree_to_one_letter(party, by=by, signed=True),
        when=lambda party, user: _may_be_together(party, user) and not has_said(party, ConsentTo.ONE_LETTER),
        done=_("Vermerkt: Die Person ist mit einem Brief für alle einverstanden."),
    ),
    PartyAct(
        key="strike_signature",
        label=_("Einverständnis war ein Irrtum"),
        intro=_("Sie haben die Unterschrift versehentlich vermerkt."),
        verb=lambda party, _data, by: consents.strike_signature(party, by=by),
        when=lambda party, user: _may_be_together(party, user) and has_signed(party),
        done=_("Das Einverständnis ist gestrichen."),
    ),
    PartyAct(
        key="own_letter_wanted",
        label=_("Verlangt einen eigenen Brief"),
        intro=_("Dann bekommt niemand einen gemeinsamen Brief, auch Eheleute nicht (§ 122 Abs. 7 Satz 2 AO)."),
        verb=lambda party, _data, by: consents.want_own_letter(party, by=by),
        when=lambda party, user: _may_be_together(party, user) and not has_said(party, ConsentTo.OWN_LETTER),
        done=_("Vermerkt: Die Person bekommt einen eigenen Brief."),
    ),
    PartyAct(
        key="protect",
        label=_("Auskunftssperre vermerken"),
        intro=_(
            "Besteht eine Auskunftssperre (§ 51 BMG), sehen auch Kolleginnen und Kollegen die Anschrift nur mit einem Grund. "
            "Andere Beteiligte erfahren nicht, dass es sie gibt."
        ),
        verb=lambda party, _data, by: parties.protect(party, by=by),
        when=lambda _party, _user: True,
        offered=lambda party, _user: not _is_protected(party),
        done=_(
            "Die Auskunftssperre ist vermerkt, auch für andere unter dieser Anschrift. Sie sieht nur noch, wer einen Grund nennt. Codes und Einladungen an andere Beteiligte gelten nicht mehr."
        ),
    ),
    PartyAct(
        key="unprotect",
        label=_("Auskunftssperre aufheben"),
        intro=_("Das gibt die Leitung frei, und nie, wer es vorgeschlagen hat."),
        # A second person reads it.
        form=asking(
            "reason",
            _("Warum endet die Auskunftssperre?"),
            missing=_("Bitte schreiben Sie, warum die Auskunftssperre endet."),
            help_text=_("Zum Beispiel: Mitteilung der Meldebehörde vom …"),
        ),
        verb=lambda party, _data, by: parties.unprotect(party, by=by),
        released_by=frozenset([Role.HEAD]),
        when=lambda party, _user: _is_protected(party),
        done=_("Die Auskunftssperre ist aufgehoben."),
    ),
)
