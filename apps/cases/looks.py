"""Writing down who has looked at what, and hiding an address from those who need not know it."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from apps.accounts.models import Place, User
from apps.accounts.places import paths
from apps.accounts.requests import Viewer
from apps.cases.access import held_in
from apps.cases.audience import standing_for
from apps.cases.models import Case, Look, Party, PartyContact
from apps.cases.states import Purpose


def looked(case: Case, *, by: User, purpose: str, party: Party | None = None, reason: str = "") -> None:
    """A member of staff has read something; a party's own look is not written down here."""
    held_at = [held.place for held in held_in(case, by) if held.place is not None]
    if held_at:
        Look.objects.create(case=case, user=by, place=held_at[0], purpose=purpose, party=party, reason=reason)


def reveal(party: Party, *, reason: str, by: User) -> None:
    """Somebody says why they need a protected address; for some minutes they see it."""
    looked(party.case, by=by, purpose=Purpose.ADDRESS, party=party, reason=reason)


def hidden_from(case: Case, viewer: Viewer) -> set[int]:
    """The parties (ids) of a case whose address a member of staff does not see (now)."""
    protected = PartyContact.objects.filter(party__case=case, protected=True)
    if not protected:
        return set()
    visible = PartyContact.objects.visible_to(viewer).filter(party__case=case)
    return {contact.pk for contact in protected} - {contact.pk for contact in visible}


@dataclass(frozen=True)
class OfficeLook:
    """That an office has looked at a case on a day: not who of it."""

    office: str
    day: dt.date
    times: int


MOST_SHOWN = 30


def by_office(case: Case, user: User) -> list[OfficeLook]:
    """Which offices have looked at the case, day by day, the newest first; of a protected address only its own owner learns.

    Looks at files and letters are not told apart: whose they were is not for all.
    """
    own = standing_for(case, user)
    seen = case.looks.filter(Q(purpose=Purpose.CASE) | Q(purpose=Purpose.ADDRESS, party__in=own))
    days = (
        seen.annotate(day=TruncDate("at")).values("place", "day").annotate(times=Count("pk"))
        .order_by("-day", "place")[:MOST_SHOWN]
    )  # fmt: skip
    rows = list(days)
    names = {
        place.pk: str(place)
        for place in Place.objects.filter(pk__in={row["place"] for row in rows}).select_related(*paths())
    }
    return [OfficeLook(names[row["place"]], row["day"], row["times"]) for row in rows]
