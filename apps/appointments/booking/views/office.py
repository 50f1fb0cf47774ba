"""Staff: the day, booking for people at the telephone or the counter, whom to call, whom a change concerns."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import SignedInRequest, for_departments
from apps.appointments.booking import holding, transitions
from apps.appointments.booking.concerned import concerned
from apps.appointments.booking.forms import ConcernedForm, NoteForm, StaffDetailsForm, StaffVisitForm
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus, CancelledBy
from apps.appointments.booking.views.choosing import calendar, free_times, query_of
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import moment
from apps.appointments.timetable.requests import for_offices, served_by
from apps.appointments.timetable.states import Audience
from apps.cases.models import Case
from apps.core.bilingual import localised
from apps.core.requests import uuid_of
from apps.core.transitions import TransitionError

# The code that was just made, as long as somebody prints the slip.
CODE_KEY = "appointment_code"
CODE_MINUTES = 10


def keep_code(request: SignedInRequest, booking: Booking) -> None:
    """Make a new code and keep it in the session for the slip."""
    until = timezone.now() + dt.timedelta(minutes=CODE_MINUTES)
    request.session[CODE_KEY] = [str(booking.pk), transitions.new_code(booking), until.timestamp()]


@for_offices
@require_safe
def slip(request: SignedInRequest, pk: Any) -> HttpResponse:
    """The appointment on paper, with the code for whoever has no e-mail; the code is shown for some minutes."""
    booking = get_object_or_404(Booking.objects.worked_by(request.user), pk=pk, status=BookingStatus.CONFIRMED)
    known = request.session.get(CODE_KEY)
    code = known[1] if known and known[0] == str(booking.pk) and known[2] > timezone.now().timestamp() else ""
    services = list(booking.services.all())
    documents = list(dict.fromkeys(d for s in services for d in localised(s.service.documents)))
    context = {
        "booking": booking, "services": services, "code": code, "documents": documents, "site_url": settings.SITE_URL,
    }  # fmt: skip
    return render(request, "appointments/staff/slip.html", context)


# -- booking for somebody ---------------------------------------------------------------------------------


@for_offices
@require_http_methods(["GET", "POST"])
def book(request: SignedInRequest) -> HttpResponse:
    """Free times as staff may use them: the internal ones, too, and without lead time."""
    data = request.POST if request.method == "POST" else request.GET
    old = _moved(request, data.get("verschieben", ""))
    offices = served_by(request.user)
    form = StaffVisitForm(data if "leistung" in data or "personen" in data else None, offices=offices)
    context: dict[str, Any] = {"form": form, "old": old}
    if form.is_bound and form.is_valid():
        if "zeit" in request.POST:
            answer = _hold(request, form, old)
            if answer is not None:
                return answer
        chosen = [form.cleaned_data["standort"]] if form.cleaned_data["standort"] else offices
        days = free_times(chosen, form.visit, audience=Audience.INTERNAL)
        # What the public page carries along is not for staff.
        query = [(name, value) for name, value in query_of(request, form) if name not in ("verschieben", "vorgang")]
        query += [("verschieben", str(old.pk))] if old is not None else []
        context |= calendar(chosen, days, data.get("tag", ""))
        context |= {"searched": True, "hidden": query, "query": urlencode(query)}
    return render(request, "appointments/staff/book.html", context, status=422 if form.errors else 200)


def _moved(request: SignedInRequest, text: str) -> Booking | None:
    if not text:
        return None
    booking = get_object_or_404(Booking.objects.worked_by(request.user), pk=uuid_of(text))
    return booking if booking.lies_ahead else None


def _hold(request: SignedInRequest, form: StaffVisitForm, old: Booking | None) -> HttpResponse | None:
    slug, _dot, number = request.POST["zeit"].rpartition(".")
    office = next((o for o in served_by(request.user) if o.slug == slug), None)
    if office is None or not number.isdecimal() or len(number) > 9:
        raise Http404
    try:
        held = holding.hold(
            office=office, services=form.cleaned_data["leistung"], persons=form.cleaned_data["personen"],
            starts_at=moment(int(number)), audience=Audience.INTERNAL, replaces=old,
        )  # fmt: skip
    except (holding.Full, holding.NotOffered):
        messages.warning(request, _("Diese Zeit ist gerade vergeben worden."))
        return None
    return redirect("admin:appointment_details", held.pk)


@for_offices
@require_http_methods(["GET", "POST"])
def details(request: SignedInRequest, pk: Any) -> HttpResponse:
    """Who comes, or, for a move, what to say about it."""
    booking = Booking.objects.worked_by(request.user).select_related("replaces").filter(pk=pk).first()
    if booking is None or not (booking.status == BookingStatus.HELD and booking.audience == Audience.INTERNAL):
        if booking is not None and booking.status == BookingStatus.CONFIRMED:
            return redirect("admin:appointment", booking.pk)
        messages.warning(request, _("Die Zeit ist nicht mehr gehalten. Bitte wählen Sie neu."))
        return redirect("admin:appointment_book")
    old = booking.replaces
    form: Any = (NoteForm if old is not None else StaffDetailsForm)(request.POST or None)
    if request.method == "POST" and "_release" in request.POST:
        holding.release(Booking.objects.filter(pk=booking.pk))
        return redirect("admin:appointment_book")
    if request.method == "POST" and form.is_valid():
        try:
            _confirm(booking, form.cleaned_data)
        except TransitionError:
            messages.warning(request, _("Die Zeit ist nicht mehr gehalten. Bitte wählen Sie neu."))
            return redirect("admin:appointment_book")
        keep_code(request, booking)
        return redirect("admin:appointment_slip", booking.pk)
    context = {"booking": booking, "form": form, "services": booking.services.all()}
    return render(request, "appointments/staff/details.html", context, status=422 if form.errors else 200)


def _confirm(booking: Booking, data: dict[str, Any]) -> None:
    if booking.replaces is not None:
        transitions.move_by_office(booking.replaces, booking, note=data["note"])
        return
    Booking.objects.filter(pk=booking.pk).update(booked_by=data["booked_by"])
    transitions.confirm(booking, name=data["name"], email=data["email"], phone=data["phone"])


@for_departments
@require_POST
def invite(request: SignedInRequest, reference: str) -> HttpResponse:
    """Ask the applicant of a case to come."""
    case = get_object_or_404(Case.objects.worked_by(request.user), reference=reference)
    wanted = request.POST.get("leistung", "")
    service = availability.rules().services.get(wanted)
    if service is None:
        raise Http404
    try:
        transitions.invite(case, service, by=request.user)
        messages.success(request, _("Eingeladen. Auf der Seite des Vorgangs steht jetzt der Weg zum Termin."))
    except TransitionError:
        messages.warning(request, _("Zu diesem Vorgang gibt es kein Konto. Bitte buchen Sie den Termin am Telefon."))
    return redirect(case.staff_url)


# -- whom to call, whom a change concerns -------------------------------------------------------------------


@for_offices
@require_safe
def calls(request: SignedInRequest) -> HttpResponse:
    """People without e-mail whom a change of ours concerns."""
    rows = Booking.objects.worked_by(request.user).exclude(call_since=None).order_by("starts_at")
    return render(request, "appointments/staff/calls.html", {"bookings": rows})


@for_offices
@require_http_methods(["GET", "POST"])
def changed(request: SignedInRequest) -> HttpResponse:
    """Appointments that the hours do not cover any more: another counter, another time, cancel, or keep."""
    rows = concerned(served_by(request.user))
    form = ConcernedForm(request.POST if request.method == "POST" else None, bookings=rows)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = sum(_done(booking, data["what"], data["note"]) for booking in data["chosen"])
        left = len(data["chosen"]) - done
        if done:
            text = ngettext("Ein Termin ist erledigt.", "%(count)s Termine sind erledigt.", done)
            messages.success(request, text % {"count": done})
        if left:
            text = ngettext(
                "Für einen Termin ging das nicht: zur selben Zeit ist kein anderer Platz frei.",
                "Für %(count)s Termine ging das nicht: zur selben Zeit ist kein anderer Platz frei.",
                left,
            )
            messages.warning(request, text % {"count": left})
        return redirect("admin:appointments_changed")
    context = {"bookings": rows, "form": form}
    return render(request, "appointments/staff/changed.html", context, status=422 if form.errors else 200)


def _done(booking: Booking, what: str, note: str) -> bool:
    if what == "counter":
        return transitions.change_counter(booking)
    if what == "keep":
        transitions.keep(booking, booking.concerned_for)
        return True
    try:
        transitions.cancel(booking, by=CancelledBy.OFFICE, note=note)
    except TransitionError:
        return False
    return True
