"""Where Django looks for models: those of the four rooms, from top to bottom."""

from apps.appointments.booking import models as booking
from apps.appointments.figures import models as figures
from apps.appointments.reception import models as reception
from apps.appointments.timetable import models as timetable

__all__ = ["booking", "figures", "reception", "timetable"]
