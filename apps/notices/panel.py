"""The letters of a case, as every case page shows them."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest

from apps.cases.audience import standing_for
from apps.cases.models import Case
from apps.cases.sockets import case_panels
from apps.core.business_calendar import today
from apps.core.sockets import Panel
from apps.notices.models import AccessibleCopy, Appeal, Delivery
from apps.notices.models.copies import CopyQuerySet
from apps.notices.periods import period_of


def _copies_for(request: HttpRequest, staff: bool) -> CopyQuerySet:
    """Other forms of letters: all for staff, for a party only what they need themselves."""
    copies = AccessibleCopy.objects.light().select_related("party")
    return copies if staff else copies.filter(party__account=request.user.pk)


def _people(delivery: Delivery) -> set[int]:
    return {delivery.principal_id, delivery.party_id, *(party.pk for party in delivery.also_to.all())}


def _shown(appeal: Appeal, deliveries: list[dict[str, Any]]) -> dict[str, Any]:
    """An appeal with whether it came in time, where that is known of whoever acts."""
    days = [
        one["period"].ends_on for one in deliveries
        if one["period"] is not None and one["period"].ends_on and appeal.party_id in _people(one["delivery"])
    ]  # fmt: skip
    late = appeal.is_late(max(days)) if days else None
    return {"appeal": appeal, "ends_on": max(days) if late is not None else None, "late": late}


@case_panels.plug
def notice_panel(request: HttpRequest, case: Case, staff: bool) -> list[Panel]:
    """The letters of a case, above everything else: all of them for staff, one's own for a party."""
    found = Delivery.objects.filter(letter__notice__case=case)
    if not staff:
        found = found.to(request.user).filter(again=None) | found.to(request.user).exclude(posted_on=None)
    deliveries = list(
        found.select_related("letter__notice__case__service", "notification", "again")
        .with_remedy()
        .prefetch_related(
            # Why something was put right is for staff.
            *(["corrections__by"] if staff else []),
            "also_to",
            Prefetch("copies", queryset=_copies_for(request, staff)),
        )
        .order_by("letter__notice__number", "is_copy", "principal", "letter__created_at")
    )
    if not deliveries:
        return []
    notices: dict[Any, dict[str, Any]] = {}
    for delivery in deliveries:
        row = notices.setdefault(delivery.notice.pk, {"notice": delivery.notice, "deliveries": [], "appeals": []})
        # Against what names no remedy there is none (with_remedy() has looked).
        period = period_of(delivery, today=today()) if vars(delivery)["remedy"] else None
        row["deliveries"].append({"delivery": delivery, "period": period})
    appeals = Appeal.objects.filter(notice__in=notices).select_related("party")
    for appeal in appeals if staff else appeals.filter(party__in=standing_for(case, request.user)):
        notices[appeal.notice_id]["appeals"].append(_shown(appeal, notices[appeal.notice_id]["deliveries"]))
    context = {"notices": list(notices.values()), "case": case, "staff": staff,
               "pending": any(one.is_pending for d in deliveries for one in (d.letter, *d.copies.all()))}  # fmt: skip
    return [Panel("notices/_panel.html", context, order=10)]
