"""How much one address may take, so that times are hard to hoard; the same for pages and API."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from apps.appointments.models import Booking
from apps.core import limits

MAILS_PER_ADDRESS_AND_DAY = 5
# Confirmed times ahead that one address may have at once.
MOST_AHEAD = 3


def may_hold(request: HttpRequest) -> bool:
    """Count one hold of the caller; False above the hourly limit."""
    key = limits.client_key(request)
    return limits.within("appointment-hold", key, limit=settings.APPOINTMENT_HOLDS_PER_HOUR, seconds=3600)


def may_mail(email: str) -> bool:
    """Count one mail with a code; False above the daily limit."""
    return limits.within("appointment-mail", email, limit=MAILS_PER_ADDRESS_AND_DAY, seconds=86400)


def may_stand(email: str) -> bool:
    """Whether one more appointment may stand for an address."""
    ahead = Booking.objects.confirmed().filter(email__iexact=email, starts_at__gt=timezone.now())
    return ahead.count() < MOST_AHEAD
