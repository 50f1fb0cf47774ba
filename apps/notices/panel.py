"""The letters of a case, as every case page shows them."""

from typing import Any

from django.http import HttpRequest

from apps.cases.audience import standing_for
from apps.cases.models import Case
from apps.cases.sockets import case_panels
from apps.core.business_calendar import today
from apps.core.sockets import Panel
from apps.notices.models import Appeal, Delivery
from apps.notices.periods import period_of


def _shown(appeal: Appeal, deliveries: list[dict[str, Any]]) -> dict[str, Any]:
    """An appeal with whether it came in time, where that is known of whoever acts."""
    days = [
        one["period"].ends_on for one in deliveries
        if one["period"] is not None and one["period"].ends_on and appeal.party_id in one["delivery"].letter.addressees
    ]  # fmt: skip
    return {"appeal": appeal, "ends_on": max(days, default=None), "late": bool(days) and appeal.is_late(max(days))}


@case_panels.plug
def notice_panel(request: HttpRequest, case: Case, staff: bool) -> list[Panel]:
    """The letters of a case, above everything else: all of them for staff, one's own for a party."""
    found = Delivery.objects.filter(letter__notice__case=case)
    if not staff:
        found = found.to(request.user).filter(again=None) | found.to(request.user).exclude(posted_on=None)
    deliveries = list(
        found.select_related("letter__notice__case__service", "notification", "again")
        .with_remedy()
        .prefetch_related("corrections__by", "copies")
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
               "pending": any(d.letter.is_pending for d in deliveries)}  # fmt: skip
    return [Panel("notices/_panel.html", context, order=10)]
