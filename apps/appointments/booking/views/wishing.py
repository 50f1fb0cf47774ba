"""The waiting list: leaving one's wishes, looking, ending them, declining what is offered."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.appointments.booking import transitions, waiting_list
from apps.appointments.booking.forms import TOO_MANY_WISHES, TOO_MUCH_MAIL, DetailsForm, WishForm
from apps.appointments.booking.holding import account_of
from apps.appointments.booking.limits import may_mail
from apps.appointments.booking.models import LONGEST_DAYS, WISH_SALT, Booking, Wish
from apps.appointments.booking.states import BookingStatus, WishStatus
from apps.appointments.booking.views.choosing import is_own_address, moved, signed_in_person
from apps.core.business_calendar import today
from apps.core.links import Link, mailed, remember
from apps.core.transitions import TransitionError

# What is filled in at first: the next four weeks.
WEEKS = 4


@never_cache
@require_http_methods(["GET", "POST"])
def wish(request: HttpRequest) -> HttpResponse:
    """When could you come? With the link of an appointment: a wish for an earlier one."""
    token = request.POST.get("frueher") or request.GET.get("frueher", "")
    old = moved(request, token)
    typed = request.POST if request.method == "POST" else None
    form = WishForm(typed, initial=_initial(request, old))
    who = DetailsForm(typed, initial=signed_in_person(request)) if old is None else None
    if form.is_valid() and (who is None or who.is_valid()):
        answer = _written(request, form, who, old)
        if answer is not None:
            return answer
    context = {"form": form, "who": who, "old": old, "token": token}
    wrong = bool(form.errors or (who is not None and who.errors))
    return render(request, "appointments/wish_form.html", context, status=422 if wrong else 200)


def _initial(request: HttpRequest, old: Booking | None) -> dict[str, Any]:
    last = today() + dt.timedelta(weeks=WEEKS)
    initial: dict[str, Any] = {
        "leistung": request.GET.getlist("leistung"), "personen": request.GET.get("personen", 1),
        "standort": request.GET.get("standort", ""), "first_day": today(), "last_day": last,
    }  # fmt: skip
    if old is not None:
        initial["leistung"] = [s.service.slug for s in old.services.select_related("service")]
        initial |= {"personen": old.persons, "last_day": min(last, timezone.localdate(old.starts_at))}
    return initial


def _written(request: HttpRequest, form: WishForm, who: DetailsForm | None, old: Booking | None) -> HttpResponse | None:
    """The page that follows; None with the reason in a form."""
    data = form.cleaned_data
    if who is not None:
        person = {key: who.cleaned_data[key] for key in ("name", "email", "phone")}
        proved = is_own_address(request, person["email"])
    elif old is None or not old.email:
        form.add_error(None, _("Für diesen Termin ist keine E-Mail-Adresse hinterlegt. Bitte rufen Sie an: 115"))
        return None
    else:
        # Whoever has the link of the appointment waits for the same person.
        person, proved = {"name": old.name, "email": old.email, "phone": old.phone}, True
    errors: Any = who if who is not None else form
    field = "email" if who is not None else None
    if not may_mail(request, person["email"]):
        errors.add_error(field, TOO_MUCH_MAIL)
        return None
    made = Wish(
        persons=data["personen"], office=data["standort"], first_day=data["first_day"], last_day=data["last_day"],
        weekdays=data["weekdays"], earliest=data["earliest"], latest=data["latest"], replaces=old,
        language=translation.get_language() or "de", user=account_of(request.user) if old is None else old.user,
        **person,
    )  # fmt: skip
    try:
        waiting_list.wish(made, data["leistung"], proved=proved)
    except waiting_list.TooManyWishes:
        errors.add_error(field, TOO_MANY_WISHES)
        return None
    if proved:
        return redirect("appointments:wish", remember(request, made.token))
    return redirect("appointments:wish_written")


@never_cache
@require_safe
def written(request: HttpRequest) -> HttpResponse:
    """The mail is on its way."""
    return render(request, "appointments/wish_written.html")


def _wish_for_token(token: str) -> Wish | None:
    try:
        pk = signing.loads(token, salt=WISH_SALT, max_age=LONGEST_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return Wish.objects.select_related("office").prefetch_related("services__service").filter(pk=pk).first()


@never_cache
@require_http_methods(["GET", "POST"])
@mailed(_wish_for_token)
def one(request: HttpRequest, link: Link) -> HttpResponse:
    """One's wish: confirm it, look at it, end it. Only POST changes anything, for mail scanners open links."""
    found = link.subject
    if request.method == "POST":
        try:
            if "end" in request.POST:
                waiting_list.end(found)
                messages.success(request, _("Sie stehen nicht mehr auf der Warteliste."))
            elif found.status == WishStatus.NEW:
                waiting_list.confirm(found)
        except waiting_list.TooManyWishes:
            messages.warning(request, TOO_MANY_WISHES)
        except TransitionError:
            messages.info(request, _("Dieser Wunsch ist schon beendet."))
        return redirect("appointments:wish", link.handle)
    offer = waiting_list.offer_of(found)
    context = {
        "wish": found,
        "before": waiting_list.before(found) if found.waits else 0,
        "offer": offer,
        "offer_token": remember(request, transitions.manage_token(offer)) if offer else "",
    }
    return render(request, "appointments/wish.html", context)


@never_cache
@require_POST
@mailed(transitions.booking_for_token)
def decline(request: HttpRequest, link: Link) -> HttpResponse:
    """ "Passt mir nicht": the next in line gets it; one goes on waiting."""
    booking = link.subject
    found = booking.wish
    if booking.status != BookingStatus.OFFERED or found is None:
        return redirect("appointments:manage", link.handle)
    try:
        waiting_list.pass_on(booking)
        messages.success(request, _("Danke. Die nächste Person bekommt diese Zeit, Sie warten weiter."))
    except TransitionError:
        messages.info(request, _("Dieses Angebot ist schon vorbei."))
    return redirect("appointments:wish", remember(request, found.token))
