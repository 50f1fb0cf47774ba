"""The facts of cases: when they came, moved on, waited and were decided; and a count that checks them."""

import datetime as dt
from collections import Counter
from typing import Any

from django.utils import timezone

from apps.cases.models import Case, Message
from apps.core import facts
from apps.core.business_calendar import working_hours
from apps.core.models import Fact, FactKind
from apps.core.transitions import Phase


def about(case: Case) -> dict[str, Any]:
    """What every fact of a case says of it."""
    return {
        "kind": case.kind,
        "service": case.service.slug if case.service is not None else "",
        "department": case.department.slug,
        "channel": case.channel,
    }


def phase_begins(case: Case) -> None:
    """A case has come into the phase it is in; with the working hours since it came in."""
    hours = working_hours(case.submitted_at, timezone.now())
    facts.note(FactKind.PHASE, **about(case), outcome=case.phase, detail=case.status, working_hours=hours)


def asked(case: Case) -> None:
    """A party was asked something."""
    facts.note(FactKind.QUESTION, **about(case), outcome="asked")


def answered(case: Case, question: Message) -> None:
    """A question was answered; with the working hours that took."""
    hours = working_hours(question.created_at, timezone.now())
    facts.note(FactKind.QUESTION, **about(case), outcome="answered", working_hours=hours)


def recount(month: dt.date) -> list[str]:
    """Where the facts of a month do not agree with the cases that are still there; empty if they do.

    Each case that came in has one fact that says so, each decided one a fact of its phase. Facts of deleted cases are
    more than the cases, so the month has to be younger than any period of retention.
    """
    begin = month.replace(day=1)
    end = (begin + dt.timedelta(days=32)).replace(day=1)
    since, until = (timezone.make_aware(dt.datetime.combine(day, dt.time.min)) for day in (begin, end))
    wrong = []
    for phase, column in ((Phase.NEW, "submitted_at"), (Phase.DECIDED, "decided_at")):
        rows = Case.objects.filter(**{f"{column}__gte": since, f"{column}__lt": until})
        if phase == Phase.DECIDED:
            rows = rows.filter(phase=Phase.DECIDED)
        counted = Counter(rows.values_list("kind", "service__slug"))
        noted = Counter(
            Fact.objects.filter(what=FactKind.PHASE, month=begin, outcome=phase).values_list("kind", "service")
        )
        for (kind, service), count in counted.items():
            if noted[kind, service or ""] != count:
                wrong.append(f"{phase} {kind} {service or '-'}: {count} cases, {noted[kind, service or '']} facts")
    return wrong
