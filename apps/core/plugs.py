"""What core plugs in: its own retention rules and the sweep of e-mails."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.contrib.sessions.models import Session
from django.core.files.storage import Storage
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import sockets, views
from apps.core.emails import SEND_TASK
from apps.core.models import (
    EmailStatus,
    Heartbeat,
    OutgoingEmail,
    PrivateFile,
    ReconciliationRun,
    RetentionRun,
    ScanState,
)
from apps.core.reconciliation import RECONCILE_TASK, in_batches
from apps.core.retention import delete_each, keep
from apps.core.sockets import Door, Reconciliation, Sweep, reconciliations, sweeps


def _overdue_emails(cutoff: dt.datetime) -> QuerySet[OutgoingEmail]:
    waiting = OutgoingEmail.objects.filter(status=EmailStatus.PENDING, created_at__lt=cutoff, next_try__lt=cutoff)
    return waiting.order_by("next_try")


def _unscanned_files(cutoff: dt.datetime) -> QuerySet[PrivateFile]:
    return PrivateFile.objects.filter(scan=ScanState.PENDING, created_at__lt=cutoff)


sweeps.plug(Sweep(SEND_TASK, _overdue_emails))


def _waiting_runs(cutoff: dt.datetime) -> QuerySet[ReconciliationRun]:
    return ReconciliationRun.objects.filter(done_at=None, asked_at__lt=cutoff)


# The rows know every file by its name below the storage.
_stored = PrivateFile._meta.get_field("content")
# What is just being stored has no row yet.
SETTLED = dt.timedelta(days=1)


def _changed_at(file: Path) -> float:
    """When a file was changed; one that was deleted meanwhile has just been."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _size_of(storage: Storage, name: str) -> int | None:
    try:
        return int(storage.size(name))
    except FileNotFoundError:
        return None


def _files_without_rows() -> Iterator[str]:
    folder = Path(_stored.storage.path("uploads"))
    before = (timezone.now() - SETTLED).timestamp()
    for inner in sorted(folder.iterdir()) if folder.is_dir() else ():
        names = {f"uploads/{inner.name}/{file.name}" for file in inner.iterdir() if _changed_at(file) < before}
        known = PrivateFile.objects.filter(content__in=names).values_list("content", flat=True)
        yield from sorted(names - set(known))


def _rows_without_files() -> Iterator[UUID]:
    for row in in_batches(PrivateFile.objects.filter(created_at__lt=timezone.now() - SETTLED)):
        storage, name = row.content.storage, str(row.content.name)
        if _size_of(storage, name) != row.size:
            # Deleted meanwhile is no difference.
            yield from PrivateFile.objects.filter(pk=row.pk).values_list("pk", flat=True)


reconciliations.plug(Reconciliation("files_without_rows", gettext_lazy("Dateien ohne Eintrag"), _files_without_rows))
reconciliations.plug(
    Reconciliation("rows_without_files", gettext_lazy("Einträge ohne ihre Datei"), _rows_without_files)
)
sweeps.plug(Sweep(RECONCILE_TASK, _waiting_runs, most=1))
sockets.staff_urls.plug(lambda: [path("zustand/", views.condition, name="condition")])


@sockets.staff_links.plug
def _to_condition(request: HttpRequest) -> list[Door]:
    return [Door(_("Zustand"), reverse("admin:condition"))] if request.user.is_superuser else []


sweeps.plug(Sweep("core.scan_file", _unscanned_files, most=100))

# Nothing points at them, whichever apps own files.
_orphans = PrivateFile.objects.filter(**{f"{to.name}__isnull": True for to in PrivateFile._meta.related_objects})

keep("emails", "Versandprotokoll der E-Mails", OutgoingEmail.objects.all(), "created_at")
keep("heartbeats", "Lebenszeichen der Hintergrunddienste", Heartbeat.objects.all(), "at")
keep("reconciliations", "Ergebnisse des Abgleichs", ReconciliationRun.objects.exclude(done_at=None), "asked_at")
keep("retention_runs", "Löschprotokoll", RetentionRun.objects.all(), "at")
keep("orphaned_files", "Dateien, die zu nichts mehr gehören", _orphans, "created_at", delete_each)
keep("sessions", "Abgelaufene Sitzungen", Session.objects.all(), "expire_date")
