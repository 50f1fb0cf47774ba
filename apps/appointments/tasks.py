"""Celery: the timetable's jobs; each calls one verb."""

from celery import shared_task

from apps.appointments import periodic, transitions


@shared_task(name="appointments.release_lapsed", ignore_result=True)
def release_lapsed() -> None:
    """Delete holds and reservations whose time is over."""
    transitions.release_lapsed()


@shared_task(name="appointments.remind", ignore_result=True)
def remind() -> None:
    """Remind those who come tomorrow."""
    periodic.remind()
