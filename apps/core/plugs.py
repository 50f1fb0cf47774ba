"""What core plugs in: its own retention rules and the sweep of e-mails."""

import datetime as dt

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from apps.core.emails import SEND_TASK
from apps.core.models import EmailStatus, Heartbeat, OutgoingEmail, PrivateFile, RetentionRun, ScanState
from apps.core.retention import delete_each, keep
from apps.core.sockets import Sweep, sweeps


def _overdue_emails(cutoff: dt.datetime) -> QuerySet[OutgoingEmail]:
    waiting = OutgoingEmail.objects.filter(status=EmailStatus.PENDING, created_at__lt=cutoff, next_try__lt=cutoff)
    return waiting.order_by("next_try")


def _unscanned_files(cutoff: dt.datetime) -> QuerySet[PrivateFile]:
    return PrivateFile.objects.filter(scan=ScanState.PENDING, created_at__lt=cutoff)


sweeps.plug(Sweep(SEND_TASK, _overdue_emails))
sweeps.plug(Sweep("core.scan_file", _unscanned_files, most=100))

# Nothing points at them, whichever apps own files.
_orphans = PrivateFile.objects.filter(**{f"{to.name}__isnull": True for to in PrivateFile._meta.related_objects})

keep("emails", "Versandprotokoll der E-Mails", OutgoingEmail.objects.all(), "created_at")
keep("heartbeats", "Lebenszeichen der Hintergrunddienste", Heartbeat.objects.all(), "at")
keep("retention_runs", "Löschprotokoll", RetentionRun.objects.all(), "at")
keep("orphaned_files", "Dateien, die zu nichts mehr gehören", _orphans, "created_at", delete_each)
keep("sessions", "Abgelaufene Sitzungen", Session.objects.all(), "expire_date")
