"""Coming: saying that one is there, drawing a number, the terminal, the display in the waiting room."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.appointments.booking.forms import ArrivalForm, VisitForm
from apps.appointments.booking.limits import may_arrive
from apps.appointments.booking.models import Booking
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception import waiting_time, walk_in_hours
from apps.appointments.reception.forms import TerminalForm, WalkInForm
from apps.appointments.reception.limits import give_back_draw, may_draw
from apps.appointments.reception.models import TICKET_SALT, Ticket
from apps.appointments.reception.states import AT_COUNTER, Source, TicketStatus
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import moment
from apps.appointments.timetable.models import OfficePolicy
from apps.catalogue.models import Office
from apps.core.transitions import TransitionError

TICKET_SECONDS = 24 * 3600
CALLS_SHOWN = 8


# -- from one's telephone ---------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def arrive(request: HttpRequest) -> HttpResponse:
    """ "Ich bin da": the number of the appointment, then the number that is called."""
    form = ArrivalForm(
        request.POST if request.method == "POST" else None, initial={"nummer": request.GET.get("nummer", "")[:20]}
    )
    if request.method == "POST" and form.is_valid():
        if not may_arrive(request):
            return render(request, "errors/429.html", status=429)
        ticket = _checked_in(form, source=Source.HOME)
        if ticket is not None:
            return redirect(ticket.get_absolute_url())
    return render(request, "appointments/arrive.html", {"form": form}, status=422 if form.errors else 200)


def _checked_in(form: ArrivalForm, *, source: str, office: Office | None = None) -> Ticket | None:
    """The ticket of the appointment; None with the reason in the form."""
    booking = Booking.objects.select_related("counter__office").filter(reference=form.cleaned_data["nummer"]).first()
    if booking is None or (office is not None and booking.office != office):
        form.add_error("nummer", _("Zu dieser Nummer gibt es hier heute keinen Termin."))
        return None
    try:
        return queueing.check_in(booking, source=source)
    except queueing.NotNow as problem:
        form.add_error(
            "nummer",
            _("Das ist noch zu früh. Melden Sie sich ab einer Stunde vor Ihrem Termin.") if problem.early
            else _("Die Zeit ist vorbei. Bitte sprechen Sie am Empfang mit uns."),
        )  # fmt: skip
    except TransitionError:
        form.add_error("nummer", _("Zu dieser Nummer gibt es hier heute keinen Termin."))
    return None


@never_cache
@require_http_methods(["GET", "POST"])
def walk_in(request: HttpRequest) -> HttpResponse:
    """Numbers for today without an appointment: how many are left where, and how long one waits."""
    form = WalkInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not may_draw(request):
            return render(request, "errors/429.html", status=429)
        ticket = _drawn(form, form.cleaned_data["standort"], source=Source.HOME)
        if ticket is not None:
            return redirect(ticket.get_absolute_url())
        give_back_draw(request)
    offices = [_today(office) for office in availability.rules().offices.values()]
    context = {"form": form, "offices": offices, "any": any(o["sessions"] for o in offices)}
    return render(request, "appointments/walk_in.html", context, status=422 if form.errors else 200)


def _drawn(form: VisitForm, office: Office, *, source: str) -> Ticket | None:
    """A number without an appointment; None with the reason in the form."""
    try:
        return queueing.draw(office, form.cleaned_data["leistung"], form.cleaned_data["personen"], source=source)
    except walk_in_hours.NoTickets as problem:
        form.add_error(None, no_ticket_text(problem))
    return None


def no_ticket_text(problem: walk_in_hours.NoTickets) -> str:
    """Why there is no number, and what to do."""
    if problem.begins is not None:
        time = timezone.localtime(moment(problem.begins)).strftime("%H:%M")
        return _("Wartenummern dafür gibt es heute ab %(time)s Uhr.") % {"time": time}
    if problem.able:
        return _("Für heute sind die Wartenummern vergeben. Am Standort gibt es vielleicht noch welche.")
    return _("Dafür gibt es gerade keine Wartenummern. Bitte buchen Sie einen Termin.")


def _today(office: Office) -> dict[str, Any]:
    return {
        "office": office,
        "sessions": [
            {"opens": moment(s.opens), "closes": moment(s.closes), "left": s.left, "from_home": s.left_from_home}
            for s in walk_in_hours.sessions(office)
        ],
        "range": waiting_time.shown_range(office),
    }


def _ticket(token: str) -> Ticket:
    try:
        pk = signing.loads(token, salt=TICKET_SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise Http404 from error
    return get_object_or_404(Ticket.objects.select_related("office", "counter", "booking"), pk=pk)


@never_cache
@require_safe
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """One's number: how many are before, how long it may take, where to go."""
    context = ticket_context(_ticket(token)) | {"token": token}
    part = "appointments/_ticket.html" if "teil" in request.GET else "appointments/ticket.html"
    return render(request, part, context)


