"""Where Celery looks for tasks."""

from apps.appointments.booking import tasks as booking
from apps.appointments.figures import tasks as figures

__all__ = ["booking", "figures"]
