"""Reminding people of their appointments."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from apps.appointments.booking import transitions
from apps.appointments.booking.models import Booking

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
