"""What is past its time is erased, files included; what is not is kept."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.erasure import close_account
from apps.accounts.models import AccountLink, User
from apps.applications import transitions as applications
from apps.applications.models import Application, Draft
from apps.appointments.booking.models import Wish
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.timetable.models import Counter
from apps.cases.models import AccessCode, Attachment, Case, Consent, Look, Message, Party, PartyContact, TimelineEntry
from apps.cases.states import Purpose
from apps.catalogue.models import Office
from apps.contact import transitions as contact
from apps.core import retention, uploads
from apps.core.models import Heartbeat, OutgoingEmail, PrivateFile, ReconciliationRun, RetentionRun
from apps.core.sockets import retention_rules
from apps.core.tasks import apply_retention as nightly_task
from apps.kita.facilities.models import FacilityImport
from apps.notices.models import LetterPreview
from tests import factories
from tests.core.test_locks import elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def apply_retention(django_capture_on_commit_callbacks: Any) -> Callable[[], dict[str, int]]:
    """The nightly job, with what it does after its commits."""

    def run() -> dict[str, int]:
        with django_capture_on_commit_callbacks(execute=True):
            return retention.apply_retention()

    return run


def ago(days: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def _email(when: dt.datetime) -> Any:
    return OutgoingEmail.objects.create(to_address="a@example.org", subject="s", body="b", purpose="p", created_at=when)


def _heartbeat(when: dt.datetime) -> Any:
    return Heartbeat.objects.create(name=f"sweep {when}"[:40], at=when)


def _run(when: dt.datetime) -> Any:
    return RetentionRun.objects.create(at=when, rule="emails", erased=3)


def _comparison(when: dt.datetime) -> Any:
    return ReconciliationRun.objects.create(asked_at=when, done_at=when)


def _kita_import(when: dt.datetime) -> Any:
    return FacilityImport.objects.create(content=b"kennung", uploaded_at=when)


def _draft(when: dt.datetime) -> Any:
    user = User.objects.filter(email="aylin@example.org").first()
    draft = factories.parking_draft(user or factories.citizen("aylin@example.org", "Aylin", "Özdemir-Groß"))
    Draft.objects.filter(pk=draft.pk).update(updated_at=when)
    return draft


def _ownerless_draft(when: dt.datetime) -> Any:
    draft = _draft(when)
    Draft.objects.filter(pk=draft.pk).update(owner=None, browser="a browser")
    return draft


def _filed() -> Case:
    user = User.objects.filter(email="aylin@example.org").first()
    case = factories.parking_case(user or factories.citizen("aylin@example.org", "Aylin", "Özdemir-Groß"))
    # The confirmation's own period is another rule's business.
    OutgoingEmail.objects.all().delete()
    return case


def _decided(when: dt.datetime) -> Any:
    case = _filed()
    applications.decide(case, outcome="rejected", reasons="Darum.", by=factories.clerk_of(case))
    Case.objects.filter(pk=case.pk).update(decided_at=when)
    return case


def _preview(when: dt.datetime) -> Any:
    case = _filed()
    return LetterPreview.objects.create(
        case=case, made_by=case.parties.get().account, typed={}, template="letter", created_at=when
    )


def _withdrawn(when: dt.datetime) -> Any:
    case = _filed()
    applications.withdraw(case, by=case.parties.get().account)
    Case.objects.filter(pk=case.pk).update(closed_at=when)
    return case


def _message(when: dt.datetime) -> Any:
    case = factories.contact_case()
    OutgoingEmail.objects.all().delete()
    contact.close(case, by=factories.clerk_of(case))
    Case.objects.filter(pk=case.pk).update(closed_at=when)
    return case


def _unverified(when: dt.datetime) -> Any:
    user = User.objects.create_user(f"neu-{when.timestamp()}@example.org", "ein langes Passwort 42", date_joined=when)
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    return user


def _orphan(when: dt.datetime) -> Any:
    file = uploads.store(uploads.check(factories.photo()))
    PrivateFile.objects.filter(pk=file.pk).update(created_at=when)
    return file


def _session(when: dt.datetime) -> Any:
    return Session.objects.create(session_key=f"key{when.timestamp()}"[:40], session_data="", expire_date=when)


def _admin_log(when: dt.datetime) -> Any:
    root = User.objects.create_superuser(f"root{when.timestamp()}@example.org", factories.PASSWORD)
    entry = LogEntry.objects.log_actions(root.pk, [root], ADDITION, change_message="x", single_object=True)
    LogEntry.objects.filter(pk=entry.pk).update(action_time=when)
    return entry


def _account_link(when: dt.datetime) -> Any:
    user, _made = User.objects.get_or_create(email="link@example.org", is_staff=True)
    return AccountLink.objects.create(
        kind="setup", user=user, token_hash=f"{when.timestamp():.0f}", created_at=when, expires_at=when
    )


def _sign_in(when: dt.datetime) -> Any:
    user, _made = User.objects.get_or_create(email="link@example.org", is_staff=True)
    return UserSession.objects.create(
        user=user, ip="203.0.113.9", user_agent="Firefox", session_key=f"{when.timestamp():.0f}", created_at=when
    )


def _ticket(when: dt.datetime) -> Any:
    office = Office.objects.first()
    return Ticket.objects.create(
        office=office, day=when.date(), number=1, source="desk", minutes=12, due_at=when, created_at=when
    )


def _shift(when: dt.datetime) -> Any:
    office = Office.objects.first()
    counter, _made = Counter.objects.get_or_create(office=office, name="Platz 1")
    user = factories.citizen(f"{when:%Y%m%d%H%M%S}@example.org", "Karla", "Brandes")
    return Shift.objects.create(counter=counter, user=user, began_at=when, ended_at=when)


def _wish(when: dt.datetime) -> Any:
    return Wish.objects.create(
        first_day=when.date(), last_day=when.date(), weekdays=[0], earliest="08:00", latest="12:00",
        status="ended", created_at=when, ended_at=when, email="zoe@example.org",
    )  # fmt: skip


def _clerk() -> User:
    return User.objects.filter(email="karla@example.org").first() or factories.citizen(
        "karla@example.org", "Karla", "B"
    )


def _look(when: dt.datetime) -> Any:
    case = _filed()
    return Look.objects.create(case=case, user=_clerk(), place=case.department.place, purpose=Purpose.CASE, at=when)


def _access_code(when: dt.datetime) -> Any:
    party = factories.joint_party(_filed())
    return AccessCode.objects.create(party=party, code_hash="x", made_by=_clerk(), expires_at=when)


# Rules whose time is no city's decision.
PERIODS = {**settings.RETENTION_DAYS, "orphaned_files": 1, "sessions": 0}
MAKERS: list[tuple[str, Callable[[dt.datetime], Any]]] = [
    ("emails", _email),
    ("orphaned_files", _orphan),
    ("sessions", _session),
    ("heartbeats", _heartbeat),
    ("retention_runs", _run),
    ("reconciliations", _comparison),
    ("kita_imports", _kita_import),
    ("drafts", _draft),
    ("ownerless_drafts", _ownerless_draft),
    ("applications", _decided),
    ("applications", _withdrawn),
    ("contact", _message),
    ("unverified_accounts", _unverified),
    ("admin_log", _admin_log),
    ("account_links", _account_link),
    ("session_list", _sign_in),
    ("tickets", _ticket),
    ("shifts", _shift),
    ("wishes", _wish),
    ("previews", _preview),
    ("looks", _look),
    ("access_codes", _access_code),
]


def test_every_rule_is_tried_here() -> None:
    keys = [rule.key for rule in retention_rules]
    assert len(set(keys)) == len(keys)
    # What is forgotten in place instead of deleted is tried beside its app (tests/appointments).
    assert set(keys) == {key for key, _maker in MAKERS} | {"bookings"} == set(PERIODS)
    assert all(rule.describe for rule in retention_rules)


@pytest.mark.parametrize(("key", "make"), MAKERS, ids=lambda x: x if isinstance(x, str) else x.__name__.strip("_"))
def test_past_is_erased_and_present_is_kept(apply_retention: Any, key: str, make: Callable[[dt.datetime], Any]) -> None:
    period = PERIODS[key]
    past, present = make(ago(period + 1)), make(ago(period - 1))
    erased = apply_retention()
    left = type(past).objects.filter(pk__in=[past.pk, present.pk])
    assert [row.pk for row in left] == [present.pk]
    assert erased[key] == 1
    assert sum(erased.values()) == 1


@pytest.mark.parametrize(("key", "make"), MAKERS, ids=lambda x: x if isinstance(x, str) else x.__name__.strip("_"))
def test_run_is_written_down_without_what_was_in_it(
    apply_retention: Any, key: str, make: Callable[[dt.datetime], Any]
) -> None:
    make(ago(PERIODS[key] + 1))
    before = timezone.now()
    apply_retention()
    run = RetentionRun.objects.get()
    assert (run.rule, run.erased) == (key, 1)
    assert before <= run.at <= timezone.now()
    assert {f.name for f in RetentionRun._meta.get_fields()} == {"id", "at", "rule", "erased"}


def test_rows_of_any_number_go_in_batches(apply_retention: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for number in range(10):
        _session(ago(1 + number))
    with CaptureQueriesContext(connection) as queries:
        erased = apply_retention()
    assert erased["sessions"] == 10
    assert not Session.objects.exists()
    deleted = [q["sql"] for q in queries if q["sql"].startswith('DELETE FROM "django_session"')]
    assert len(deleted) == 4


def test_night_with_nothing_to_erase_writes_nothing(
    apply_retention: Any, parking_case: Case, contact_case: Case
) -> None:
    assert set(apply_retention().values()) == {0}
    assert not RetentionRun.objects.exists()


def test_job_is_what_the_timetable_calls(monkeypatch: Any) -> None:
    _email(ago(1000))
    nightly_task()
    assert not OutgoingEmail.objects.exists()


def test_second_run_erases_nothing_more(apply_retention: Any) -> None:
    _draft(ago(1000))
    apply_retention()
    assert set(apply_retention().values()) == {0}


def test_bytes_of_an_old_drafts_files_are_gone(apply_retention: Any) -> None:
    old, kept = _draft(ago(1000)), _draft(ago(1))
    paths = [Path(draft.uploads.get().file.content.path) for draft in (old, kept)]
    assert all(path.exists() for path in paths)
    apply_retention()
    assert [path.exists() for path in paths] == [False, True]
    assert PrivateFile.objects.count() == 1


@pytest.mark.parametrize("make", [_decided, _withdrawn])
def test_bytes_of_an_old_cases_files_are_gone_with_everything_in_it(
    apply_retention: Any, make: Callable[[dt.datetime], Any]
) -> None:
    case = make(ago(10_000))
    path = Path(case.attachments.get().file.content.path)
    assert path.exists()
    apply_retention()
    assert not path.exists()
    for model in (Case, Application, Party, PartyContact, Consent, TimelineEntry, Message, Attachment, PrivateFile):
        assert not model.objects.exists(), model


def test_case_that_is_still_open_is_kept_however_old_it_is(
    apply_retention: Any, parking_case: Case, contact_case: Case
) -> None:
    Case.objects.update(submitted_at=ago(10_000))
    apply_retention()
    assert Case.objects.count() == 2


def test_message_that_was_answered_but_not_closed_is_kept(apply_retention: Any, karla: Any) -> None:
    case = factories.contact_case()
    contact.reply(case, body="Ja, im Frühjahr.", by=factories.clerk_of(case))
    Case.objects.update(submitted_at=ago(10_000))
    apply_retention()
    assert Case.objects.filter(pk=case.pk).exists()


def test_person_whose_case_is_erased_keeps_the_account(apply_retention: Any) -> None:
    owner = _decided(ago(10_000)).parties.get().account
    apply_retention()
    assert not Case.objects.exists()
    assert User.objects.filter(pk=owner.pk, is_active=True).exists()


def test_mail_is_forgotten_but_the_timeline_stays(apply_retention: Any, parking_case: Case) -> None:
    entries = parking_case.timeline.count()
    OutgoingEmail.objects.update(created_at=ago(1000))
    apply_retention()
    assert not OutgoingEmail.objects.exists()
    assert parking_case.timeline.count() == entries


@pytest.mark.parametrize(
    "keep",
    [
        {"is_staff": True},
        {"last_login": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_staff_and_whoever_has_signed_in_are_no_unverified_accounts(apply_retention: Any, keep: dict[str, Any]) -> None:
    user = _unverified(ago(1000))
    User.objects.filter(pk=user.pk).update(**keep)
    apply_retention()
    assert User.objects.filter(pk=user.pk).exists()


def test_confirmed_account_is_kept_even_if_a_second_address_is_not(apply_retention: Any, aylin: User) -> None:
    EmailAddress.objects.create(user=aylin, email="zweite@example.org", verified=False)
    User.objects.update(date_joined=ago(1000))
    apply_retention()
    assert User.objects.filter(pk=aylin.pk).exists()


def test_closed_account_with_a_case_is_kept_and_does_not_stop_the_job(
    apply_retention: Any, parking_case: Case, aylin: User
) -> None:
    close_account(aylin)
    User.objects.filter(pk=aylin.pk).update(date_joined=ago(1000), last_login=ago(900))
    past = _email(ago(1000))
    apply_retention()
    assert not OutgoingEmail.objects.filter(pk=past.pk).exists()
    assert Case.objects.of(aylin).exists()


def test_rule_with_which_the_connection_broke_leaves_the_others_another() -> None:
    def broken(_rows: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return 0

    def night() -> dict[str, int]:
        with mock.patch.object(retention_rules, "_items", [failing, working]):
            return retention.apply_retention()

    working = next(rule for rule in retention_rules if rule.key == "emails")
    failing = type(working)("broken", "kaputt", working.expired, broken)
    assert elsewhere(night) == {"emails": 0}


def test_rule_that_fails_does_not_keep_the_others_from_running(apply_retention: Any, monkeypatch: Any) -> None:
    """Nights go by before somebody reads the log; personal data must not wait for that."""
    past = _email(ago(1000))

    def broken(_rows: Any) -> int:
        raise RuntimeError("this rule has a fault")

    first, *_rest = retention_rules
    failing = type(first)("broken", "kaputt", first.expired, broken)
    monkeypatch.setattr(retention_rules, "_items", [failing, *retention_rules])
    try:
        apply_retention()
    except RuntimeError:
        pass
    assert not OutgoingEmail.objects.filter(pk=past.pk).exists()
