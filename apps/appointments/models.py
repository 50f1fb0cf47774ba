"""Where Django looks for models: those of the four rooms, from top to bottom."""

from apps.appointments.booking.models import Booking, Invitation, Passed, Wish
from apps.appointments.figures.models import ClosedDay, LeadTime
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.timetable.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule

__all__ = [
    "BookableService",
    "Booking",
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
    "Wish",
]
