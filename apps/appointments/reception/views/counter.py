"""The counter: who is next, who is being served, who sits where."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import SignedInRequest
from apps.appointments.booking.models import Booking
from apps.appointments.reception import shifts, turns
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.reception.states import AT_COUNTER, Source, TicketStatus
from apps.appointments.timetable.models import BookableService, Counter, OfficePolicy
from apps.appointments.timetable.requests import for_offices, served_by
from apps.catalogue.models import Office
from apps.core import references
from apps.core.requests import number_of, uuid_of
from apps.core.transitions import TransitionError

SHOWN = 50


def _counter(request: SignedInRequest, pk: int) -> Counter:
    mine = Counter.objects.filter(office__policy__in=OfficePolicy.objects.worked_by(request.user), active=True)
    return get_object_or_404(mine.select_related("office"), pk=pk)


def _shift(request: SignedInRequest) -> Shift | None:
    return Shift.objects.filter(user=request.user, ended_at=None).select_related("counter__office").first()


@for_offices
@require_http_methods(["GET", "POST"])
def counters(request: SignedInRequest) -> HttpResponse:
    """Where one sits down today."""
    if request.method == "POST":
        counter = _counter(request, number_of(request.POST.get("counter", "")))
        try:
            shifts.sit_down(counter, request.user)
        except TransitionError:
            messages.warning(request, _("Das hat nicht geklappt. Bitte wählen Sie noch einmal."))
            return redirect("admin:counters")
        return redirect("admin:counter", counter.pk)
    open_shifts = Shift.objects.filter(ended_at=None).select_related("user")
    rows = Counter.objects.filter(office__in=served_by(request.user), active=True).select_related("office")
    rows = rows.prefetch_related(Prefetch("shifts", queryset=open_shifts, to_attr="open_shifts"))
    context = {"counters": rows.order_by("office__name_de", "name"), "shift": _shift(request)}
    return render(request, "appointments/staff/counters.html", context)


@for_offices
@require_safe
def counter(request: SignedInRequest, pk: int) -> HttpResponse:
    """The counter's page: who is there, who waits, who is expected."""
    here = _counter(request, pk)
    shift = _shift(request)
    if shift is None or shift.counter_id != here.pk:
        return redirect("admin:counters")
    part = "appointments/staff/_line.html" if "teil" in request.GET else "appointments/staff/counter.html"
    return render(request, part, _line(here) | {"shift": shift, "counter": here})


def _line(here: Counter) -> dict[str, Any]:
    tickets = Ticket.objects.today_at(here.office).select_related("booking", "for_counter")
    tickets = tickets.prefetch_related(Prefetch("services", queryset=BookableService.objects.select_related("service")))
    current = tickets.filter(counter=here, status__in=AT_COUNTER).first()
    waiting = turns.in_order(tickets.servable_at(here), here)[:SHOWN]
    elsewhere = tickets.filter(status=TicketStatus.WAITING).exclude(pk__in=[t.pk for t in waiting]).count()
    # Who can take over what is being done here.
    others = Counter.objects.filter(office=here.office, active=True, shifts__ended_at=None, shifts__isnull=False)
    others = others.exclude(pk=here.pk)
    for service in current.services.all() if current else []:
        others = others.filter(services=service)
    return {
        "current": current,
        "may_call_again": bool(current and current.calls < queueing.MOST_CALLS),
        "waiting": waiting,
        "elsewhere": elsewhere,
        "others": others.order_by("name") if current else [],
        "missed": tickets.filter(status=TicketStatus.NO_SHOW).order_by("-ended_at")[:5],
        "expected": expected(here.office)[:SHOWN],
    }


def expected(office: Office) -> Any:
    """Today's appointments whose people have not come yet."""
    today = Booking.objects.confirmed().filter(counter__office=office, starts_at__date=timezone.localdate())
    return today.filter(ticket=None).order_by("starts_at", "reference")


@for_offices
@require_POST
def act(request: SignedInRequest, pk: int) -> HttpResponse:
    """One press of a button at the counter."""
    here = _counter(request, pk)
    shift = _shift(request)
    if shift is None or shift.counter_id != here.pk:
        return redirect("admin:counters")
    chosen = request.POST.get("act", "")
    if chosen not in ACTS:
        raise Http404
    try:
        return ACTS[chosen](request, here, shift) or redirect("admin:counter", here.pk)
    except TransitionError:
        messages.warning(request, _("Das ging nicht mehr: Jemand war schneller. So steht es jetzt."))
    return redirect("admin:counter", here.pk)


def _current(here: Counter) -> Ticket:
    found = Ticket.objects.today_at(here.office).filter(counter=here, status__in=AT_COUNTER)
    ticket = found.select_related("booking").first()
    if ticket is None:
        raise TransitionError("nobody is at the counter")
    return ticket


def _chosen(request: SignedInRequest, here: Counter) -> Ticket:
    return get_object_or_404(Ticket.objects.today_at(here.office), pk=uuid_of(request.POST.get("ticket", "")))


def _next(request: SignedInRequest, here: Counter, shift: Shift) -> None:
    shifts.resume(shift)
    if queueing.call_next(here) is None:
        messages.info(request, _("Gerade wartet niemand, den dieser Platz bedienen kann."))


def _done_next(request: SignedInRequest, here: Counter, shift: Shift) -> None:
    queueing.finish(_current(here))
    _next(request, here, shift)


def _hand_over(request: SignedInRequest, here: Counter, shift: Shift) -> None:
    number = request.POST.get("to", "")
    target = None
    if number:
        target = _counter(request, number_of(number))
        if target.office_id != here.office_id:
            raise Http404
    ticket = _current(here)
    queueing.hand_over(ticket, target)
    messages.success(request, _("%(label)s wartet wieder.") % {"label": ticket.label})


def _check_in(request: SignedInRequest, here: Counter, shift: Shift) -> None:
    reference = references.normalise(request.POST.get("booking", ""))
    booking = expected(here.office).filter(reference=reference).first()
    if booking is None:
        raise TransitionError("not expected")
    try:
        ticket = queueing.check_in(booking, source=Source.DESK)
    except queueing.NotNow as error:
        raise TransitionError("not today") from error
    messages.success(request, _("Angemeldet: %(label)s") % {"label": ticket.label})


def _leave(request: SignedInRequest, here: Counter, shift: Shift) -> HttpResponse | None:
    shifts.stand_up(shift)
    return redirect("admin:counters")


ACTS: dict[str, Callable[[SignedInRequest, Counter, Shift], HttpResponse | None]] = {
    "next": _next,
    "call": lambda request, here, shift: queueing.call(_chosen(request, here), here),
    "again": lambda request, here, shift: queueing.call_again(_current(here)),
    "begin": lambda request, here, shift: queueing.begin(_current(here)),
    "finish": lambda request, here, shift: queueing.finish(_current(here)),
    "finish_next": _done_next,
    "no_show": lambda request, here, shift: queueing.no_show(_current(here)),
    "wait_again": lambda request, here, shift: queueing.wait_again(_chosen(request, here)),
    "hand_over": _hand_over,
    "check_in": _check_in,
    "pause": lambda request, here, shift: shifts.pause(shift),
    "resume": lambda request, here, shift: shifts.resume(shift),
    "leave": _leave,
}
