"""Comparing every day what has to agree: rows with rows, rows with files. What differs shows on a page and in the health check."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.core import bell
from apps.core.database import drop_broken_connection
from apps.core.locks import try_lock
from apps.core.models import ReconciliationResult, ReconciliationRun
from apps.core.sockets import Reconciliation, reconciliations

log = logging.getLogger(__name__)
RECONCILE_TASK = "core.reconcile"
# So many differences are named; all of them are counted.
EXAMPLES = 20
# Nobody may have compared for a day: then the comparison itself is what is wrong.
OLDEST = timedelta(hours=26)
# Rows that are read with one statement.
BATCH = 500


def ask_for_run() -> ReconciliationRun:
    """Have a worker compare, unless one is about to; rings after the commit."""
    with transaction.atomic():
        run, _made = ReconciliationRun.objects.get_or_create(done_at=None)
        bell.ring(RECONCILE_TASK, run.pk)
    return run


def carry_out(run_id: Any) -> bool:
    """Make the comparisons of a run that was asked for; True when this call made them. What fails does not keep the others waiting."""
    with try_lock("reconciliation") as held:
        run = ReconciliationRun.objects.filter(pk=run_id, done_at=None).first() if held else None
        if run is None:
            return False
        results = [_result(run, comparison) for comparison in reconciliations]
        with transaction.atomic():
            run.results.all().delete()
            ReconciliationResult.objects.bulk_create(results)
            ReconciliationRun.objects.filter(pk=run.pk).update(done_at=timezone.now())
        for result in results:
            if result.found:
                log.error("reconciliation %s: %s differences", result.key, result.found)
        return True


def _result(run: ReconciliationRun, comparison: Reconciliation) -> ReconciliationResult:
    result = ReconciliationResult(run=run, key=comparison.key)
    try:
        found = iter(comparison.differences())
        result.examples = [str(one) for one in islice(found, EXAMPLES)]
        result.found = len(result.examples) + sum(1 for _more in found)
    except Exception:
        log.exception("reconciliation %s failed", comparison.key)
        drop_broken_connection()
        result.failed = True
    return result


def newest() -> ReconciliationRun | None:
    """The last run that is over."""
    return ReconciliationRun.objects.exclude(done_at=None).prefetch_related("results").order_by("-done_at").first()


def state() -> str:
    """In one word: ``ok``, ``differences``, ``failed`` (a comparison could not be made), or ``late`` (nobody has compared for a day)."""
    run = newest()
    if run is None or run.done_at is None or run.done_at < timezone.now() - OLDEST:
        return "late"
    results = list(run.results.all())
    if any(result.failed for result in results) or {result.key for result in results} != {
        c.key for c in reconciliations
    }:
        return "failed"
    return "differences" if any(result.found for result in results) else "ok"


def in_batches(rows: QuerySet[Any], size: int = BATCH) -> Iterable[Any]:
    """The rows of a query by primary key, some with each statement, so that none meets the time limit of the database."""
    last = None
    while True:
        batch = list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:size])
        yield from batch
        if len(batch) < size:
            return
        last = batch[-1].pk
