"""Asking for a time: it is held, or it is said why not."""

import datetime as dt
import json
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache

from apps.appointments.booking import holding, proof
from apps.appointments.booking.forms import DetailsForm, EmailForm, VisitForm
from apps.appointments.booking.limits import may_hold, may_mail
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.booking.views import choosing
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import moment
from apps.core.requests import sent_from

SESSION_KEY = "bookings"
MOST_IN_SESSION = 20
# What a form that is sent once more does not bring along.
NOT_AGAIN = {"csrfmiddlewaretoken", "altcha", "proof_code", "proof_email", "next"}
PROVED = {"appointments:take", "appointments:details"}


def chosen_before(request: HttpRequest) -> str:
    """Where a time is chosen, with the visit that was chosen before, if there is one."""
    form = VisitForm(request.POST)
    return _times_url(request, form) if request.POST and form.is_valid() else reverse("appointments:choose")


class Outcome(TextChoices):
    """What may come of asking for a time, and what is said where there is no page of its own for it."""

    HELD = "held", ""
    # Taken by somebody else, or none that is offered (any more).
    FULL = "full", _lazy("Diese Zeit ist gerade vergeben worden. Die nächsten freien Zeiten stehen hier.")
    NOT_OFFERED = "not offered", _lazy("Diese Zeit ist nicht mehr buchbar. Die nächsten freien Zeiten stehen hier.")
    # Nothing was chosen that makes a visit, or no time.
    NO_VISIT = "no visit", _lazy("Die Zeit ist nicht mehr gehalten. Bitte wählen Sie neu.")
    NO_TIME = "no time", _lazy("Bitte wählen Sie eine Zeit.")
    # The booking that was to be moved does not stand any more.
    NOTHING_TO_MOVE = "nothing to move", _lazy("Der Termin, den Sie verschieben wollten, steht nicht mehr.")
    # Above what one network may ask for; odd enough that a proof has to come with it.
    LIMITED = "limited", ""
    PROOF_NEEDED = "proof needed", ""


@dataclass(frozen=True)
class Hold:
    """What came of asking for a time; ``booking`` if it is held, ``visit`` and ``chosen`` (office.minute) are what was asked."""

    outcome: Outcome
    visit: VisitForm
    chosen: str
    booking: Booking | None = None


@never_cache
@sent_from(chosen_before)
def take(request: HttpRequest) -> HttpResponse:
    """Hold the chosen time, then ask who comes."""
    held = ask(request, VisitForm(request.POST), request.POST.get("zeit", ""))
    if held.booking is None:
        return not_held(request, held)
    return redirect("appointments:details", held.booking.pk)


def ask(request: HttpRequest, visit: VisitForm, chosen: str) -> Hold:
    """Hold a time (``office.minute``) for this browser; what it held before is free again."""
    asked = partial(Hold, visit=visit, chosen=chosen)
    if not visit.is_valid():
        return asked(Outcome.NO_VISIT)
    # Before anything is said: what is said to a browser without a session makes one, a row each.
    if not may_hold(request):
        return asked(Outcome.LIMITED)
    slug, _dot, number = chosen.rpartition(".")
    office = availability.rules().offices.get(slug)
    if office is None or not number.isdecimal() or len(number) > 9:
        return asked(Outcome.NO_TIME)
    token = request.POST.get("verschieben", "")
    replaces = choosing.moved(request, token)
    if token and replaces is None:
        return asked(Outcome.NOTHING_TO_MOVE)
    if proof.needed(request):
        return asked(Outcome.PROOF_NEEDED)
    starts_at = moment(int(number))
    hold = partial(
        holding.hold, office=office, services=visit.cleaned_data["leistung"],
        persons=visit.cleaned_data["personen"], starts_at=starts_at, user=request.user,
        language=translation.get_language() or "de", replaces=replaces, case=choosing.case_of(request),
    )  # fmt: skip
    try:
        booking = hold(key=_click(request, starts_at, visit))
        if not booking.is_live or booking.status != BookingStatus.HELD:
            # What came of the same click earlier on has gone its way: this is another one.
            booking = hold()
    except holding.Full:
        return asked(Outcome.FULL)
    except holding.NotOffered:
        return asked(Outcome.NOT_OFFERED)
    before = request.session.get(SESSION_KEY, [])
    holding.release(Booking.objects.filter(pk__in=before, status=BookingStatus.HELD).exclude(pk=booking.pk))
    # This browser has made it: only it, or the account, may go on with it.
    kept = [pk for pk in before if pk != str(booking.pk)]
    request.session[SESSION_KEY] = [*kept, str(booking.pk)][-MOST_IN_SESSION:]
    return asked(Outcome.HELD, booking=booking)


