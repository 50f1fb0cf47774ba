"""Celery tasks of core: load by id, call one verb."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.core import bell, emails, facts, reconciliation, retention, uploads
from apps.core.models import Heartbeat
from apps.core.sockets import sweeps


@shared_task(name="core.send_email")
def send_email(email_id: str) -> None:
    """Send one queued e-mail."""
    emails.send(email_id)


@shared_task(name="core.scan_file")
def scan_file(file_id: str) -> None:
    """Scan one uploaded file whose check is still due."""
    uploads.scan_stored(file_id)


@shared_task(name="core.sweep")
def sweep() -> None:
    """Ring again for every row that should long be done, and leave a sign of life."""
    cutoff = timezone.now() - timedelta(seconds=settings.SWEEP_AGE_SECONDS)
    for sweep in sweeps:
        for pk in sweep.overdue(cutoff).values_list("pk", flat=True)[: sweep.most]:
            bell.publish(sweep.task, pk)
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": timezone.now()})


@shared_task(name="core.reconcile_daily")
def reconcile_daily() -> None:
    """Ask for the comparison of the night."""
    reconciliation.ask_for_run()


@shared_task(name=reconciliation.RECONCILE_TASK, time_limit=3600, soft_time_limit=3500)
def reconcile(run_id: str) -> None:
    """Compare what has to agree."""
    reconciliation.carry_out(run_id)


@shared_task(name="core.apply_retention", time_limit=3600, soft_time_limit=3500)
def apply_retention() -> None:
    """Erase what is past its retention period, and coarsen the facts of months that are over."""
    facts.close_months()
    retention.apply_retention()
