"""Holding a time, leaving one's details, confirming."""

import datetime as dt
import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.appointments import holding, proof, queueing, transitions
from apps.appointments.availability import minute, moment
from apps.appointments.forms import TOO_MANY, TOO_MUCH_MAIL, CodeForm, DetailsForm, EmailForm, VisitForm
from apps.appointments.limits import may_hold, may_mail
from apps.appointments.models import Booking
from apps.appointments.states import BookingStatus
from apps.appointments.views.choosing import (
    case_of,
    free_for,
    is_own_address,
    moved,
    nearest,
    offices_of,
    query_of,
    render_choose,
    shown,
    signed_in_person,
)
from apps.catalogue.models import Office
from apps.core.links import remember
from apps.core.requests import sent_from
from apps.core.transitions import TransitionError

SLUG = re.compile(r"[-a-z0-9]{1,60}")
SESSION_KEY = "bookings"
MOST_IN_SESSION = 20
TYPED_KEY = "appointment_typed"
TYPED_MINUTES = 15
# What a form that is sent once more does not bring along.
NOT_AGAIN = {"csrfmiddlewaretoken", "altcha", "vorab_code", "vorab_email", "weiter"}
PROVED = {"appointments:take", "appointments:details"}


def _chosen(request: HttpRequest) -> str:
    """The page on which a time is chosen, with the visit that was chosen before, if there is one."""
    form = VisitForm(request.POST)
    return _times_url(request, form) if request.POST and form.is_valid() else reverse("appointments:choose")


@never_cache
@sent_from(_chosen)
def take(request: HttpRequest) -> HttpResponse:
    """Hold the chosen time, then ask who comes."""
    form = VisitForm(request.POST)
    if not form.is_valid():
        return render_choose(request, form)
    held = _take(request, form, request.POST.get("zeit", ""))
    if isinstance(held, HttpResponse):
        return held
    return redirect("appointments:details", held.pk)


def _take(request: HttpRequest, form: VisitForm, chosen: str) -> Booking | HttpResponse:
    """The held booking, or the page that says why there is none."""
    # First of all: what is said to a browser without a session makes one, a row each.
    if not may_hold(request):
        return render(request, "errors/429.html", status=429)
    slug, _dot, number = chosen.rpartition(".")
    office = Office.objects.filter(slug=slug, policy__active=True).first() if SLUG.fullmatch(slug) else None
    if office is None or not number.isdecimal() or len(number) > 9:
        messages.warning(request, _("Bitte wählen Sie eine Zeit."))
        return redirect(_times_url(request, form))
    starts_at = moment(int(number))
    token = request.POST.get("verschieben", "")
    replaces = moved(request, token)
    if token and replaces is None:
        messages.warning(request, _("Der Termin, den Sie verschieben wollten, steht nicht mehr."))
        return redirect("appointments:choose")
    if proof.needed(request):
        return proof_page(request)
    try:
        asked = partial(
            holding.hold, office=office, services=form.cleaned_data["leistung"],
            persons=form.cleaned_data["personen"], starts_at=starts_at, user=request.user,
            language=translation.get_language() or "de", replaces=replaces, case=case_of(request),
        )  # fmt: skip
        booking = asked(key=_click(request, starts_at, form))
        if not booking.is_live or booking.status != BookingStatus.HELD:
            # What came of the same click earlier on has gone its way: this is another one.
            booking = asked()
    except holding.Full:
        messages.warning(request, _("Diese Zeit ist gerade vergeben worden. Die nächsten freien Zeiten stehen hier."))
        return redirect(_times_url(request, form, um=number))
    except holding.NotOffered:
        messages.warning(request, _("Diese Zeit ist nicht mehr buchbar. Die nächsten freien Zeiten stehen hier."))
        return redirect(_times_url(request, form, um=number))
    # One browser holds one time: what it held before is free again.
    before = request.session.get(SESSION_KEY, [])
    holding.release(Booking.objects.filter(pk__in=before, status=BookingStatus.HELD).exclude(pk=booking.pk))
    _remember(request, booking)
    return booking


def proof_page(request: HttpRequest, *, form: EmailForm | None = None, code: bool = False) -> HttpResponse:
    """Work for the browser, or a mailed code; whatever the form had brought is sent along once more."""
    wrong = bool(request.POST.get("altcha") or request.POST.get("vorab_code"))
    context = {
        "hidden": [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_AGAIN],
        "target": _target(request),
        "challenge": proof.challenge_json(),
        "form": form or EmailForm(),
        "code": code or bool(request.POST.get("vorab_code")),
        "wrong": wrong,
    }
    return render(request, "appointments/proof.html", context, status=428)


def _target(request: HttpRequest) -> str:
    """Where the form was going: to take a time, or to its details."""
    path = request.POST.get("weiter") or request.path
    try:
        match = resolve(path)
    except Resolver404:
        match = None
    return path if match is not None and match.view_name in PROVED else reverse("appointments:take")


