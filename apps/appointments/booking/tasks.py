"""Celery: jobs of the bookings; each calls one verb."""

from celery import shared_task

from apps.appointments.booking import holding, transitions, waiting_list


@shared_task(name="appointments.release_lapsed", ignore_result=True)
def release_lapsed() -> None:
    """Delete holds and reservations whose time is over; offer again what was not taken."""
    holding.release_lapsed()
    waiting_list.sweep()


@shared_task(name=transitions.OFFER_TASK, ignore_result=True)
def offer(pk: str) -> None:
    """Offer a freed time to whoever is first in line."""
    waiting_list.offer(pk)


@shared_task(name="appointments.remind", ignore_result=True)
def remind() -> None:
    """Remind those who come tomorrow."""
    transitions.remind()
