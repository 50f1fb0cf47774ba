"""The nightly job that erases what is past its time."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.database import drop_broken_connection
from apps.core.locks import try_lock
from apps.core.models import RetentionRun
from apps.core.sockets import RetentionRule, retention_rules

log = logging.getLogger(__name__)
# Rows that are erased with one statement.
BATCH = 5000


def days(key: str) -> dt.timedelta:
    """The configured retention period ``key``."""
    return dt.timedelta(days=settings.RETENTION_DAYS[key])


def apply_retention() -> dict[str, int]:
    """Apply every rule; returns how many rows each erased and keeps that as the protocol. Two at once are one."""
    with try_lock("retention") as held:
        return _apply_rules(timezone.now()) if held else {}


def _apply_rules(now: dt.datetime) -> dict[str, int]:
    erased: dict[str, int] = {}
    for rule in retention_rules:
        try:
            count = rule.erase(rule.expired(now))
        except Exception:
            # One rule that fails must not keep the others waiting; the log says which.
            log.exception("retention rule %s failed", rule.key)
            # Nor may a connection that broke with it.
            drop_broken_connection()
            continue
        erased[rule.key] = count
        if count:
            RetentionRun.objects.create(at=now, rule=rule.key, erased=count)
    return erased


def delete_all(queryset: QuerySet[Any]) -> int:
    """Erase in batches, so that no statement meets the time limit of the database, however many rows there are."""
    total, due = 0, queryset.order_by("pk")
    while batch := list(due.values_list("pk", flat=True)[:BATCH]):
        # Asked again: what is used meanwhile may be due no more.
        count, _by_model = queryset.filter(pk__in=batch).delete()
        total += count
    return total


def delete_each(queryset: QuerySet[Any]) -> int:
    """Erase row by row through ``Model.delete()``, for models that own files."""
    count = 0
    for row in queryset.iterator(chunk_size=200):
        row.delete()
        count += 1
    return count


def keep(
    key: str, describe: str, rows: QuerySet[Any], since: str, erase: Callable[[QuerySet[Any]], int] = delete_all
) -> None:
    """Plug in a rule: ``rows`` go when the time in their column ``since`` is longer ago than the period ``key``."""

    def expired(now: dt.datetime) -> QuerySet[Any]:
        return rows.filter(**{f"{since}__lt": now - days(key)})

    retention_rules.plug(RetentionRule(key, describe, expired, erase))
