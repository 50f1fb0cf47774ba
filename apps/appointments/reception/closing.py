"""The end of a day."""

import datetime as dt
from contextlib import suppress

from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import WORKFLOW, BookingStatus
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.reception.states import AT_COUNTER, TicketStatus
from apps.appointments.timetable.minutes import local_minute, moment
from apps.core.business_calendar import today
from apps.core.transitions import TransitionConflict, Who, move


def close_days() -> int:
    """Say of past appointments that nobody came, where numbers were called that day; returns how many.

    Where no number was called nobody has noted who came, and so nothing is said.
    """
    now = timezone.now()
    called = Ticket.objects.filter(office=OuterRef("counter__office"), day=OuterRef("starts_at__date"), calls__gt=0)
    midnight = moment(local_minute(today(), dt.time.min))
    past = Booking.objects.confirmed().filter(Exists(called), ends_at__lt=min(midnight, now), ticket=None)
    count = 0
    for booking in past.iterator(chunk_size=500):
        with suppress(TransitionConflict):
            move(booking, WORKFLOW, BookingStatus.NO_SHOW, who=Who.PORTAL)
            count += 1
    # Who was there and never called has gone; shifts that nobody ended are over.
    for ticket in Ticket.objects.filter(day__lt=today(), status=TicketStatus.WAITING):
        queueing.gone(ticket)
    for ticket in Ticket.objects.filter(day__lt=today(), status__in=AT_COUNTER).select_related("booking"):
        queueing.forgotten(ticket)
    Shift.objects.filter(ended_at=None, began_at__lt=midnight).update(ended_at=now, break_since=None)
    return count
