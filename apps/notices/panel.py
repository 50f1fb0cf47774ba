"""The letters of a case, as every case page shows them."""

from typing import Any

from django.http import HttpRequest

from apps.cases.models import Case
from apps.cases.sockets import case_panels
from apps.core.business_calendar import today
from apps.core.sockets import Panel
from apps.notices.models import Delivery
from apps.notices.periods import period_of


@case_panels.plug
def notice_panel(request: HttpRequest, case: Case, staff: bool) -> list[Panel]:
    """The letters of a case, above everything else: all of them for staff, one's own for a party."""
    found = Delivery.objects.filter(letter__notice__case=case)
    if not staff:
        found = found.to(request.user).filter(again=None) | found.to(request.user).exclude(posted_on=None)
    deliveries = list(
        found.select_related("letter__notice__case__service", "notification", "again")
        .with_remedy()
        .order_by("letter__notice__number", "is_copy", "principal", "letter__created_at")
    )
    if not deliveries:
        return []
    notices: dict[Any, dict[str, Any]] = {}
    for delivery in deliveries:
        row = notices.setdefault(delivery.notice.pk, {"notice": delivery.notice, "deliveries": []})
        # Against what names no remedy there is none (with_remedy() has looked).
        period = period_of(delivery, today=today()) if vars(delivery)["remedy"] else None
        row["deliveries"].append({"delivery": delivery, "period": period})
    context = {"notices": list(notices.values()), "case": case, "staff": staff,
               "pending": any(d.letter.is_pending for d in deliveries)}  # fmt: skip
    return [Panel("notices/_panel.html", context, order=10)]
