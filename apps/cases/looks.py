"""Writing down who has looked at what, and hiding an address from those who need not know it."""

from typing import Any

from apps.cases.access import held_in
from apps.cases.models import Case, Look, Party, PartyContact
from apps.cases.states import Purpose


def looked(case: Case, *, by: Any, purpose: str, party: Party | None = None, reason: str = "") -> None:
    """A member of staff has read something; a party's own look is not written down here."""
    held_at = [held.place for held in held_in(case, by) if held.place is not None]
    if held_at:
        Look.objects.create(case=case, user=by, place=held_at[0], purpose=purpose, party=party, reason=reason)


def reveal(party: Party, *, reason: str, by: Any) -> None:
    """Somebody says why they need a protected address; for some minutes they see it."""
    looked(party.case, by=by, purpose=Purpose.ADDRESS, party=party, reason=reason)


def hidden_from(case: Case, viewer: Any) -> set[int]:
    """The parties (ids) of a case whose address a member of staff does not see (now)."""
    protected = PartyContact.objects.filter(party__case=case, protected=True)
    if not protected:
        return set()
    visible = PartyContact.objects.visible_to(viewer).filter(party__case=case)
    return {contact.pk for contact in protected} - {contact.pk for contact in visible}
