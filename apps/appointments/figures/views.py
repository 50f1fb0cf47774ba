"""Figures of the appointments, for those who serve an office and for the CDO."""

import datetime as dt
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.models import Role
from apps.accounts.requests import SignedInRequest
from apps.appointments.figures import measures
from apps.appointments.timetable import availability
from apps.appointments.timetable.requests import served_by
from apps.catalogue.models import Office
from apps.core.business_calendar import today

PERIODS = {"7": 7, "28": 28, "90": 90}


@require_safe
def report(request: SignedInRequest) -> HttpResponse:
    """How full, how far ahead, who did not come, how long people wait and visits take."""
    offices = _offices(request)
    if not offices:
        raise Http404
    days = PERIODS.get(request.GET.get("tage", ""), 28)
    last = today() - dt.timedelta(days=1)
    first = last - dt.timedelta(days=days - 1)
    services = list(availability.rules().services.values())
    slug = request.GET.get("leistung")
    service = next((s for s in services if s.service.slug == slug), services[0] if services else None)
    pictures = [
        _picture(
            "auslastung", _("Auslastung"), _("Gebuchte Zeit an der geöffneten Zeit für Termine"),
            measures.utilisation(offices, first, last), share=True, count=_("Termine"),
        ),
        _picture(
            "nicht-erschienen", _("Nicht erschienen"), _("Anteil an den Terminen, bei denen es vermerkt ist"),
            measures.no_shows(offices, first, last), share=True, count=_("Termine"),
        ),
        _picture(
            "wartezeit", _("Wartezeit"), _("Minuten zwischen Termin oder Ziehen der Nummer und erstem Aufruf, Median"),
            measures.waiting(offices, first, last), count=_("Aufrufe"),
            more=_("Neun von zehn warten höchstens"),
        ),
        _picture(
            "schalterzeit", _("Zeit am Schalter"), _("Minuten je Leistung, Median, eine Person, eine Leistung"),
            measures.counter_time(first, last), count=_("Besuche"), more=_("Geplant"),
        ),
    ]  # fmt: skip
    if service is not None:
        lead_times = measures.lead_times(offices, service.pk)
        ahead = _picture("vorlauf", _("Vorlauf"), _("Tage bis zur dritten freien Zeit, jetzt"), lead_times, count="")
        pictures.insert(1, ahead)
    context = {
        "pictures": pictures, "days": days, "periods": PERIODS, "first": first, "last": last,
        "services": services, "service": service,
        "course": _course(measures.lead_time_course(offices, service.pk, first)) if service else None,
    }  # fmt: skip
    return render(request, "appointments/staff/report.html", context)


def _offices(request: SignedInRequest) -> list[Office]:
    if request.user.has_role(Role.CDO):
        return list(availability.rules().offices.values())
    return served_by(request.user) if request.user.department_ids else []


def _picture(
    key: str, title: str, describe: str, rows: list[measures.Row], *, count: str, share: bool = False, more: str = ""
) -> dict[str, Any]:
    """A bar for every row, the longest as long as the picture is wide; shares are of the whole."""
    top = 1.0 if share else max([row.value for row in rows if row.value] or [1.0])
    return {
        "key": key, "title": title, "describe": describe, "share": share, "count": count, "more": more,
        "height": 44 * len(rows), "filled": any(row.value is not None for row in rows),
        "rows": [
            {
                "label": row.label, "value": row.value, "count": row.count, "more": row.more,
                "percent": round(row.value * 100) if share and row.value is not None else None,
                "y": 44 * index, "text_y": 44 * index + 15, "bar_y": 44 * index + 21,
                "width": round(max((row.value or 0) / top * 310, 2 if row.value is not None else 0)),
                "empty": row.value is None,
            }
            for index, row in enumerate(rows)
        ],
    }  # fmt: skip


def _course(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Lines of the lead time over the days; None with fewer than two days."""
    every = sorted({day for line in lines for day, _days in line["points"]})
    if len(every) < 2:
        return None
    top = max([days for line in lines for _day, days in line["points"] if days is not None] or [1]) or 1
    place = {day: 30 + index * 320 / (len(every) - 1) for index, day in enumerate(every)}
    return {
        "first": every[0], "last": every[-1], "top": top,
        "lines": [
            {
                "office": line["office"], "number": number,
                "points": " ".join(
                    f"{place[day]:.1f},{180 - days / top * 160:.1f}" for day, days in line["points"] if days is not None
                ),
                "rows": line["points"],
            }
            for number, line in enumerate(lines)
        ],
    }  # fmt: skip
