"""Celery: jobs of the figures."""

import datetime as dt

from celery import shared_task

from apps.appointments.figures import facts, measures
from apps.appointments.reception import closing
from apps.core.business_calendar import today


@shared_task(name="appointments.close_days", ignore_result=True)
def close_days() -> None:
    """Who did not come yesterday; then the day is counted, once it is known what became of everybody."""
    closing.close_days()
    facts.close_until(today() - dt.timedelta(days=1))


@shared_task(name="appointments.note_lead_times", ignore_result=True)
def note_lead_times() -> None:
    """How far ahead the third free time lies this morning."""
    measures.note_lead_times()
