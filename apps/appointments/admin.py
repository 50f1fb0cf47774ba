"""Where Django looks for its admin."""

from apps.appointments.timetable import admin as timetable

__all__ = ["timetable"]
