"""What the reception plugs in: the way in for those who have a booking, the ways to counter and day, retention."""

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.appointments.booking.models import Booking
from apps.appointments.booking.sockets import booking_doors
from apps.appointments.booking.states import BookingStatus
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.reception.transitions import LATE
from apps.appointments.reception.views import counter, day
from apps.appointments.timetable import availability
from apps.core import sockets
from apps.core.retention import keep
from apps.core.sockets import Door


@booking_doors.plug
def arrival_door(booking: Booking) -> list[Door]:
    """ "Ich bin da" on the day of the appointment."""
    now = timezone.now()
    is_today = timezone.localdate(booking.starts_at) == timezone.localdate(now)
    if booking.status != BookingStatus.CONFIRMED or not is_today or now > booking.starts_at + LATE:
        return []
    return [Door(_("Ich bin da"), f"{reverse('appointments:arrive')}?nummer={booking.reference}")]


keep("shifts", "Wer wann an welchem Schalter saß", Shift.objects.all(), "began_at")
keep("tickets", "Wartenummern und wie lange sie dauerten", Ticket.objects.all(), "created_at")


@sockets.staff_links.plug
def counter_links(request: HttpRequest) -> list[Door]:
    """The ways to counter and appointments, for those who serve an office; no query."""
    user: Any = request.user
    policies = availability.kept_rules().policies.values()
    if user.has_role(Role.CDO) or not any(p.department_id in user.department_ids for p in policies):
        return []
    return [Door(_("Schalter"), reverse("admin:counters")), Door(_("Termine"), reverse("admin:appointments_day"))]


@sockets.staff_urls.plug
def _staff_urls() -> list[Any]:
    return [
        path("schalter/", counter.counters, name="counters"),
        path("schalter/<int:pk>/", counter.counter, name="counter"),
        path("schalter/<int:pk>/tun/", counter.act, name="counter_act"),
        path("termine/", day.day, name="appointments_day"),
        path("termine/<uuid:pk>/", day.appointment, name="appointment"),
    ]
