"""What bookings plug in: doors, panels, retention, export, closing an account."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.appointments.booking import waiting_list
from apps.appointments.booking.concerned import concerned
from apps.appointments.booking.holding import release
from apps.appointments.booking.models import Booking, Invitation, Wish
from apps.appointments.booking.states import LAPSING, WishStatus
from apps.appointments.booking.views import office
from apps.appointments.timetable import availability
from apps.appointments.timetable.models import OfficePolicy
from apps.appointments.timetable.sockets import rules_changed
from apps.cases.audience import filed_by
from apps.cases.models import Case
from apps.cases.sockets import case_panels
from apps.catalogue.models import Office, OnlineAvailability, Service
from apps.core import sockets
from apps.core.business_calendar import today
from apps.core.retention import days, delete_all
from apps.core.sockets import Door, Panel, RetentionRule, Tile


@sockets.service_doors.plug
def book_door(request: HttpRequest, service: Service) -> list[Door]:
    """ "Termin buchen" on the page of a service that has appointments."""
    if service.online != OnlineAvailability.APPOINTMENT or service.slug not in availability.rules().services:
        return []
    query = urlencode({"leistung": service.slug, "personen": 1})
    return [Door(_("Termin buchen"), f"{reverse('appointments:times')}?{query}")]


@sockets.home_doors.plug
def appointments_door(request: HttpRequest) -> list[Door]:
    """The way to all appointments."""
    if not availability.rules().services:
        return []
    return [
        Door(_("Termin buchen"), reverse("appointments:choose"), _("Freie Zeiten in allen Rathäusern auf einen Blick"))
    ]


def _ahead(bookings: QuerySet[Booking]) -> list[Booking]:
    now = timezone.now()
    return list(bookings.filter(status="confirmed", ends_at__gt=now).select_related("counter__office"))


@sockets.my_area_panels.plug
def bookings_panel(request: HttpRequest) -> list[Panel]:
    """The appointments that lie ahead."""
    ahead = _ahead(Booking.objects.of(request.user))
    return [Panel("appointments/_bookings.html", {"bookings": ahead}, order=20)] if ahead else []


@case_panels.plug
def case_bookings_panel(request: HttpRequest, case: Case, staff: bool) -> list[Panel]:
    """The appointments that belong to a case, and those it still needs; staff invite to them."""
    booked = Booking.objects.filter(case=case)
    # Where and when one party comes is none of the others' business.
    ahead = _ahead(booked if staff else booked.filter(user=request.user.pk))
    open_ones = invitations(case) if staff or filed_by(case, request.user) else []
    services = (
        list(availability.rules().services.values())
        if staff and case.parties.filter(account__is_active=True).exists()
        else []
    )
    if not (ahead or open_ones or services):
        return []
    context = {"bookings": ahead, "invitations": open_ones, "services": services, "case": case}
    return [Panel("appointments/_case.html", context, order=20)]


def invitations(case: Case) -> list[Invitation]:
    """Invitations for which nothing has been booked yet."""
    return list(Invitation.objects.filter(case=case, settled_at=None).select_related("service__service"))


@sockets.exports.plug
def export_bookings(user: Viewer) -> tuple[str, list[dict[str, Any]]]:
    """A person's appointments."""
    rows = Booking.objects.of(user).exclude(status__in=LAPSING)
    return _("Termine"), [
        {
            _("Nummer"): b.reference, _("Beginn"): b.starts_at.isoformat(), _("Standort"): str(b.counter.office.name),
            _("Leistungen"): [str(s.service.name) for s in b.services.all()], _("Personen"): b.persons,
            _("Status"): b.get_status_display(), _("Name"): b.name, _("E-Mail-Adresse"): b.email, _("Telefon"): b.phone,
        }
        for b in rows.select_related("counter__office").prefetch_related("services__service")
    ]  # fmt: skip


@sockets.closings.plug
def keep_times_without_account(user: Viewer) -> None:
    """Appointments stand without the account: the mailed link still moves and cancels them."""
    release(Booking.objects.of(user))
    Booking.objects.of(user).update(user=None)


def _past(now: dt.datetime) -> QuerySet[Booking]:
    return Booking.objects.filter(ends_at__lt=now - days("bookings")).exclude(
        name="", email="", phone="", call_note="", user=None, case=None
    )


