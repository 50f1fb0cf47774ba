"""What the spine plugs in: export, retention, closing an account, a count that checks the facts."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.cases.audience import cases_that_ask, own_party, standing_for
from apps.cases.facts import recount
from apps.cases.kinds import of
from apps.cases.models import AccessCode, Case, Consent, Look, Party, PartyContact
from apps.cases.sockets import case_exports
from apps.cases.states import ConsentTo
from apps.core.downloads import pieces
from apps.core.retention import keep
from apps.core.sockets import closings, export_files, exports, recounts
from apps.core.transitions import Phase


def _status_for(case: Case, user: User) -> str:
    """The status as a party may know it: that somebody else is asked is not for them."""
    asked = case.pk in cases_that_ask([case], user)
    return case.status if asked or case.phase != Phase.WAITING else of(case).resumed


@exports.plug
def export_cases(user: User) -> tuple[str, list[dict[str, Any]]]:
    """A person's own cases with what they told the city and what it told them."""
    rows = []
    for case in Case.objects.of(user):
        standing = standing_for(case, user)
        row: dict[str, Any] = {
            _("Nummer"): case.reference,
            _("Anliegen"): case.title,
            _("Eingegangen"): case.submitted_at.isoformat(),
            _("Status"): of(case).status_label(_status_for(case, user)),
            _("Nachrichten"): [m.body for m in case.messages.heard_by(standing)],
            _("Dateien"): [a.file.name for a in case.attachments.heard_by(standing).select_related("file")],
        }
        own = own_party(case, user)
        row[_("Einwilligungen")] = [
            {_("Wortlaut"): said.wording, _("Erteilt"): said.given_at.isoformat(),
             _("Widerrufen"): said.withdrawn_at.isoformat() if said.withdrawn_at is not None else ""}
            for said in (own.consents.all() if own is not None else ())
        ]  # fmt: skip
        contact = PartyContact.objects.filter(party=own).first() if own is not None else None
        if contact is not None and contact.letter_form:
            row[_("Briefe zusätzlich in dieser Form")] = str(contact.get_letter_form_display())
        for plugged in case_exports:
            row |= plugged(case, user)
        rows.append(row | of(case).export(case, user))
    return _("Vorgänge"), rows


@export_files.plug
def files_of_cases(user: User) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What a person has sent, by case."""
    for case in Case.objects.of(user):
        for attachment in case.attachments.heard_by(standing_for(case, user)).select_related("file"):
            if attachment.file.viewable:
                yield f"{case.reference}/{attachment.file.name}", pieces(attachment.file)


keep("looks", "Wer Vorgänge eingesehen hat", Look.objects.all(), "at")
keep("access_codes", "Zugangscodes, die nicht mehr gelten", AccessCode.objects.all(), "expires_at")


@closings.plug
def letters_by_post(user: User) -> None:
    """Who closes the account gets what is still to come by post."""
    # Only their own: how others in the case get theirs is for those to say.
    own = Party.objects.filter(account=user)
    Consent.objects.given(ConsentTo.PORTAL).filter(party__in=own).update(withdrawn_at=timezone.now())
    PartyContact.objects.filter(party__in=own, email=user.email).update(email="")


recounts.plug(recount)
