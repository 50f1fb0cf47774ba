"""Staff: who comes on a day, and one appointment."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import SignedInRequest
from apps.appointments.booking import transitions
from apps.appointments.booking.forms import NoteForm
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import LAPSING, BookingStatus, CancelledBy
from apps.appointments.booking.views.office import keep_code
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.states import Source
from apps.appointments.reception.views.counter import expected
from apps.appointments.timetable.requests import for_offices, served_by
from apps.core import references
from apps.core.business_calendar import today
from apps.core.transitions import TransitionError


@for_offices
@require_http_methods(["GET", "POST"])
def day(request: SignedInRequest) -> HttpResponse:
    """Everybody who comes on a day, to look at and to print; a search goes over all days."""
    offices = served_by(request.user)
    office = next((o for o in offices if o.slug == request.GET.get("standort")), offices[0])
    try:
        chosen = dt.date.fromisoformat(request.GET.get("tag", ""))
    except ValueError:
        chosen = today()
    chosen = min(max(chosen, dt.date(2000, 1, 1)), dt.date(2100, 1, 1))
    # A name is searched for by POST: it has no business in an address.
    text = request.POST.get("q", "").replace("\x00", "").strip()[:100]
    rows = Booking.objects.worked_by(request.user).exclude(status__in=LAPSING)
    if text:
        reference = references.normalise(text)
        rows = rows.filter(Q(reference=reference) if reference else Q(name__icontains=text) | Q(phone__icontains=text))
        rows = rows.order_by("-starts_at")[:50]
    else:
        rows = rows.filter(counter__office=office, starts_at__date=chosen).exclude(status=BookingStatus.CANCELLED)
        rows = rows.order_by("starts_at", "counter__name")
    context = {
        "offices": offices, "office": office, "day": chosen, "text": text,
        "bookings": rows.select_related("ticket", "counter__office"),
        "before": chosen - dt.timedelta(days=1), "after": chosen + dt.timedelta(days=1),
    }  # fmt: skip
    return render(request, "appointments/staff/day.html", context)


@for_offices
@require_http_methods(["GET", "POST"])
def appointment(request: SignedInRequest, pk: Any) -> HttpResponse:
    """One appointment: who, when, and what staff may do with it."""
    booking = get_object_or_404(Booking.objects.worked_by(request.user).exclude(status__in=LAPSING), pk=pk)
    note = NoteForm(request.POST if "cancel" in request.POST else None)
    if request.method == "POST":
        answer = _do(request, booking, note)
        if answer is not None:
            return answer
    may_check_in = expected(booking.office).filter(pk=booking.pk).exists()
    context = {"booking": booking, "form": note, "may_check_in": may_check_in}
    return render(request, "appointments/staff/appointment.html", context, status=422 if note.errors else 200)


def _do(request: SignedInRequest, booking: Booking, note: NoteForm) -> HttpResponse | None:
    here = redirect("admin:appointment", booking.pk)
    try:
        if "check_in" in request.POST:
            ticket = queueing.check_in(booking, source=Source.DESK)
            messages.success(request, _("Angemeldet: %(label)s") % {"label": ticket.label})
            return here
        if "code" in request.POST and booking.lies_ahead:
            keep_code(request, booking)
            return redirect("admin:appointment_slip", booking.pk)
        if "called" in request.POST:
            transitions.called(booking)
            messages.success(request, _("Als angerufen vermerkt."))
            return redirect("admin:appointment_calls")
        if "cancel" in request.POST:
            if not note.is_valid():
                return None
            transitions.cancel(booking, by=CancelledBy.OFFICE, note=note.cleaned_data["note"])
            messages.success(request, _("Abgesagt. Wer eine E-Mail-Adresse angegeben hat, bekommt Bescheid."))
            return here
    except (TransitionError, queueing.NotNow):
        messages.warning(request, _("Das ging nicht mehr: Jemand war schneller. So steht es jetzt."))
    return here
