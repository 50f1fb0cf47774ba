"""How much one address may take, so that times are hard to hoard; the same for pages and API."""

from django.conf import settings
from django.http import HttpRequest

from apps.accounts import devices
from apps.core import limits


def may_hold(request: HttpRequest) -> bool:
    """Count one hold of the caller; False above the hourly limit."""
    caller = limits.client_networks(request)
    return limits.within_networks("appointment-hold", caller, limit=settings.APPOINTMENT_HOLDS_PER_HOUR, seconds=3600)


def may_arrive(request: HttpRequest) -> bool:
    """Count one number typed to say that one is there; False above the hourly limit."""
    return limits.within_networks("appointment-arrival", limits.client_networks(request), limit=30, seconds=3600)


def may_mail(request: HttpRequest, email: str) -> bool:
    """Count one mail with a code or a link; False above the limit of the caller or of the address.

    The address counts together with the mails for signing in: five a day, whatever they are for.
    """
    caller = limits.client_networks(request)
    most = settings.APPOINTMENT_MAILS_PER_HOUR
    if not limits.within_networks("appointment-sender", caller, limit=most, seconds=3600):
        return False
    return limits.may_mail(request, email, known_device=devices.known_for(request, email))