def _forget(rows: QuerySet[Any]) -> int:
    """Figures need the times, not the people."""
    return rows.update(name="", email="", phone="", call_note="", call_since=None, code_hash="", user=None, case=None)


sockets.retention_rules.plug(RetentionRule("bookings", "Namen und Adressen vergangener Termine", _past, _forget))


def _ended_wishes(now: dt.datetime) -> QuerySet[Wish]:
    unconfirmed = Q(status=WishStatus.NEW, created_at__lt=now - dt.timedelta(days=1))
    return Wish.objects.filter(unconfirmed | Q(ended_at__lt=now - days("wishes")))


sockets.retention_rules.plug(RetentionRule("wishes", "Wünsche auf der Warteliste", _ended_wishes, delete_all))


@sockets.my_area_panels.plug
def wishes_panel(request: HttpRequest) -> list[Panel]:
    """What one waits for."""
    user: Viewer = request.user
    wishes = list(Wish.objects.in_line().filter(user=user).select_related("office")) if user.is_authenticated else []
    return [Panel("appointments/_wishes.html", {"wishes": wishes}, order=21)] if wishes else []


@sockets.exports.plug
def export_wishes(user: User) -> tuple[str, list[dict[str, Any]]]:
    """A person's wishes on the waiting list."""
    rows = Wish.objects.filter(user=user).select_related("office").prefetch_related("services__service")
    return _("Warteliste"), [
        {
            _("Von"): w.first_day.isoformat(), _("Bis"): w.last_day.isoformat(), _("Status"): w.get_status_display(),
            _("Standort"): str(w.office.name) if w.office else "",
            _("Leistungen"): [str(s.service.name) for s in w.services.all()], _("Name"): w.name,
            _("E-Mail-Adresse"): w.email, _("Telefon"): w.phone,
        }
        for w in rows
    ]  # fmt: skip


@sockets.closings.plug
def end_wishes(user: User) -> None:
    """Nobody waits without an account for what the account wished."""
    for wish in Wish.objects.filter(user=user, status__in=[WishStatus.NEW, WishStatus.WAITING]):
        waiting_list.end(wish)
    Wish.objects.filter(user=user).delete()


@sockets.desk_tiles.plug
def office_tiles(request: HttpRequest) -> list[Tile]:
    """The day at one's offices, whom to call, whom a change concerns."""
    offices = list(Office.objects.filter(policy__in=OfficePolicy.objects.worked_by(request.user)))
    if not offices:
        return []
    here = Booking.objects.filter(counter__office__in=offices)
    tiles = [
        Tile(_("Termine heute"), here.confirmed().filter(starts_at__date=today()).count(),
             reverse("admin:appointments_day")),
    ]  # fmt: skip
    calls = here.exclude(call_since=None).count()
    if calls:
        tiles.append(Tile(_("Anrufen"), calls, reverse("admin:appointment_calls"), urgent=True))
    changed = len(concerned(offices))
    if changed:
        tiles.append(Tile(_("Betroffene Termine"), changed, reverse("admin:appointments_changed"), urgent=True))
    return tiles


@rules_changed.plug
def tell_concerned(request: HttpRequest) -> None:
    """How many appointments a change concerns, and where staff find them."""
    count = len(concerned(Office.objects.filter(policy__isnull=False)))
    if not count:
        return
    text = ngettext(
        "Ein Termin ist betroffen. Die Dienststelle findet ihn unter „Termine, Betroffene“.",
        "%(count)s Termine sind betroffen. Die Dienststelle findet sie unter „Termine, Betroffene“.",
        count,
    )
    mine = OfficePolicy.objects.worked_by(request.user).exists()
    link = format_html(
        ' <a href="{}">{}</a>', reverse("admin:appointments_changed"), _("Betroffene Termine")
    ) if mine else ""  # fmt: skip
    messages.warning(request, format_html("{}{}", text % {"count": count}, link))


@sockets.staff_urls.plug
def _staff_urls() -> list[Any]:
    return [
        path("termine/buchen/", office.book, name="appointment_book"),
        path("termine/anrufen/", office.calls, name="appointment_calls"),
        path("termine/betroffen/", office.changed, name="appointments_changed"),
        path("termine/einladen/<str:reference>/", office.invite, name="appointment_invite"),
        path("termine/<uuid:pk>/angaben/", office.details, name="appointment_details"),
        path("termine/<uuid:pk>/zettel/", office.slip, name="appointment_slip"),
    ]
