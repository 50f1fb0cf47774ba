"""Scheduled jobs of the appointments."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from apps.appointments import transitions
from apps.appointments.models import Booking
from apps.core.business_calendar import today


def remind(day: dt.date | None = None) -> int:
    """Remind everybody who comes tomorrow (or on ``day``), once; returns how many."""
    when = day or today() + dt.timedelta(days=1)
    due = Booking.objects.confirmed().filter(starts_at__date=when, reminded_at=None).exclude(email="")
    count = 0
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            # Two runs at once remind once: whoever marks the row writes the mail.
            if Booking.objects.confirmed().filter(pk=pk, reminded_at=None).update(reminded_at=timezone.now()):
                transitions.mail_reminder(Booking.objects.select_related("counter__office").get(pk=pk))
                count += 1
    return count
