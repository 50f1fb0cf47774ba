"""Celery tasks of contact: call one verb."""

from celery import shared_task

from apps.contact import transitions


@shared_task(name="contact.close_answered")
def close_answered() -> None:
    """Close what was answered and stayed quiet."""
    transitions.close_answered()
