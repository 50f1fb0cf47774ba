"""Choosing what for, where and when: the free times."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.requests import Viewer
from apps.appointments.booking import transitions
from apps.appointments.booking.forms import VisitForm
from apps.appointments.booking.models import Booking
from apps.appointments.booking.months import months
from apps.appointments.timetable import availability
from apps.appointments.timetable.availability import Slot
from apps.appointments.timetable.models import Counter, OfficePolicy
from apps.appointments.timetable.states import Audience
from apps.cases.audience import filed_by
from apps.cases.models import Case
from apps.catalogue.models import Office
from apps.core.business_calendar import today
from apps.core.links import token_of

NEAREST = 6


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """What for, how many, where."""
    given = request.GET.dict() | {"leistung": request.GET.getlist("leistung")} if request.GET else None
    return render_choose(request, VisitForm(initial=given))


def render_choose(request: HttpRequest, form: VisitForm) -> HttpResponse:
    """The choice, with what is wrong with it if it was made; a move stays a move."""
    token = request.GET.get("verschieben") or request.POST.get("verschieben", "")
    context = {"form": form, "moving": moved(request, token), "moving_token": token}
    return render(request, "appointments/choose.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def times(request: HttpRequest) -> HttpResponse:
    """The next free time at each office, a calendar of days, and the times of the chosen day."""
    form = VisitForm(request.GET)
    if not form.is_valid():
        return render_choose(request, form)
    offices = offices_of(form)
    days = free_times(offices, form.visit)
    query = query_of(request, form)
    context = {
        "form": form,
        "services": form.cleaned_data["leistung"],
        "minutes": form.visit.minutes,
        "hidden": query,
        "query": urlencode(query, doseq=True),
        "next_times": shown(_first_by_office(days, offices), offices),
        "near": shown(nearest(request.GET.get("um", ""), days), offices),
        "moving": moved(request, request.GET.get("verschieben", "")),
        "case": case_of(request),
        "possible": bool(days) or _possible(form, offices),
        **calendar(offices, days, request.GET.get("tag", "")),
    }
    return render(request, "appointments/times.html", context)


def _possible(form: VisitForm, offices: list[Office]) -> bool:
    """Whether one counter of these offices can do all of it at all."""
    able = Counter.objects.filter(office__in=offices, active=True)
    for service in form.cleaned_data["leistung"]:
        able = able.filter(services=service)
    return able.exists()


def offices_of(form: VisitForm) -> list[Office]:
    """The chosen office, or all that take appointments."""
    chosen = form.cleaned_data["standort"]
    if chosen is not None:
        return [chosen]
    return list(availability.rules().offices.values())


def free_times(
    offices: list[Office], visit: availability.Visit, *, audience: str = Audience.PUBLIC
) -> dict[dt.date, list[Slot]]:
    """Free times of offices from today to their horizons, by day."""
    first = today()
    horizon = max(OfficePolicy.objects.filter(office__in=offices).values_list("horizon_days", flat=True), default=0)
    last = first + dt.timedelta(days=horizon)
    read = availability.office_days(
        [o.pk for o in offices], first, last, audience=audience, now=timezone.now(), shown=True
    )
    return availability.slots(read, visit)


def calendar(offices: list[Office], days: dict[dt.date, list[Slot]], wanted: str) -> dict[str, Any]:
    """The months, and by office the times of the day somebody ``wanted`` if it has any, else of the first that has."""
    try:
        day = dt.date.fromisoformat(wanted)
    except ValueError:
        day = None
    day = day if day in days else next(iter(days), None)
    of_day = days[day] if day else []
    return {
        "months": months(days, chosen=day),
        "day": day,
        "slots": [{"office": o, "slots": shown([s for s in of_day if s.office == o.pk], offices)} for o in offices],
    }


def nearest(text: str, days: dict[dt.date, list[Slot]]) -> list[Slot]:
    """The free times nearest to one that has just gone."""
    if not text.isdecimal() or len(text) > 9:
        return []
    wanted = int(text)
    every = [slot for slots in days.values() for slot in slots]
    return sorted(sorted(every, key=lambda s: abs(s.minute - wanted))[:NEAREST], key=lambda s: s.minute)


def _first_by_office(days: dict[dt.date, list[Slot]], offices: list[Office]) -> list[Slot]:
    found: dict[int, Slot] = {}
    for slots in days.values():
        for slot in slots:
            found.setdefault(slot.office, slot)
        if len(found) == len(offices):
            break
    return sorted(found.values(), key=lambda s: s.minute)


def shown(slots: list[Slot], offices: list[Office]) -> list[dict[str, Any]]:
    """Times as buttons show them; ``value`` is what one sends."""
    of = {o.pk: o for o in offices}
    return [
        {"starts_at": s.starts_at, "office": of[s.office], "value": f"{of[s.office].slug}.{s.minute}"} for s in slots
    ]


def query_of(request: HttpRequest, form: VisitForm) -> list[tuple[str, str]]:
    """The choice as it stands in addresses and hidden fields."""
    query = [("leistung", s.service.slug) for s in form.cleaned_data["leistung"]]
    query.append(("personen", str(form.cleaned_data["personen"])))
    if form.cleaned_data["standort"]:
        query.append(("standort", form.cleaned_data["standort"].slug))
    moving = request.GET.get("verschieben") or request.POST.get("verschieben")
    if moving:
        query.append(("verschieben", moving[:300]))
    case = request.GET.get("vorgang") or request.POST.get("vorgang")
    if case:
        query.append(("vorgang", case[:20]))
    return query


def case_of(request: HttpRequest) -> Case | None:
    """The case of one's own that the appointment is for."""
    reference = (request.GET.get("vorgang") or request.POST.get("vorgang", ""))[:20]
    if not reference or "\x00" in reference:
        return None
    case = Case.objects.of(request.user).filter(reference=reference).first()
    # Whoever is invited is who has applied.
    return case if case is not None and filed_by(case, request.user) else None


def signed_in_person(request: HttpRequest) -> dict[str, str]:
    """What is filled in for somebody with an account."""
    user: Viewer = request.user
    return {"name": user.full_name, "email": user.email} if user.is_authenticated else {}


def is_own_address(request: HttpRequest, email: str) -> bool:
    """Whether the address is that of the account, so that no mail has to prove it."""
    user: Viewer = request.user
    return bool(user.is_authenticated and user.email.lower() == email.lower())


def moved(request: HttpRequest, handle: str) -> Booking | None:
    """The booking that is to be moved, by the handle of its link, if it still lies ahead."""
    token = token_of(request, handle)
    booking = transitions.booking_for_token(token) if token else None
    return booking if booking is not None and booking.lies_ahead else None
