"""Facts say what happened and nothing of whom, agree with the cases, and are coarsened when their month is over."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import models

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import transitions as verbs
from apps.cases.facts import recount
from apps.cases.models import Case
from apps.core.business_calendar import add_working_days, today, working_hours
from apps.core.facts import close_months
from apps.core.models import Fact, FactKind
from apps.notices import rendering, transitions
from tests import factories

BERLIN = ZoneInfo("Europe/Berlin")


def noted(what: str) -> list[tuple[str, str]]:
    return list(Fact.objects.filter(what=what).order_by("pk").values_list("outcome", "detail"))


def test_life_of_a_case_is_noted_phase_by_phase(parking_case: Case, karla: User, aylin: User) -> None:
    verbs.take(parking_case, by=karla)
    verbs.ask(parking_case, body="?", due_on=add_working_days(today(), 5), by=karla)
    verbs.answer(parking_case, body="!", by=aylin)
    applications.decide(
        parking_case, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal("30.70"), valid_from=today(),
        valid_until=today(),
    )  # fmt: skip
    assert noted(FactKind.PHASE) == [
        ("new", "submitted"), ("working", "in_review"), ("waiting", "question"), ("working", "in_review"),
        ("decided", "granted"),
    ]  # fmt: skip
    assert noted(FactKind.QUESTION) == [("asked", ""), ("answered", "")]
    charge = Fact.objects.get(what=FactKind.CHARGE)
    assert (charge.amount, charge.service, charge.department) == (
        Decimal("30.70"), "bewohnerparkausweis", "strassenverkehr",
    )  # fmt: skip


def test_deliveries_say_how_they_ended(parking_case: Case, karla: User, aylin: User) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    delivery = factories.delivery_of(parking_case)
    rendering.render(delivery.letter_id)
    delivery.refresh_from_db()
    for _ in range(2):
        transitions.opened(delivery, by=aylin)
    transitions.opened(delivery, by=karla)
    assert noted(FactKind.DELIVERY) == [("retrieved", "portal")]
    transitions.posted([delivery], on=today(), by=karla)
    assert noted(FactKind.DELIVERY)[1:] == [("posted_after_all", "portal")]


def test_steps_count_once_when_begun_and_once_when_they_hold(client: Any, aylin: User) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", {})
    path = f"/antraege/entwurf/{draft.pk}/schritt/person/"
    client.as_(aylin)
    person = {**factories.PERSON, "birth_date": "14.03.1988"}
    for data in ({"family_name": ""}, {"family_name": ""}, person, person):
        client.post(path, data)
    assert noted(FactKind.STEP) == [("started", "person"), ("submitted", "person")]


def test_a_fact_leads_to_no_case_and_no_person_and_knows_no_minute(parking_case: Case, aylin: User) -> None:
    assert not [field for field in Fact._meta.get_fields() if field.is_relation]
    fact = Fact.objects.get()
    assert fact.hour is not None
    assert (fact.hour.minute, fact.hour.second, fact.hour.microsecond) == (0, 0, 0)
    texts = [f.name for f in Fact._meta.get_fields() if isinstance(f, models.CharField)]
    told = " ".join(str(getattr(fact, name)) for name in texts)
    for secret in (parking_case.reference, str(parking_case.pk), aylin.email, "WOB", "Goethe", "Aylin"):
        assert secret not in told


def test_facts_survive_the_case_and_are_coarsened_when_the_month_is_over(parking_case: Case) -> None:
    parking_case.delete()
    assert close_months() == 0
    month = today().replace(day=1)
    with time_machine.travel(dt.datetime.combine(month + dt.timedelta(days=32), dt.time(3, 17), BERLIN)):
        assert close_months() == 1
        assert close_months() == 0
    fact = Fact.objects.get()
    assert (fact.hour, fact.month) == (None, month)


def test_count_of_the_cases_agrees_with_the_facts(
    aylin: User, karla: User, piotr: User, parking_case: Case, dog_case: Case, contact_case: Case
) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    applications.decide(dog_case, outcome=Status.ASSESSED, reasons="", by=piotr)
    assert recount(today()) == []
    call_command("recount_facts", f"{today():%Y-%m}")
    Fact.objects.filter(outcome="decided", service="bewohnerparkausweis").delete()
    assert recount(today()) == ["decided application bewohnerparkausweis: 1 cases, 0 facts"]
    with pytest.raises(CommandError, match="1 cases, 0 facts"):
        call_command("recount_facts")
    with pytest.raises(CommandError, match="2026-11"):
        call_command("recount_facts", "gestern")


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        # A Tuesday.
        ((2026, 11, 24, 9), (2026, 11, 24, 12), 3), ((2026, 11, 24, 7), (2026, 11, 24, 20), 8),
        ((2026, 11, 24, 15), (2026, 11, 25, 9), 2), ((2026, 11, 24, 16), (2026, 11, 25, 8), 0),
        # Over a weekend; over Christmas; across the change of the clocks; backwards.
        ((2026, 11, 27, 15), (2026, 11, 30, 9), 2), ((2026, 12, 24, 15), (2026, 12, 28, 9), 2),
        ((2026, 3, 27, 8), (2026, 3, 30, 16), 16), ((2026, 11, 25, 9), (2026, 11, 24, 9), 0),
    ],
)  # fmt: skip
def test_only_hours_in_which_the_city_works_count(begin: Any, end: Any, hours: int) -> None:
    assert working_hours(dt.datetime(*begin, tzinfo=BERLIN), dt.datetime(*end, tzinfo=BERLIN)) == hours
