"""Offices with their counters and hours, and what happens there."""

from apps.appointments.models.bookings import Booking, BookingQuerySet
from apps.appointments.models.offices import BookableService, ClosedDay, Closure, Counter, OfficePolicy, OpeningRule
from apps.appointments.models.tickets import TICKET_SALT, Shift, Ticket, TicketQuerySet
from apps.appointments.models.waiting import WISH_DAYS, WISH_SALT, Invitation, LeadTime, Passed, Wish

__all__ = [
    "TICKET_SALT",
    "WISH_DAYS",
    "WISH_SALT",
    "BookableService",
    "Booking",
    "BookingQuerySet",
    "ClosedDay",
    "Closure",
    "Counter",
    "Invitation",
    "LeadTime",
    "OfficePolicy",
    "OpeningRule",
    "Passed",
    "Shift",
    "Ticket",
    "TicketQuerySet",
    "Wish",
]
