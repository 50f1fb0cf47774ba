"""Offices with their counters and hours, and what happens there."""

from apps.appointments.models.bookings import Booking, BookingQuerySet, CounterRange
from apps.appointments.models.offices import BookableService, Closure, Counter, OfficePolicy, OpeningRule

__all__ = [
    "BookableService",
    "Booking",
    "BookingQuerySet",
    "Closure",
    "Counter",
    "CounterRange",
    "OfficePolicy",
    "OpeningRule",
]
