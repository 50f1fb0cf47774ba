"""The one door for state."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from apps.accounts.models import Department
from apps.appointments.booking.states import WISHES
from apps.appointments.booking.states import WORKFLOW as BOOKINGS
from apps.appointments.reception.states import TICKETS
from apps.cases import kinds
from apps.cases.models import Case, TimelineEntry
from apps.cases.states import Act
from apps.core.models import EMAIL_WORKFLOW, EmailStatus, OutgoingEmail
from apps.core.transitions import Phase, TransitionConflict, TransitionError, Who, Workflow, by, move
from apps.notices.states import WORKFLOW as NOTICE_WORKFLOW
from tests import factories

WORKFLOWS = [
    *(kind.workflow for kind in kinds.all_kinds()),
    EMAIL_WORKFLOW,
    NOTICE_WORKFLOW,
    BOOKINGS,
    TICKETS,
    WISHES,
]


class Light(models.TextChoices):
    RED = "red"
    GREEN = "green"
    OFF = "off"


LIGHT = Workflow(
    "light",
    Light,
    {
        Light.RED: by(Who.STAFF, Light.GREEN),
        Light.GREEN: by((Who.STAFF, Who.PORTAL), Light.RED) | by(Who.PARTY, Light.OFF),
    },
)


def test_table_allows_what_it_has_and_nothing_else() -> None:
    allowed = {(old, new) for old in Light for new in Light if LIGHT.allows(old, new)}
    assert allowed == {("red", "green"), ("green", "red"), ("green", "off")}
    assert [who for who in Who if LIGHT.allows("green", "red", who)] == [Who.STAFF, Who.PORTAL]
    assert [who for who in Who if LIGHT.allows("green", "off", who)] == [Who.PARTY]
    assert not LIGHT.allows("blue", "red")
    assert not LIGHT.allows("red", "blue")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.name)
def test_every_table_names_only_statuses_that_exist(workflow: Workflow) -> None:
    named = set(workflow.moves) | {new for followers in workflow.moves.values() for new in followers}
    assert named <= set(workflow.states.values)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.name)
def test_every_status_of_a_case_has_a_phase_and_fits_its_column(workflow: Workflow) -> None:
    if workflow.phases is not None:
        assert set(workflow.phases) == set(workflow.states.values)
        assert set(workflow.phases.values()) <= set(Phase)
    assert all(len(status) <= 20 for status in workflow.states.values)


@pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda k: k.key)
def test_every_status_of_a_kind_has_a_sentence(kind: Any) -> None:
    assert set(kind.sentences) == set(kind.workflow.states.values)
    for status in (kind.working, kind.waiting, kind.resumed):
        assert status in kind.workflow.states.values


@pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda k: k.key)
def test_closed_statuses_are_final(kind: Any) -> None:
    closed = [s for s, phase in kind.workflow.phases.items() if phase == Phase.CLOSED]
    assert closed
    assert not any(kind.workflow.moves.get(status) for status in closed)


@pytest.fixture
def workflow(parking_case: Case) -> Workflow:
    return kinds.of(parking_case).workflow


def test_move_changes_status_phase_and_columns_at_once(parking_case: Case, workflow: Workflow, karla: Any) -> None:
    day = dt.date(2027, 1, 4)
    move(parking_case, workflow, "question", who=Who.STAFF, by=karla, changes={"act_by": day}, act=Act.ASKED)
    stored = Case.objects.get(pk=parking_case.pk)
    for case in (parking_case, stored):
        assert (case.status, case.phase, case.act_by) == ("question", Phase.WAITING, day)


def test_move_is_recorded_with_who_and_what(parking_case: Case, workflow: Workflow, karla: Any) -> None:
    move(parking_case, workflow, "in_review", who=Who.STAFF, by=karla, act=Act.TAKEN, remark="x")
    entry = parking_case.timeline.last()
    assert (entry.act, entry.actor, entry.public) == (Act.TAKEN, karla, True)
    assert entry.data == {"old": "submitted", "new": "in_review", "remark": "x"}
    assert abs(entry.at - timezone.now()) < dt.timedelta(minutes=1)


def test_move_by_a_link_has_no_actor(karla: Any) -> None:
    case = factories.contact_case()
    move(case, kinds.of(case).workflow, "answered", who=Who.STAFF, by=factories.clerk_of(case))
    move(case, kinds.of(case).workflow, "in_progress", who=Who.PARTY)
    assert case.timeline.last().actor is None


def test_move_that_the_table_does_not_have_changes_nothing(
    parking_case: Case, workflow: Workflow, karla: Any, aylin: Any
) -> None:
    entries = parking_case.timeline.count()
    move(parking_case, workflow, "withdrawn", who=Who.PARTY, by=aylin, changes={"closed_at": timezone.now()})
    with pytest.raises(TransitionError, match="withdrawn → in_review"):
        move(parking_case, workflow, "in_review", who=Who.STAFF, by=karla)
    assert Case.objects.get(pk=parking_case.pk).status == parking_case.status == "withdrawn"
    assert parking_case.timeline.count() == entries + 1


def test_move_of_a_stale_instance_is_a_conflict_and_leaves_no_trace(
    parking_case: Case, workflow: Workflow, karla: Any
) -> None:
    stale = Case.objects.get(pk=parking_case.pk)
    move(parking_case, workflow, "in_review", who=Who.STAFF, by=karla)
    entries = parking_case.timeline.count()
    with pytest.raises(TransitionConflict):
        move(stale, workflow, "question", who=Who.STAFF, by=karla, changes={"act_by": dt.date(2027, 1, 4)})
    assert (stale.status, stale.act_by) == ("submitted", None)
    assert parking_case.timeline.count() == entries
    fresh = Case.objects.get(pk=parking_case.pk)
    assert (fresh.status, fresh.phase, fresh.act_by) == ("in_review", Phase.WORKING, None)


def test_move_of_a_row_that_is_gone_is_a_conflict(db: None) -> None:
    email = OutgoingEmail.objects.create(to_address="a@example.org", subject="s", body="b", purpose="p")
    OutgoingEmail.objects.all().delete()
    with pytest.raises(TransitionConflict):
        move(email, EMAIL_WORKFLOW, EmailStatus.SENT, who=Who.PORTAL)


def test_move_whose_record_fails_is_undone(
    parking_case: Case, workflow: Workflow, monkeypatch: Any, karla: Any
) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("the timeline is full")

    monkeypatch.setattr(Case, "record_move", broken)
    with pytest.raises(RuntimeError):
        move(parking_case, workflow, "in_review", who=Who.STAFF, by=karla)
    assert Case.objects.get(pk=parking_case.pk).status == "submitted"


def test_conflict_message_names_no_person(parking_case: Case, workflow: Workflow, karla: Any) -> None:
    stale = Case.objects.get(pk=parking_case.pk)
    move(parking_case, workflow, "in_review", who=Who.STAFF, by=karla)
    with pytest.raises(TransitionConflict) as caught:
        move(stale, workflow, "question", who=Who.STAFF, by=karla)
    assert not re.search("aylin|özdemir|WOB", str(caught.value), re.IGNORECASE)


def test_timeline_entry_cannot_be_rewritten(parking_case: Case) -> None:
    with pytest.raises(Exception, match="Cannot update"):
        TimelineEntry.objects.filter(case=parking_case).update(act=Act.WITHDRAWN)


def test_a_phase_the_spine_does_not_know_is_refused_by_the_database(parking_case: Case, taxes: Department) -> None:
    with pytest.raises(Exception, match="case_phase_known"):
        Case.objects.filter(pk=parking_case.pk).update(phase="limbo")


def test_nobody_makes_a_move_that_is_for_others(parking_case: Case, workflow: Workflow, karla: Any, aylin: Any) -> None:
    for who, by_whom, status in (
        (Who.PARTY, aylin, "granted"), (Who.PORTAL, None, "granted"), (Who.STAFF, karla, "withdrawn"),
    ):  # fmt: skip
        with pytest.raises(TransitionError, match="not for them"):
            move(parking_case, workflow, status, who=who, by=by_whom)


def test_nobody_makes_a_move_as_what_they_are_not(
    parking_case: Case, workflow: Workflow, piotr: Any, juergen: Any
) -> None:
    for who, by_whom, status in (
        # A clerk of another department, a citizen, nobody; a stranger.
        (Who.STAFF, piotr, "in_review"), (Who.STAFF, juergen, "in_review"), (Who.STAFF, None, "in_review"),
        (Who.PARTY, juergen, "withdrawn"), (Who.PARTY, piotr, "withdrawn"), (Who.PARTY, None, "withdrawn"),
    ):  # fmt: skip
        with pytest.raises(TransitionError, match="not for them"):
            move(parking_case, workflow, status, who=who, by=by_whom)
    assert Case.objects.get(pk=parking_case.pk).status == "submitted"


STATUS_WRITTEN = re.compile(r"\.update\([^)]*\b(?:status|phase)=")


def test_no_status_is_written_past_the_door() -> None:
    found = [
        f"{path}: {match[0]}"
        for path in sorted(Path("apps").rglob("*.py"))
        if "migrations" not in path.parts and path != Path("apps/core/transitions.py")
        for match in STATUS_WRITTEN.finditer(path.read_text())
    ]
    assert not found, "\n".join(found)