def not_held(request: HttpRequest, hold: Hold, *, typed: bool = False) -> HttpResponse:
    """The page that says why a time is not held; with what was ``typed`` into the form for the details, if it was."""
    if hold.outcome == Outcome.PROOF_NEEDED:
        return proof_page(request)
    if hold.outcome == Outcome.NO_VISIT and not typed:
        return choosing.render_choose(request, hold.visit)
    if hold.outcome in (Outcome.NO_VISIT, Outcome.NOTHING_TO_MOVE):
        messages.warning(request, hold.outcome.label)
        return redirect("appointments:choose")
    if typed:
        return _gone(request, hold)
    if hold.outcome == Outcome.LIMITED:
        return render(request, "errors/429.html", status=429)
    messages.warning(request, hold.outcome.label)
    wanted = {} if hold.outcome == Outcome.NO_TIME else {"um": hold.chosen.rpartition(".")[2]}
    return redirect(_times_url(request, hold.visit, **wanted))


def _gone(request: HttpRequest, hold: Hold) -> HttpResponse:
    """The times nearest to the one that has gone, with what was typed."""
    offices = choosing.offices_of(hold.visit)
    wanted = hold.chosen.rpartition(".")[2]
    context = {
        "form": DetailsForm(initial=request.POST.dict()),
        "near": choosing.shown(choosing.nearest(wanted, choosing.free_times(offices, hold.visit.visit)), offices),
        "hidden": [*choosing.query_of(request, hold.visit), ("zeit", hold.chosen[:100])],
        "query": urlencode(choosing.query_of(request, hold.visit), doseq=True),
        "limited": hold.outcome == Outcome.LIMITED,
    }
    return render(request, "appointments/gone.html", context, status=409)


def proof_page(request: HttpRequest, *, form: EmailForm | None = None, code: bool = False) -> HttpResponse:
    """Work for the browser, or a mailed code; whatever the form had brought is sent along once more."""
    wrong = bool(request.POST.get("altcha") or request.POST.get("proof_code"))
    context = {
        "hidden": [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_AGAIN],
        "target": _target(request),
        "challenge": json.dumps(proof.challenge()),
        "form": form or EmailForm(),
        "code": code or bool(request.POST.get("proof_code")),
        "wrong": wrong,
    }
    return render(request, "appointments/proof.html", context, status=428)


def _target(request: HttpRequest) -> str:
    """Where the form was going: to take a time, or to its details."""
    path = request.POST.get("next") or request.path
    try:
        match = resolve(path)
    except Resolver404:
        match = None
    return path if match is not None and match.view_name in PROVED else reverse("appointments:take")


@never_cache
@sent_from(chosen_before)
def code_before(request: HttpRequest) -> HttpResponse:
    """Mail a code to whoever cannot let the browser work."""
    form = EmailForm(request.POST)
    if not form.is_valid():
        return proof_page(request, form=form)
    if not may_mail(request, form.cleaned_data["proof_email"]):
        return render(request, "errors/429.html", status=429)
    proof.mail_code(request, form.cleaned_data["proof_email"], language=translation.get_language() or "de")
    return proof_page(request, code=True)


def _click(request: HttpRequest, starts_at: dt.datetime, form: VisitForm) -> str | None:
    """The same for both clicks of a double click: this browser, the same visit, the same time."""
    asked = [str(starts_at), *(f"{name}={value}" for name, value in choosing.query_of(request, form))]
    return holding.request_key(request.META.get("CSRF_COOKIE", ""), client="browser", body="&".join(asked))


def _times_url(request: HttpRequest, form: VisitForm, **more: str) -> str:
    return f"{reverse('appointments:times')}?{urlencode([*choosing.query_of(request, form), *more.items()])}"
