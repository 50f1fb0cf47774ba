"""An appointment for one's own calendar (RFC 5545)."""

import datetime as dt

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import STATUS, Calendar, Event

from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus


def calendar_of(booking: Booking) -> bytes:
    """The file: when and where, not for what; of a cancelled booking that it is off."""
    cancelled = booking.status == BookingStatus.CANCELLED
    calendar = Calendar(
        prodid="-//Stadt Wolfsburg//Termine//DE", version="2.0", method="CANCEL" if cancelled else "PUBLISH"
    )
    office = booking.office
    event = Event.new(
        uid=f"{booking.pk}@{settings.SERVER_EMAIL.rpartition('@')[2]}", sequence=int(cancelled),
        stamp=booking.cancelled_at or booking.confirmed_at or booking.created_at,
        start=booking.starts_at.astimezone(dt.UTC), end=booking.ends_at.astimezone(dt.UTC),
        status=STATUS.CANCELLED if cancelled else STATUS.CONFIRMED,
        summary=_("Termin bei der Stadt Wolfsburg (%(number)s)") % {"number": booking.reference},
        location=", ".join(x for x in (office.name, office.street, f"{office.postcode} {office.city}".strip()) if x),
    )  # fmt: skip
    calendar.add_component(event)
    return bytes(calendar.to_ical())
