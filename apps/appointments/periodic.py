"""Scheduled jobs of the appointments."""

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.appointments import availability, facts, queueing, transitions
from apps.appointments.models import Booking, Shift, Ticket
from apps.appointments.states import AT_COUNTER, WORKFLOW, BookingStatus, TicketStatus
from apps.core.business_calendar import today
from apps.core.transitions import TransitionConflict, Who, move

# From the morning of the day before; whoever books later than that needs no reminder.
REMIND_BEFORE = dt.timedelta(hours=30)
LATE = dt.timedelta(hours=12)


def remind() -> int:
    """Remind everybody who comes soon, once; returns how many. Made up for after an outage."""
    now = timezone.now()
    due = (
        Booking.objects.confirmed()
        .filter(starts_at__gt=now, starts_at__lte=now + REMIND_BEFORE, confirmed_at__lt=now - LATE, reminded_at=None)
        .exclude(email="")
    )
    count = 0
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            # Two runs at once remind once: whoever marks the row writes the mail.
            if Booking.objects.confirmed().filter(pk=pk, reminded_at=None).update(reminded_at=timezone.now()):
                transitions.mail_reminder(Booking.objects.select_related("counter__office").get(pk=pk))
                count += 1
    return count


def close_days() -> int:
    """Say of past appointments that nobody came, where numbers were called that day; returns how many.

    Where no number was called nobody has noted who came, and so nothing is said.
    """
    now = timezone.now()
    called = Ticket.objects.filter(office=OuterRef("counter__office"), day=OuterRef("starts_at__date"), calls__gt=0)
    midnight = availability.moment(availability.local_minute(today(), dt.time.min))
    past = Booking.objects.confirmed().filter(Exists(called), ends_at__lt=min(midnight, now), ticket=None)
    count = 0
    for booking in past.iterator(chunk_size=500):
        try:
            move(booking, WORKFLOW, BookingStatus.NO_SHOW, who=Who.PORTAL)
        except TransitionConflict:
            continue
        count += 1
    # Who was there and never called has gone; shifts that nobody ended are over.
    for ticket in Ticket.objects.filter(day__lt=today(), status=TicketStatus.WAITING):
        queueing.gone(ticket)
    for ticket in Ticket.objects.filter(day__lt=today(), status__in=AT_COUNTER).select_related("booking"):
        queueing.forgotten(ticket)
    Shift.objects.filter(ended_at=None, began_at__lt=midnight).update(ended_at=now, break_since=None)
    # Last of all: what is noted is what became of everybody.
    facts.close_until(today() - dt.timedelta(days=1))
    return count
