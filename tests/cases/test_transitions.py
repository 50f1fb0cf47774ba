"""The spine's verbs: who may work on a case, who gets it, what closes it, and what nobody may do to it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.erasure import close_account
from apps.accounts.models import Department, Membership, Role, User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import consents
from apps.cases import transitions as verbs
from apps.cases.addressee import addressee_of, addressees_of
from apps.cases.models import Case, Party, PartyContact
from apps.cases.states import PartyRole, Way
from apps.core import emails
from apps.core.business_calendar import today
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.transitions import Phase, TransitionConflict, TransitionError
from apps.notices import transitions as notices
from apps.notices.models import Letter, LetterAttempt
from apps.notices.states import NoticeStatus
from tests import factories


@pytest.fixture
def own_case(karla: User) -> Case:
    """An application that a clerk has filed for herself, in her own department."""
    return factories.parking_case(karla)


def tomorrow() -> dt.date:
    return today() + dt.timedelta(days=1)


# -- one's own case (§ 20 VwVfG, § 82 AO, § 16 SGB X) ------------------------------------------------------------


def test_own_case_is_not_among_those_one_works_on_and_is_among_those_of_others(
    own_case: Case, karla: User, henrike: User
) -> None:
    assert own_case not in Case.objects.worked_by(karla)
    assert own_case in Case.objects.worked_by(henrike)
    assert own_case in Case.objects.of(karla)


def test_own_case_is_neither_assigned_to_nor_decided_by_oneself(own_case: Case, karla: User, henrike: User) -> None:
    with pytest.raises(TransitionError, match="of their own"):
        verbs.assign(own_case, to=karla, by=henrike)
    with pytest.raises(TransitionError, match="of their own"):
        verbs.take(own_case, by=karla)
    with pytest.raises(TransitionError, match="of their own"):
        applications.decide(own_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    own_case.refresh_from_db()
    assert (own_case.assignee, own_case.is_open) == (None, True)


def test_case_captured_for_a_colleague_is_not_theirs_either(own_case: Case, karla: User, henrike: User) -> None:
    """Brought on paper: known by the address of e-mail."""
    Party.objects.filter(case=own_case).update(account=None)
    PartyContact.objects.filter(party__case=own_case).update(email=karla.email.upper())
    with pytest.raises(TransitionError, match="of their own"):
        verbs.assign(Case.objects.get(pk=own_case.pk), to=karla, by=henrike)
    assert own_case not in Case.objects.worked_by(karla)
    assert own_case in Case.objects.worked_by(henrike)


def test_colleague_whose_case_it_is_cannot_be_chosen(client: Any, own_case: Case, karla: User, henrike: User) -> None:
    form = client.as_(henrike).get(own_case.staff_url).content.decode()
    assert f'<option value="{henrike.pk}"' in form
    assert f'<option value="{karla.pk}"' not in form


# -- who works on it ---------------------------------------------------------------------------------------------


def test_closed_case_has_no_new_assignee_and_stays_where_it_is(parking_case: Case, karla: User, taxes: Any) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    with pytest.raises(TransitionError):
        verbs.assign(parking_case, to=karla, by=karla)
    with pytest.raises(TransitionError):
        verbs.hand_over(parking_case, department=taxes, reason="", by=karla)


def test_who_works_on_a_case_is_changed_only_as_it_was_read(
    parking_case: Case, karla: User, henrike: User, piotr: User, taxes: Department
) -> None:
    stale, staler = Case.objects.get(pk=parking_case.pk), Case.objects.get(pk=parking_case.pk)
    verbs.assign(parking_case, to=karla, by=karla)
    with pytest.raises(TransitionConflict):
        verbs.assign(stale, to=henrike, by=henrike)
    with pytest.raises(TransitionConflict):
        verbs.hand_over(staler, department=taxes, reason="", by=henrike)
    found = Case.objects.get(pk=parking_case.pk)
    assert (found.assignee, found.department_id) == (karla, parking_case.department_id)


def test_case_is_handed_over_only_to_where_somebody_sees_it(parking_case: Case, karla: User) -> None:
    empty = Department.objects.create(slug="leer", name_de="Leer", name_en="Empty")
    with pytest.raises(TransitionError, match="nobody there"):
        verbs.hand_over(parking_case, department=empty, reason="", by=karla)
    left = factories.staff("left@example.org", "Lea", "Weg", (Role.CLERK, empty))
    User.objects.filter(pk=left.pk).update(is_active=False)
    with pytest.raises(TransitionError, match="nobody there"):
        verbs.hand_over(parking_case, department=empty, reason="", by=karla)
    User.objects.filter(pk=left.pk).update(is_active=True)
    Membership.objects.filter(user=left).update(role=Role.HEAD)
    verbs.hand_over(parking_case, department=empty, reason="", by=karla)
    assert Case.objects.get(pk=parking_case.pk).department == empty


# -- questions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 0])
def test_question_is_not_due_before_anybody_could_answer(parking_case: Case, karla: User, days: int) -> None:
    verbs.take(parking_case, by=karla)
    with pytest.raises(TransitionError, match="in time"):
        verbs.ask(parking_case, body="Bitte das Foto.", due_on=today() + dt.timedelta(days=days), by=karla)
    assert not parking_case.messages.exists()


def test_question_that_nobody_answers_becomes_due(parking_case: Case, karla: User) -> None:
    verbs.take(parking_case, by=karla)
    verbs.ask(parking_case, body="Bitte das Foto.", due_on=tomorrow(), by=karla)
    assert parking_case not in Case.objects.worked_by(karla).due()
    # Asked until yesterday.
    Case.objects.filter(pk=parking_case.pk).update(act_by=today() - dt.timedelta(days=1))
    assert parking_case in Case.objects.worked_by(karla).due()
    Case.objects.filter(pk=parking_case.pk).update(act_by=today())
    assert parking_case not in Case.objects.worked_by(karla).due()


# -- decisions ---------------------------------------------------------------------------------------------------


def test_fee_is_not_negative(parking_case: Case, karla: User) -> None:
    with pytest.raises(TransitionError, match="negative"):
        applications.decide(
            parking_case, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal("-0.01"), valid_from=today(),
            valid_until=tomorrow(),
        )  # fmt: skip
    assert Case.objects.get(pk=parking_case.pk).is_open


def test_only_what_ends_a_case_has_an_end(aylin: User, karla: User) -> None:
    decided = factories.parking_case(aylin)
    applications.decide(decided, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    withdrawn = factories.parking_case(aylin)
    applications.withdraw(withdrawn, by=aylin)
    ends = {c.pk: (c.phase, c.decided_at is not None, c.closed_at is not None) for c in Case.objects.all()}
    # A decision may still be appealed: it is no end.
    assert ends == {decided.pk: (Phase.DECIDED, True, False), withdrawn.pk: (Phase.CLOSED, False, True)}


# -- delivery ----------------------------------------------------------------------------------------------------


def test_closing_an_account_sends_by_post_what_is_ones_own_and_leaves_others_alone(
    parking_case: Case, aylin: User, juergen: User
) -> None:
    joint = factories.joint_party(parking_case, juergen)
    consents.give(joint, language="de")
    others = factories.parking_case(juergen)
    close_account(aylin)
    assert [(found.principal.role, found.way) for found in addressees_of(parking_case)] == [
        (PartyRole.APPLICANT, Way.POST), (PartyRole.JOINT, Way.PORTAL),
    ]  # fmt: skip
    assert addressee_of(others).way == Way.PORTAL


def test_notice_and_mail_that_are_tried_again_begin_anew(parking_case: Case, karla: User) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    letter = factories.letter_of(parking_case)
    for _ in range(3):
        LetterAttempt.objects.create(letter=letter)
    Letter.objects.filter(pk=letter.pk).update(status=NoticeStatus.DEAD)
    letter.refresh_from_db()
    notices.retry(letter, by=karla)
    assert not letter.attempts.exists()
    mail = OutgoingEmail.objects.latest("created_at")
    OutgoingEmail.objects.filter(pk=mail.pk).update(status=EmailStatus.DEAD, attempts=12, last_error="x")
    mail.refresh_from_db()
    emails.retry(mail)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.last_error) == (EmailStatus.PENDING, 0, "")


# -- who is not free ---------------------------------------------------------------------------------------


def test_whoever_is_not_free_neither_sees_nor_gets_nor_decides_the_case_and_others_do(
    client: Any, karla: Any, henrike: Any, parking_case: Case
) -> None:
    verbs.take(parking_case, by=karla)
    act = f"{parking_case.staff_url}tun/recuse/"
    client.as_(karla)
    assert 'name="recuse-sure"' in client.get(parking_case.staff_url).content.decode()
    unsure = client.post(act, {"shown": karla.pk})
    assert unsure.status_code == 422
    assert "Bitte bestätigen Sie, dass Sie befangen sind." in unsure.content.decode()
    assert client.post(act, {"recuse-sure": "on"}).url == "/verwaltung/vorgaenge/"
    case = Case.objects.get(pk=parking_case.pk)
    assert case.assignee is None
    assert client.get(case.staff_url).status_code == 404
    assert client.get(f"{case.staff_url}entscheiden/").status_code == 404
    assert case.reference not in client.get("/verwaltung/vorgaenge/?liste=open").content.decode()
    for verb in (lambda: verbs.assign(case, to=karla, by=henrike), lambda: verbs.take(case, by=karla)):
        with pytest.raises(TransitionError):
            verb()
    with pytest.raises(TransitionError):
        applications.decide(case, outcome="rejected", reasons="Darum.", by=karla)
    page = client.as_(henrike).get(case.staff_url).content.decode()
    assert "Wegen Befangenheit abgegeben" in page
    assert case.reference in client.get("/verwaltung/vorgaenge/?liste=open").content.decode()
    verbs.take(case, by=henrike)


def test_nobody_is_recused_where_nobody_else_would_see_the_case(
    client: Any, karla: Any, henrike: Any, parking_case: Case
) -> None:
    verbs.recuse(parking_case, by=karla)
    answer = client.as_(henrike).post(f"{parking_case.staff_url}tun/recuse/", {"recuse-sure": "on"})
    assert "Außer Ihnen sieht diesen Vorgang hier niemand." in answer.content.decode()
    assert client.get(parking_case.staff_url).status_code == 200
