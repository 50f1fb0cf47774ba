"""Rounds and criteria: which days count, which version holds, and what the public register says of them."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role
from apps.core.business_calendar import is_working_day
from apps.kita.allocation.matching import Market
from apps.kita.rules import loading
from apps.kita.rules.models import Criterion, Round
from apps.kita.rules.states import PRIORITY
from tests import factories, walk

pytestmark = pytest.mark.django_db
AUGUST = dt.date(2027, 8, 1)


def round_of(**changes: Any) -> Round:
    values: dict[str, Any] = {
        "first_start": AUGUST, "last_start": dt.date(2027, 10, 1), "registration_until": dt.date(2027, 2, 28),
        "evidence_until": dt.date(2027, 3, 15), "allocation_on": dt.date(2027, 4, 15),
    }  # fmt: skip
    return Round(**values | changes)


def criterion(
    key: str = "schicht", points: int = 10, valid_from: dt.date = dt.date(2026, 8, 1), **changes: Any
) -> Criterion:
    names = {"name_de": f"Grund {key}", "name_en": f"Reason {key}", "resolution": "V 1/2026"}
    return Criterion.objects.create(key=key, points=points, valid_from=valid_from, **names | changes)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (dt.date(2027, 2, 28), dt.date(2027, 3, 1)),  # a Sunday
        (dt.date(2026, 2, 28), dt.date(2026, 3, 2)),  # a Saturday
        (dt.date(2028, 2, 28), dt.date(2028, 2, 28)),  # a Monday
        (dt.date(2027, 10, 31), dt.date(2027, 11, 1)),  # Reformation Day, on a Sunday
        (dt.date(2026, 4, 3), dt.date(2026, 4, 7)),  # Good Friday, then Easter Monday
        (dt.date(2026, 12, 31), dt.date(2026, 12, 31)),  # a working day
    ],
)
def test_a_deadline_on_no_working_day_is_the_next_one(given: dt.date, expected: dt.date) -> None:
    assert round_of(registration_until=given).registration_ends == expected
    assert round_of(evidence_until=given).evidence_ends == expected
    assert is_working_day(expected)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2027-02-28T23:59:59+01:00", True), ("2027-03-01T23:59:59+01:00", True), ("2027-03-02T00:00:00+01:00", False),
        ("2027-03-01T23:30:00+00:00", False), ("2027-03-01T22:59:59+00:00", True),
    ],
)  # fmt: skip
def test_the_last_day_ends_at_midnight_in_wolfsburg(moment: str, is_open: bool) -> None:
    assert round_of().is_open(dt.datetime.fromisoformat(moment)) == is_open


def test_each_month_has_its_round() -> None:
    first = round_of()
    first.save()
    second = round_of(
        first_start=dt.date(2027, 11, 1), last_start=dt.date(2028, 1, 1), registration_until=dt.date(2027, 6, 30),
        evidence_until=dt.date(2027, 7, 10), allocation_on=dt.date(2027, 8, 1),
    )  # fmt: skip
    second.save()
    assert [Round.objects.of_start(month).get() for month in (AUGUST, dt.date(2027, 10, 1))] == [first, first]
    assert Round.objects.of_start(dt.date(2028, 1, 1)).get() == second
    assert not Round.objects.of_start(dt.date(2028, 2, 1)).exists()
    assert list(Round.objects.to_come(dt.date(2027, 5, 1))) == [second]


def test_no_month_is_in_two_rounds() -> None:
    round_of().save()
    again = round_of(first_start=dt.date(2027, 10, 1), last_start=dt.date(2027, 12, 1))
    with pytest.raises(ValidationError, match="schon eine Runde"):
        again.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_start": dt.date(2027, 8, 2)}, "first_start"),
        ({"last_start": dt.date(2027, 7, 1)}, "last_start"),
        ({"evidence_until": dt.date(2027, 2, 1)}, "evidence_until"),
        ({"allocation_on": dt.date(2027, 3, 1)}, "allocation_on"),
        ({"allocation_on": dt.date(2027, 9, 1)}, "first_start"),
    ],
)
def test_days_that_are_not_in_order_are_said_at_their_field(changes: dict[str, Any], field: str) -> None:
    wrong = round_of(**changes)
    with pytest.raises(ValidationError) as error:
        wrong.full_clean()
    assert field in error.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.save()


def test_the_version_in_force_counts_and_none_is_changed() -> None:
    old = criterion(points=10)
    new = criterion(points=20, valid_from=dt.date(2027, 8, 1))
    other = criterion("ortschaft", 15)
    assert list(Criterion.objects.valid_on(dt.date(2027, 7, 31))) == [other, old]
    assert list(Criterion.objects.valid_on(dt.date(2027, 8, 1))) == [new, other]
    assert not Criterion.objects.valid_on(dt.date(2026, 7, 31)).exists()
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Criterion.objects.filter(pk=old.pk).update(points=99)


def test_no_points_end_a_criterion() -> None:
    criterion(points=10)
    criterion(points=0, valid_from=dt.date(2027, 8, 1))
    assert not Criterion.objects.valid_on(dt.date(2027, 8, 1)).exists()


def test_the_register_says_what_is_configured(client: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-11-28T12:00:00+01:00")
    round_of().save()
    criterion(evidence_de="Bescheinigung des Arbeitgebers", family="arbeit", explanation_de="Auch nachts.")
    criterion(points=25, valid_from=dt.date(2027, 8, 1))
    criterion("ortschaft", 15, basis="district")
    criterion("ortschaft", 0, dt.date(2028, 8, 1))
    shown = text(client.get("/kitas/regeln/"))
    for said in (
        "August 2027 – Oktober 2027", "Montag, 1. März 2027", "Eigentlich Sonntag, 28. Februar 2027", "Donnerstag, 15. April 2027",
        "das ältere Kind, dann das Los", "Grund schicht", "10 Punkte", "Auch nachts.", "Bescheinigung des Arbeitgebers",
        "1. August 2026, <span lang=\"de\">V 1/2026</span>", "Das Kind wohnt in der Ortschaft dieser Kita.", "keiner nötig",
        "Grund schicht: 25 Punkte ab 1. August 2027", "Grund ortschaft: entfällt ab 1. August 2028",
        "Es entscheiden Menschen.",
    ):  # fmt: skip
        assert said in shown, said
    english = text(client.get("/en/kitas/regeln/"))
    assert "Reason schicht" in english
    assert "Grund schicht" not in english


def test_days_are_compared_as_they_count() -> None:
    """Evidence until a Saturday counts until Monday: an allocation on Sunday would be before its end."""
    sunday = dt.date(2027, 2, 28)
    wrong = round_of(registration_until=dt.date(2027, 2, 27), evidence_until=dt.date(2027, 2, 27), allocation_on=sunday)
    with pytest.raises(ValidationError) as error:
        wrong.full_clean()
    assert "allocation_on" in error.value.message_dict


def test_criteria_that_exclude_each_other_name_each_other(client: Client) -> None:
    day = timezone.localdate()
    criterion("allein", 60, day, family="arbeit")
    criterion("beide", 50, day, family="arbeit")
    criterion("fern", 5, day, family="weg")
    shown = text(client.get("/kitas/regeln/"))
    assert shown.count("Zählt nicht zusammen mit") == 2
    assert "<dd> Grund beide. Es gelten die meisten Punkte. </dd>" in shown


def test_a_slip_that_has_not_begun_can_be_taken_back() -> None:
    from django.contrib.auth.models import Group

    person = factories.staff("olga@example.org", "Olga", "Ohm", (Role.CLERK, walk.department("jugend")))
    person.groups.add(Group.objects.get(name="Kita-Büro"))
    office, day = walk.browser(person), timezone.localdate()
    begun, coming = criterion("alt", 5, day), criterion("neu", 5, day + dt.timedelta(days=1))
    for one in (begun, coming):
        office.post(reverse("admin:kita_criterion_delete", args=[one.pk]), {"post": "yes"})
    assert list(Criterion.objects.all()) == [begun]


def test_a_round_whose_end_of_registration_is_over_says_so(client: Client, time_machine: Any) -> None:
    round_of().save()
    time_machine.move_to("2027-03-10T12:00:00+01:00")
    assert "vorbei:" in text(client.get("/kitas/regeln/"))


def test_a_change_is_in_the_register_at_once(client: Client) -> None:
    assert "keine Kriterien festgelegt" in text(client.get("/kitas/regeln/"))
    criterion(valid_from=timezone.localdate())
    assert "Grund schicht" in text(client.get("/kitas/regeln/"))


def test_what_decides_is_called_as_in_the_matching() -> None:
    """The sentences of the register, by the names that the matching gives its reasons, in its order."""
    names = ["holds", "points", "tie", "lottery"]
    assert list(PRIORITY) == names
    said = Market.criterion.__doc__ or ""
    assert [said.index(name) for name in names] == sorted(said.index(name) for name in names)


def test_examples_are_whole_years_of_rounds_and_say_that_they_are_none(client: Client) -> None:
    assert loading.load_examples() == 6
    assert loading.load_examples() == 6
    rounds = list(Round.objects.all())
    for made in rounds:
        made.full_clean()
    months = sum(
        (r.last_start.year - r.first_start.year) * 12 + r.last_start.month - r.first_start.month + 1 for r in rounds
    )
    assert months == 24
    assert {one.resolution for one in Criterion.objects.all()} == {loading.INVENTED}
    assert "Beispiel, kein Beschluss" in text(client.get("/kitas/regeln/"))


def test_the_office_adds_versions_and_changes_none() -> None:
    from django.contrib.auth.models import Group

    person = factories.staff("olga@example.org", "Olga", "Ohm", (Role.CLERK, walk.department("jugend")))
    person.groups.add(Group.objects.get(name="Kita-Büro"))
    office = walk.browser(person)
    path = reverse("admin:kita_criterion_add")
    data = {
        "key": "schicht", "name_de": "Schicht", "name_en": "Shifts", "points": "10", "basis": "declared",
        "resolution": "V 1/2026", "valid_from": "2026-08-01",
    }  # fmt: skip
    assert office.post(path, data).status_code == 302
    made = Criterion.objects.get()
    changed = office.post(reverse("admin:kita_criterion_change", args=[made.pk]), data | {"points": "99"})
    assert changed.status_code in (403, 404)
    # The same key from the same day is said.
    again = office.post(path, data)
    assert again.status_code == 200
    assert again.context["adminform"].form.errors
    assert Criterion.objects.get().points == 10


def test_no_kita_takes_the_address_of_the_register() -> None:
    from tests.kita.facilities.setting import kita

    made = kita("Kita Ahorn")
    made.slug = "regeln"
    with pytest.raises(ValidationError) as error:
        made.full_clean()
    assert "slug" in error.value.message_dict
