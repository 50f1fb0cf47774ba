"""Leaving one's details for a time that is held, confirming it, looking at it."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.appointments.booking import holding, transitions
from apps.appointments.booking.forms import TOO_MANY, TOO_MUCH_MAIL, CodeForm, DetailsForm, VisitForm
from apps.appointments.booking.limits import may_mail
from apps.appointments.booking.models import Booking
from apps.appointments.booking.sockets import booking_doors
from apps.appointments.booking.states import BookingStatus
from apps.appointments.booking.views.choosing import is_own_address, signed_in_person
from apps.appointments.booking.views.taking import SESSION_KEY, Hold, ask, chosen_before, not_held
from apps.appointments.timetable.minutes import minute
from apps.core.bilingual import localised
from apps.core.links import remember
from apps.core.transitions import TransitionError

TYPED_KEY = "appointment_typed"
TYPED_MINUTES = 15


def _mine(request: HttpRequest, pk: Any) -> Booking | None:
    """The booking if this browser or account has made it; None when it has lapsed and is gone."""
    known = str(pk) in request.session.get(SESSION_KEY, [])
    rows = Booking.objects.select_related("counter__office", "replaces", "case")
    booking = rows.filter(pk=pk).first() if known else Booking.objects.of(request.user).filter(pk=pk).first()
    if booking is None and not known:
        raise Http404
    return booking


# -- details and confirming ----------------------------------------------------------------------------------


def _where(booking: Booking) -> HttpResponse | None:
    """The page on which a booking goes on by now; None while its details are open."""
    if booking.status == BookingStatus.RESERVED and booking.is_live:
        return redirect("appointments:code", booking.pk)
    if booking.status not in (BookingStatus.HELD, BookingStatus.RESERVED):
        return redirect("appointments:booking", booking.pk)
    return None


@never_cache
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, pk: Any) -> HttpResponse:
    """Who comes; the time is held meanwhile."""
    booking = _mine(request, pk)
    if booking is not None:
        elsewhere = _where(booking)
        # A mistyped address is corrected on this page, too.
        if elsewhere is not None and not (booking.is_live and "aendern" in request.GET):
            return elsewhere
    if request.method == "POST":
        return _post_details(request, booking)
    if booking is None or not booking.is_live:
        messages.warning(request, _("Die Zeit ist nicht mehr gehalten. Bitte wählen Sie neu."))
        return redirect("appointments:choose")
    return _render_details(request, booking, DetailsForm(initial=_known(request, booking)))


def _keep_typed(request: HttpRequest) -> None:
    """What was typed goes along while somebody looks for another time."""
    until = timezone.now() + dt.timedelta(minutes=TYPED_MINUTES)
    typed = {key: request.POST.get(key, "")[:300] for key in ("name", "email", "phone")}
    request.session[TYPED_KEY] = [typed, until.timestamp()]


def _known(request: HttpRequest, booking: Booking) -> dict[str, str]:
    typed, until = request.session.get(TYPED_KEY, ({}, 0))
    # Whoever has signed in since may be somebody else.
    if any(typed.values()) and until > timezone.now().timestamp() and not request.user.is_authenticated:
        return dict(typed)
    if booking.name:
        return {"name": booking.name, "email": booking.email, "phone": booking.phone}
    return signed_in_person(request)


def _render_details(request: HttpRequest, booking: Booking, form: DetailsForm) -> HttpResponse:
    services = list(booking.services.select_related("service"))
    hidden = [("leistung", s.service.slug) for s in services]
    hidden += [("personen", str(booking.persons)), ("zeit", f"{booking.office.slug}.{minute(booking.starts_at)}")]
    if booking.replaces is not None:
        hidden.append(("verschieben", remember(request, transitions.manage_token(booking.replaces))))
    if booking.case is not None:
        hidden.append(("vorgang", booking.case.reference))
    context = {
        "booking": booking,
        "form": form,
        "hidden": hidden,
        "services": services,
        "may_extend": booking.status == BookingStatus.HELD and booking.extensions < holding.MAX_EXTENSIONS,
    }
    return render(request, "appointments/details.html", context, status=422 if form.is_bound and form.errors else 200)


def _post_details(request: HttpRequest, booking: Booking | None) -> HttpResponse:
    if "_all" in request.POST or "_release" in request.POST:
        _keep_typed(request)
        if booking is not None:
            holding.release(Booking.objects.filter(pk=booking.pk).exclude(status=BookingStatus.FREED))
        return redirect(chosen_before(request))
    if booking is None or not booking.is_live:
        # The hold has lapsed while somebody typed: the same time again if it is free, else the nearest.
        again = _again(request)
        if again.booking is None:
            return not_held(request, again, typed=True)
        booking = again.booking
    if "_extend" in request.POST:
        try:
            holding.extend(booking)
            messages.success(request, _("Die Zeit ist weitere zehn Minuten für Sie gehalten."))
        except TransitionError:
            messages.warning(
                request, _("Länger können wir die Zeit nicht halten. Bitte senden Sie Ihre Angaben jetzt ab.")
            )
        return _render_details(request, booking, DetailsForm(initial=request.POST.dict()))
    if booking.replaces is not None:
        # Whoever has the link moves the time, not the person.
        old = booking.replaces
        return _finish(request, booking, {"name": old.name, "email": old.email, "phone": old.phone}, proved=True)
    typed = DetailsForm(request.POST)
    if not typed.is_valid():
        return _render_details(request, booking, typed)
    data = typed.cleaned_data
    proved = is_own_address(request, data["email"])
    if not proved and not may_mail(request, data["email"]):
        typed.add_error("email", TOO_MUCH_MAIL)
        return _render_details(request, booking, typed)
    return _finish(request, booking, data, proved=proved)


def _finish(request: HttpRequest, booking: Booking, data: dict[str, str], *, proved: bool) -> HttpResponse:
    """Confirm at once where the address is proved, else ask for the mailed code."""
    request.session.pop(TYPED_KEY, None)
    try:
        if proved:
            transitions.confirm(booking, by=request.user, **data)
            return redirect("appointments:booking", booking.pk)
        transitions.reserve(booking, **data)
        return redirect("appointments:code", booking.pk)
    except transitions.TooMany:
        form = DetailsForm(request.POST)
        form.is_valid()
        form.add_error("email", TOO_MANY)
        return _render_details(request, booking, form)
    except TransitionError:
        # A second click finds what the first one has done; else the time has lapsed meanwhile.
        now = Booking.objects.filter(pk=booking.pk).first()
        elsewhere = _where(now) if now is not None else None
        if elsewhere is not None:
            return elsewhere
        if booking.replaces is not None:
            messages.warning(request, _("Der Termin, den Sie verschieben wollten, steht nicht mehr."))
            return redirect("appointments:choose")
        again = _again(request)
        if again.booking is None:
            return not_held(request, again, typed=True)
        return _finish(request, again.booking, data, proved=proved)


def _again(request: HttpRequest) -> Hold:
    """Ask for the same time once more, or for another that was chosen."""
    return ask(request, VisitForm(request.POST), request.POST.get("other") or request.POST.get("zeit", ""))


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, pk: Any) -> HttpResponse:
    """The mailed code, for those who stay on the page."""
    booking = _mine(request, pk)
    if booking is None or (booking.status == BookingStatus.RESERVED and not booking.is_live):
        messages.warning(request, _("Die halbe Stunde ist um, die Zeit ist wieder frei. Bitte wählen Sie neu."))
        return redirect("appointments:choose")
    if booking.status == BookingStatus.HELD:
        return redirect("appointments:details", booking.pk)
    if booking.status != BookingStatus.RESERVED:
        return redirect("appointments:booking", booking.pk)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            transitions.check_code(booking, form.cleaned_data["code"])
            transitions.confirm(booking, by=request.user)
            return redirect("appointments:booking", booking.pk)
        except transitions.WrongCode as wrong:
            form.add_error(
                "code",
                _("Dieser Code passt nicht. Bitte sehen Sie noch einmal in die neueste E-Mail.") if wrong.left
                else _("Der Code wurde zu oft falsch eingegeben. Bitte nutzen Sie den Link in der E-Mail."),
            )  # fmt: skip
        except transitions.TooMany:
            form.add_error(None, TOO_MANY)
        except TransitionError:
            # Look again: confirmed by the link meanwhile, or lapsed.
            return redirect("appointments:code", booking.pk)
    context = {"booking": booking, "form": form, "services": booking.services.select_related("service")}
    return render(request, "appointments/code.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def booking(request: HttpRequest, pk: Any) -> HttpResponse:
    """„Ihr Termin steht."""
    found = _mine(request, pk)
    if found is None or found.status in (BookingStatus.HELD, BookingStatus.RESERVED):
        return redirect("appointments:details", pk)
    if found.status == BookingStatus.OFFERED:
        return redirect("appointments:confirm", remember(request, transitions.manage_token(found)))
    return render(request, "appointments/booking.html", booking_context(request, found))


def _moved_to(request: HttpRequest, found: Booking) -> dict[str, Any] | None:
    """Where a booking went that was moved, with the way there: its mail is the one people keep."""
    later = found.replaced_by.filter(status=BookingStatus.CONFIRMED).first() if not found.lies_ahead else None
    if later is None:
        return None
    return {"booking": later, "token": remember(request, transitions.manage_token(later))}


def booking_context(request: HttpRequest, found: Booking) -> dict[str, Any]:
    """What every page about a booking shows."""
    services = list(found.services.select_related("service"))
    return {
        "booking": found,
        "moved_to": _moved_to(request, found),
        "services": services,
        "documents": list(dict.fromkeys(d for s in services for d in localised(s.service.documents))),
        "token": remember(request, transitions.manage_token(found)),
        "doors": [door for doors_of in booking_doors for door in doors_of(found)],
    }
