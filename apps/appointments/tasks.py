"""Celery: the timetable's jobs; each calls one verb."""

from celery import shared_task

from apps.appointments import figures, holding, periodic, transitions, waiting


@shared_task(name="appointments.release_lapsed", ignore_result=True)
def release_lapsed() -> None:
    """Delete holds and reservations whose time is over; offer again what was not taken."""
    holding.release_lapsed()
    waiting.sweep()


@shared_task(name=transitions.OFFER_TASK, ignore_result=True)
def offer(pk: str) -> None:
    """Offer a freed time to whoever is first in line."""
    waiting.offer(pk)


@shared_task(name="appointments.remind", ignore_result=True)
def remind() -> None:
    """Remind those who come tomorrow."""
    periodic.remind()


@shared_task(name="appointments.close_days", ignore_result=True)
def close_days() -> None:
    """Who did not come yesterday."""
    periodic.close_days()


@shared_task(name="appointments.note_lead_times", ignore_result=True)
def note_lead_times() -> None:
    """How far ahead the third free time lies this morning."""
    figures.note_lead_times()
