"""What has to agree is compared every day; what does not agree shows on a page and in the health check."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.models import Application
from apps.applications.states import Status
from apps.cases.models import Case, Party
from apps.cases.states import Way
from apps.core import plugs as core
from apps.core import reconciliation
from apps.core.models import PrivateFile, ReconciliationRun
from apps.core.retention import apply_retention
from apps.core.sockets import Reconciliation, reconciliations
from apps.core.tasks import reconcile, reconcile_daily, sweep
from apps.notices import copies, transitions
from apps.notices.models import AccessibleCopy, Delivery, Letter, LetterDocument, Notice
from tests import factories

PAGE = "/verwaltung/zustand/"
HEALTH = "/healthz/reconciliation/"
LONG_AGO = timezone.now() - dt.timedelta(days=30)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root@example.org", factories.PASSWORD)


@pytest.fixture
def decided(aylin: User, karla: User) -> Case:
    """A case that was decided long ago, its letter posted."""
    case = factories.parking_case(aylin)
    applications.decide(case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    delivery = factories.delivery_of(case)
    factories.finished(delivery.letter)
    transitions.posted([delivery], on=timezone.localdate(), by=karla)
    Letter.objects.update(created_at=LONG_AGO, done_at=LONG_AGO)
    PrivateFile.objects.update(created_at=LONG_AGO)
    return case


def found() -> dict[str, int]:
    """What a run finds, without the comparisons that find nothing."""
    run = reconciliation.ask_for_run()
    assert reconciliation.carry_out(run.pk)
    results = {result.key: result for result in run.results.all()}
    assert not [key for key, result in results.items() if result.failed]
    return {key: result.found for key, result in results.items() if result.found}


def file_of(row: PrivateFile) -> Path:
    return Path(row.content.storage.path(str(row.content.name)))


def test_what_agrees_is_found_to_agree(client: Any, decided: Case) -> None:
    assert client.get(HEALTH).json() == {"status": "late"}
    assert found() == {}
    answer = client.get(HEALTH)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_decision_without_notice_is_found(decided: Case) -> None:
    Notice.objects.all().delete()
    assert found() == {"decisions": 1}
    [result] = ReconciliationRun.objects.get().results.filter(key="decisions")
    assert result.examples == [decided.reference]


def test_a_notice_without_a_letter_is_none(decided: Case) -> None:
    Letter.objects.all().delete()
    assert found() == {"decisions": 1}


def test_a_decision_of_which_one_of_two_was_not_told_is_found(decided: Case) -> None:
    factories.joint_party(decided)
    assert found() == {"decisions": 1}


def test_who_gets_the_letter_of_another_was_told(decided: Case) -> None:
    Delivery.objects.get().also_to.add(factories.joint_party(decided))
    assert found() == {}


def test_the_copy_for_who_is_represented_is_no_notice(decided: Case) -> None:
    Delivery.objects.update(is_copy=True)
    assert found() == {"decisions": 1}


def test_one_letter_for_all_of_the_time_before_deliveries_is_none_too_few(decided: Case) -> None:
    notice, delivery = Notice.objects.get(), Delivery.objects.get()
    factories.joint_party(decided)
    Delivery.objects.filter(pk=delivery.pk).update(id=notice.pk)
    assert found() == {}


def test_who_represents_somebody_needs_no_notice_of_their_own(decided: Case) -> None:
    Party.objects.filter(pk=factories.joint_party(decided).pk).update(role="representative")
    assert found() == {}


@pytest.mark.parametrize("state", [{"returned_on": LONG_AGO.date()}, {"arrival": "never"}])
def test_what_reached_nobody_and_was_not_written_again_is_found(decided: Case, state: dict[str, Any]) -> None:
    Delivery.objects.update(posted_on=LONG_AGO.date(), **state)
    assert found() == {"deliveries": 1}


def test_a_file_that_goes_while_it_is_looked_at_is_no_difference(decided: Case) -> None:
    assert core._changed_at(Path("/nowhere")) > LONG_AGO.timestamp()


def test_a_decision_that_has_no_letter_needs_none(decided: Case) -> None:
    Notice.objects.all().delete()
    version = Application.objects.get(case=decided).form_version
    definition = version.definition | {"extra": version.definition["extra"] | {"letters": {}}}
    with pgtrigger.ignore():
        type(version).objects.filter(pk=version.pk).update(definition=definition)
    assert found() == {}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE notices_letterdocument SET content = set_byte(content, 100, get_byte(content, 100) # 1)",
        "UPDATE notices_letterdocument SET sha256 = repeat('0', 64)",
        "UPDATE notices_letter SET sha256 = repeat('0', 64)",
        "DELETE FROM notices_letterdocument",
        "UPDATE notices_letter SET status = 'dead', sha256 = '', done_at = NULL",
    ],
)
def test_a_document_that_is_not_the_one_that_was_issued_is_found(decided: Case, damage: str) -> None:
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(damage)
    assert found()["documents"] == 1


def test_letters_that_wait_are_found(decided: Case) -> None:
    factories.letter(decided)
    assert found() == {}
    Letter.objects.update(created_at=LONG_AGO)
    assert found() == {"letters_waiting": 1}


def test_copies_that_wait_are_found(decided: Case) -> None:
    delivery = factories.delivery_of(decided)
    copies.ask_for(delivery, "braille", party=delivery.party, by=None)
    assert found() == {}
    AccessibleCopy.objects.update(asked_at=LONG_AGO)
    assert found() == {"letters_waiting": 1}


SILENT: list[tuple[dict[str, Any], int]] = [
    ({"way": Way.POST}, 1),
    ({"way": Way.PORTAL}, 1),
    ({"way": Way.PORTAL, "notified_on": LONG_AGO.date()}, 0),
    ({"way": Way.PORTAL, "notified_on": LONG_AGO.date(), "available_until": LONG_AGO.date()}, 1),
    ({"way": Way.PORTAL, "notified_on": LONG_AGO.date(), "unreachable_at": LONG_AGO}, 1),
    ({"way": Way.PORTAL, "opened_at": LONG_AGO}, 0),
]


@pytest.mark.parametrize(("state", "count"), SILENT)
def test_a_delivery_of_which_nothing_says_that_it_went_out_is_found(
    decided: Case, state: dict[str, Any], count: int
) -> None:
    Delivery.objects.update(**{"posted_on": None, **state})
    assert found().get("deliveries", 0) == count
    Letter.objects.update(done_at=timezone.now())
    assert found() == {}


def test_a_file_without_row_and_a_row_without_file_are_found(decided: Case) -> None:
    row = PrivateFile.objects.earliest("created_at")
    path = file_of(row)
    stray = path.with_name("0" * 32)
    stray.write_bytes(b"x")
    assert found() == {}, "what is just being stored has no row yet"
    os.utime(stray, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    assert found() == {"files_without_rows": 1}
    stray.unlink()
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert found() == {"rows_without_files": 1}
    path.unlink()
    assert found() == {"rows_without_files": 1}
    path.write_bytes(content)
    assert found() == {}


def test_a_comparison_that_fails_keeps_no_other_waiting(
    client: Any, decided: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> list[str]:
        raise RuntimeError

    broken = Reconciliation("broken", "Kaputt", fails)
    monkeypatch.setattr(reconciliations, "_items", [broken, *reconciliations])
    run = reconciliation.ask_for_run()
    assert reconciliation.carry_out(run.pk)
    assert run.results.count() == len(list(reconciliations))
    assert client.get(HEALTH).json() == {"status": "failed"}


def test_many_differences_are_counted_and_some_are_named(decided: Case) -> None:
    for _ in range(reconciliation.EXAMPLES + 5):
        factories.letter(decided)
    Letter.objects.filter(document=None).update(created_at=LONG_AGO)
    assert found() == {"letters_waiting": reconciliation.EXAMPLES + 5}
    assert len(ReconciliationRun.objects.get().results.get(key="letters_waiting").examples) == reconciliation.EXAMPLES


def test_rows_are_read_in_batches(decided: Case) -> None:
    for _ in range(5):
        factories.letter(decided)
    assert len({letter.pk for letter in reconciliation.in_batches(Letter.objects.all(), 2)}) == 6


def test_a_run_is_made_once_and_asked_for_again_when_its_bell_is_lost(
    decided: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconcile_daily()
    reconcile_daily()
    run = ReconciliationRun.objects.get()
    rung: list[Any] = []
    monkeypatch.setattr("apps.core.bell.publish", lambda *said: rung.append(said))
    ReconciliationRun.objects.update(asked_at=LONG_AGO)
    sweep()
    assert (reconciliation.RECONCILE_TASK, run.pk) in rung
    reconcile(str(run.pk))
    assert not reconciliation.carry_out(run.pk)


def test_what_is_older_than_a_day_says_nothing_any_more(client: Any, decided: Case) -> None:
    assert found() == {}
    ReconciliationRun.objects.update(done_at=timezone.now() - reconciliation.OLDEST - dt.timedelta(minutes=1))
    answer = client.get(HEALTH)
    assert (answer.status_code, answer.json()) == (503, {"status": "late"})


def test_results_go_after_a_year(decided: Case) -> None:
    found()
    ReconciliationRun.objects.update(asked_at=timezone.now() - dt.timedelta(days=366))
    apply_retention()
    assert not ReconciliationRun.objects.exists()


def test_an_administrator_sees_what_differs_and_compares_again(client: Any, decided: Case, root: User) -> None:
    client.as_(root)
    assert "Noch kein Abgleich" in client.get(PAGE).content.decode()
    LetterDocument.objects.all().delete()
    found()
    page = client.get(PAGE).content.decode()
    assert "Nicht alles stimmt überein" in page
    assert f"{decided.reference} {factories.letter_of(decided).pk}" in page
    assert client.get(HEALTH).status_code == 503
    answer = client.post(PAGE, follow=True).content.decode()
    assert "Der Abgleich läuft" in answer
    assert "every 2s" in answer
    assert ReconciliationRun.objects.filter(done_at=None).count() == 1


def test_the_page_takes_as_many_queries_with_many_differences(
    client: Any, decided: Case, root: User, django_assert_num_queries: Any
) -> None:
    client.as_(root)
    found()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for _ in range(3):
        factories.letter(decided)
    Letter.objects.filter(document=None).update(created_at=LONG_AGO)
    found()
    with django_assert_num_queries(len(few)):
        client.get(PAGE)
