"""What core plugs in: its own retention rules and the sweep of e-mails."""

import datetime as dt

from django.contrib.sessions.models import Session

from apps.core.emails import SEND_TASK
from apps.core.models import (
    EmailStatus,
    Heartbeat,
    OutgoingEmail,
    PrivateFile,
    RetentionRun,
    ScanState,
)
from apps.core.retention import days, delete_all, delete_each
from apps.core.sockets import RetentionRule, Sweep, retention_rules, sweeps


def unowned() -> dict[str, bool]:
    """The look-ups that find files nothing points at, whichever apps own files."""
    return {f"{relation.name}__isnull": True for relation in PrivateFile._meta.related_objects}


def _overdue_emails(cutoff: dt.datetime) -> list[object]:
    return list(
        OutgoingEmail.objects.filter(status=EmailStatus.PENDING, created_at__lt=cutoff, next_try__lt=cutoff)
        .order_by("next_try")
        .values_list("pk", flat=True)[:500]
    )


def _unscanned_files(cutoff: dt.datetime) -> list[object]:
    return list(
        PrivateFile.objects.filter(scan=ScanState.PENDING, created_at__lt=cutoff).values_list("pk", flat=True)[:100]
    )


sweeps.plug(Sweep(SEND_TASK, _overdue_emails))
sweeps.plug(Sweep("core.scan_file", _unscanned_files))

retention_rules.plug(
    RetentionRule(
        "emails",
        "Versandprotokoll der E-Mails",
        lambda now: OutgoingEmail.objects.filter(created_at__lt=now - days("emails")),
        delete_all,
    )
)
retention_rules.plug(
    RetentionRule(
        "heartbeats",
        "Lebenszeichen der Hintergrunddienste",
        lambda now: Heartbeat.objects.filter(at__lt=now - days("heartbeats")),
        delete_all,
    )
)
retention_rules.plug(
    RetentionRule(
        "retention_runs",
        "Löschprotokoll",
        lambda now: RetentionRun.objects.filter(at__lt=now - days("retention_runs")),
        delete_all,
    )
)
retention_rules.plug(
    RetentionRule(
        "orphaned_files",
        "Dateien, die zu nichts mehr gehören",
        lambda now: PrivateFile.objects.filter(created_at__lt=now - days("orphaned_files"), **unowned()),
        delete_each,
    )
)
retention_rules.plug(
    RetentionRule(
        "sessions",
        "Abgelaufene Sitzungen",
        lambda now: Session.objects.filter(expire_date__lt=now - days("sessions")),
        delete_all,
    )
)
