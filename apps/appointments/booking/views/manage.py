"""Behind the signed link: confirm, look, move, cancel, take the calendar file along."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.appointments.booking import transitions
from apps.appointments.booking.calendar_file import calendar_of
from apps.appointments.booking.forms import CodeAndNumberForm
from apps.appointments.booking.limits import may_arrive
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import LAPSING, BookingStatus
from apps.appointments.booking.views.details import booking_context
from apps.core.links import Link, mailed, remember
from apps.core.transitions import TransitionError


def _lapsed(request: HttpRequest) -> HttpResponse:
    return render(request, "appointments/lapsed.html", status=410)


@never_cache
@require_http_methods(["GET", "POST"])
@mailed(transitions.booking_for_token, missing=_lapsed)
def confirm(request: HttpRequest, link: Link) -> HttpResponse:
    """The mailed link: GET shows the button, only POST confirms, for mail scanners open links."""
    booking = link.subject
    if booking.status in LAPSING and not booking.is_live:
        return _lapsed(request)
    if booking.status not in (BookingStatus.RESERVED, BookingStatus.OFFERED):
        return redirect("appointments:manage", link.handle)
    if request.method == "POST":
        try:
            transitions.confirm(booking)
        except transitions.TooMany:
            return render(request, "appointments/lapsed.html", {"too_many": True}, status=409)
        except TransitionError:
            # A second click finds it confirmed; anything else has lapsed or was moved elsewhere.
            again = Booking.objects.filter(pk=booking.pk).first()
            if again is None or again.status != BookingStatus.CONFIRMED:
                return _lapsed(request)
        return redirect("appointments:manage", link.handle)
    return render(request, "appointments/confirm.html", booking_context(request, booking))


@never_cache
@require_safe
@mailed(transitions.booking_for_token)
def manage(request: HttpRequest, link: Link) -> HttpResponse:
    """The booking with what can be done about it."""
    if link.subject.status in LAPSING:
        return redirect("appointments:confirm", link.handle)
    return render(request, "appointments/booking.html", booking_context(request, link.subject))


@never_cache
@require_POST
@mailed(transitions.booking_for_token)
def cancel(request: HttpRequest, link: Link) -> HttpResponse:
    """Give the time back."""
    try:
        transitions.cancel(link.subject)
        messages.success(request, _("Der Termin ist abgesagt. Danke, dass Sie Bescheid geben."))
    except TransitionError:
        messages.info(request, _("Dieser Termin steht nicht mehr."))
    return redirect("appointments:manage", link.handle)


@never_cache
@require_safe
@mailed(transitions.booking_for_token)
def calendar_file(request: HttpRequest, link: Link) -> HttpResponse:
    """The booking for one's own calendar (RFC 5545): when and where, not for what."""
    booking = link.subject
    if booking.status not in (BookingStatus.CONFIRMED, BookingStatus.CANCELLED):
        raise Http404
    response = HttpResponse(calendar_of(booking), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="termin-{booking.reference}.ics"'
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def with_code(request: HttpRequest) -> HttpResponse:
    """Number and code from a slip or the telephone lead to where one moves and cancels."""
    form = CodeAndNumberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not may_arrive(request):
            return render(request, "errors/429.html", status=429)
        booking = Booking.objects.filter(reference=form.cleaned_data["nummer"]).first()
        try:
            if booking is None or booking.status in LAPSING:
                raise transitions.wrong_code()
            transitions.check_code(booking, form.cleaned_data["code"])
            return redirect("appointments:manage", remember(request, transitions.manage_token(booking)))
        except transitions.WrongCode:
            # One sentence for every reason, or the page would tell which numbers there are.
            form.add_error(
                "code", _("Nummer und Code passen nicht zusammen, oder es wurde zu oft versucht. Hilfe: Telefon 115")
            )
    return render(request, "appointments/with_code.html", {"form": form}, status=422 if form.errors else 200)
