"""How many numbers one address may draw."""

from django.conf import settings
from django.http import HttpRequest

from apps.core import limits


def may_draw(request: HttpRequest) -> bool:
    """Count one number drawn from afar; False above what the caller may draw in a day."""
    most = settings.APPOINTMENT_TICKETS_PER_DAY
    return limits.within_networks("appointment-ticket", limits.client_networks(request), limit=most, seconds=86400)


def give_back_draw(request: HttpRequest) -> None:
    """There was no number to draw: the attempt does not count."""
    limits.give_back("appointment-ticket", limits.client_networks(request))