def ticket_context(found: Ticket) -> dict[str, Any]:
    """What every page about a number shows."""
    waits = found.status == TicketStatus.WAITING
    return {
        "ticket": found,
        "range": waiting_time.waiting_range(found.office, found) if waits else None,
    }


@never_cache
@require_POST
def ticket_back(request: HttpRequest, token: str) -> HttpResponse:
    """The number is given back."""
    found = _ticket(token)
    try:
        queueing.give_back(found)
        messages.success(request, _("Die Nummer ist zurückgegeben."))
    except TransitionError:
        messages.info(request, _("Diese Nummer ist schon aufgerufen oder erledigt."))
    return redirect("appointments:ticket", token)


# -- in the building ---------------------------------------------------------------------------------------


def _office_of_terminal(key: str) -> Office:
    return get_object_or_404(OfficePolicy.objects.select_related("office"), terminal_key=key, active=True).office


@never_cache
@require_http_methods(["GET", "POST"])
def terminal(request: HttpRequest, key: str) -> HttpResponse:
    """The terminal in the foyer: with an appointment or without."""
    office = _office_of_terminal(key)
    drawing = request.POST if "draw" in request.POST else None
    arriving = request.POST if request.method == "POST" and drawing is None else None
    arrival, visit = ArrivalForm(arriving), TerminalForm(drawing)
    made: Ticket | None = None
    if arrival.is_bound and arrival.is_valid():
        made = _checked_in(arrival, source=Source.TERMINAL, office=office)
    elif visit.is_bound and visit.is_valid():
        made = _drawn(visit, office, source=Source.TERMINAL)
    if made is not None:
        return redirect("appointments:terminal_ticket", key, made.pk)
    wrong = bool(arrival.errors or visit.errors)
    context = {"arrival": arrival, "visit": visit, "key": key, **_today(office)}
    return render(request, "appointments/terminal.html", context, status=422 if wrong else 200)


@never_cache
@require_safe
def terminal_ticket(request: HttpRequest, key: str, pk: Any) -> HttpResponse:
    """The number on the terminal's screen and printer."""
    office = _office_of_terminal(key)
    found = get_object_or_404(Ticket.objects.today_at(office), pk=pk)
    return render(request, "appointments/terminal_ticket.html", ticket_context(found) | {"key": key})


@never_cache
@require_safe
def display(request: HttpRequest, slug: str) -> HttpResponse:
    """The waiting room: which number is called to which counter. Numbers only, no names."""
    policy = get_object_or_404(OfficePolicy.objects.select_related("office"), office__slug=slug, active=True)
    called = Ticket.objects.today_at(policy.office).filter(status__in=AT_COUNTER).select_related("counter")
    context = {
        "office": policy.office,
        "calls": called.order_by("-called_at")[:CALLS_SHOWN],
        "range": waiting_time.shown_range(policy.office),
    }
    part = "appointments/_display.html" if "teil" in request.GET else "appointments/display.html"
    return render(request, part, context)