@never_cache
@sent_from(_chosen)
def code_before(request: HttpRequest) -> HttpResponse:
    """Mail a code to whoever cannot let the browser work."""
    form = EmailForm(request.POST)
    if not form.is_valid():
        return proof_page(request, form=form)
    if not may_mail(request, form.cleaned_data["vorab_email"]):
        return render(request, "errors/429.html", status=429)
    proof.mail_code(request, form.cleaned_data["vorab_email"], language=translation.get_language() or "de")
    return proof_page(request, code=True)


def _click(request: HttpRequest, starts_at: dt.datetime, form: VisitForm) -> str | None:
    """The same for both clicks of a double click: this browser, the same visit, the same time."""
    asked = [str(starts_at), *(f"{name}={value}" for name, value in query_of(request, form))]
    return holding.request_key(request.META.get("CSRF_COOKIE", ""), client="browser", body="&".join(asked))


def _times_url(request: HttpRequest, form: VisitForm, **more: str) -> str:
    return f"{reverse('appointments:times')}?{urlencode([*query_of(request, form), *more.items()])}"


def _remember(request: HttpRequest, booking: Booking) -> None:
    """This browser has made it: only it, or the account, may go on with it."""
    kept = [pk for pk in request.session.get(SESSION_KEY, []) if pk != str(booking.pk)]
    request.session[SESSION_KEY] = [*kept, str(booking.pk)][-MOST_IN_SESSION:]


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
    query = [("leistung", s.service.slug) for s in booking.services.select_related("service")]
    hidden = [
        *query,
        ("personen", str(booking.persons)),
        ("zeit", f"{booking.office.slug}.{minute(booking.starts_at)}"),
    ]
    if booking.replaces is not None:
        hidden.append(("verschieben", remember(request, transitions.manage_token(booking.replaces))))
    if booking.case is not None:
        hidden.append(("vorgang", booking.case.reference))
    context = {
        "booking": booking,
        "form": form,
        "hidden": hidden,
        "services": booking.services.select_related("service"),
        "may_extend": booking.status == BookingStatus.HELD and booking.extensions < holding.MAX_EXTENSIONS,
    }
    return render(request, "appointments/details.html", context, status=422 if form.is_bound and form.errors else 200)


def _post_details(request: HttpRequest, booking: Booking | None) -> HttpResponse:
    if "_all" in request.POST or "_release" in request.POST:
        _keep_typed(request)
        if booking is not None:
            holding.release(Booking.objects.filter(pk=booking.pk).exclude(status=BookingStatus.FREED))
        form = VisitForm(request.POST)
        return redirect(_times_url(request, form) if form.is_valid() else "appointments:choose")
    if booking is None or not booking.is_live:
        # The hold has lapsed while somebody typed: the same time again if it is free, else the nearest.
        again = _again(request)
        if isinstance(again, HttpResponse):
            return again
        booking = again
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
        return _settle(request, booking, {"name": old.name, "email": old.email, "phone": old.phone}, proved=True)
    typed = DetailsForm(request.POST)
    if not typed.is_valid():
        return _render_details(request, booking, typed)
    data = typed.cleaned_data
    proved = is_own_address(request, data["email"])
    if not proved and not may_mail(request, data["email"]):
        typed.add_error("email", TOO_MUCH_MAIL)
        return _render_details(request, booking, typed)
    return _settle(request, booking, data, proved=proved)


def _settle(request: HttpRequest, booking: Booking, data: dict[str, str], *, proved: bool) -> HttpResponse:
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
        return again if isinstance(again, HttpResponse) else _settle(request, again, data, proved=proved)


def _again(request: HttpRequest) -> Booking | HttpResponse:
    """Take the same time once more, or another that was chosen; else offer the nearest with what was typed."""
    visit = VisitForm(request.POST)
    if not visit.is_valid():
        messages.warning(request, _("Die Zeit ist nicht mehr gehalten. Bitte wählen Sie neu."))
        return redirect("appointments:choose")
    chosen = request.POST.get("andere") or request.POST.get("zeit", "")
    held = _take(request, visit, chosen)
    if isinstance(held, Booking) or held.status_code == 428:
        return held
    offices = offices_of(visit)
    names = {o.pk: o for o in offices}
    # What would have been said on the next page is said here.
    list(messages.get_messages(request))
    context = {
        "form": DetailsForm(initial=request.POST.dict()),
        "near": [shown(s, names) for s in nearest(chosen.rpartition(".")[2], free_for(visit, offices))],
        "hidden": [*query_of(request, visit), ("zeit", chosen[:100])],
        "query": urlencode(query_of(request, visit), doseq=True),
        "limited": held.status_code == 429,
    }
    return render(request, "appointments/gone.html", context, status=409)


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
        "documents": list(dict.fromkeys(d for s in services for d in s.service.document_list)),
        "token": remember(request, transitions.manage_token(found)),
        "may_arrive": found.status == BookingStatus.CONFIRMED
        and timezone.localdate(found.starts_at) == timezone.localdate()
        and timezone.now() <= found.starts_at + queueing.LATE,
    }
