"""Filing, deciding, withdrawing."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.applications import drafts, transitions
from apps.applications.models import Draft
from apps.applications.states import Status
from apps.cases.models import Case
from apps.cases.states import Way
from apps.core.business_calendar import add_working_days, today
from apps.core.models import OutgoingEmail
from apps.core.transitions import TransitionError
from apps.formbuilder.models import FormVersion
from tests import factories


def test_submit_files_a_case_with_its_people_and_files(aylin: Any) -> None:
    case = factories.parking_case(aylin)
    party = case.parties.get()
    assert (party.given_name, party.family_name, party.account) == ("Aylin", "Özdemir-Groß", aylin)
    assert factories.contact_of(case).house_number == "12a"
    consent = party.consents.get()
    assert consent.is_given
    assert "Hier im Portal. Sie bekommen eine E-Mail, sobald er da ist." in consent.wording
    assert "einen Tag nach Ihrem Abruf" in consent.wording
    assert case.attachments.get().file.name == "zulassung.jpg"
    assert case.due_on == add_working_days(today(), 10)
    assert not Draft.objects.exists()
    assert "WOB AO 123" in str(case.application.answers)


def test_submit_without_upload_names_the_step_that_is_incomplete(aylin: Any) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.parking_answers())
    with pytest.raises(drafts.Incomplete) as caught:
        transitions.submit(draft, by=aylin, way=Way.POST)
    assert caught.value.step == "vehicle"
    assert not Case.objects.exists()


def test_submit_forgets_answers_whose_question_is_hidden(aylin: Any) -> None:
    draft = factories.parking_draft(aylin, old_permit="4711", kind="first")
    case = transitions.submit(draft, by=aylin, way=Way.POST)
    assert "old_permit" not in case.application.answers


@pytest.mark.django_db(transaction=True)
def test_submit_pressed_by_many_at_once_files_once(django_db_serialized_rollback: Any, aylin: Any) -> None:
    draft = factories.parking_draft(aylin)
    start = threading.Barrier(12)
    filed: list[Any] = []

    def press() -> None:
        try:
            mine = Draft.objects.get(pk=draft.pk)
            start.wait(10)
            filed.append(transitions.submit(mine, by=aylin, way=Way.POST).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(filed) == 12
    assert len(set(filed)) == 1
    assert Case.objects.count() == 1


def test_confirmation_mail_carries_no_personal_data(parking_case: Any) -> None:
    mail = OutgoingEmail.objects.get(purpose="application_received")
    text = mail.subject + mail.body
    assert parking_case.reference in text
    for secret in ("Aylin", "Özdemir", "WOB", "Goethe", "1988"):
        assert secret not in text


def test_decide_writes_decision_and_notice_together(parking_case: Any, karla: Any) -> None:
    transitions.decide(
        parking_case, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal("30.70"),
        valid_from=today(), valid_until=today(),
    )  # fmt: skip
    letter = factories.letter_of(parking_case)
    assert any("WOB AO 123" in line for line in letter.context["tenor"])
    assert any("30,70" in line for line in letter.context["tenor"])
    assert letter.context["remedy"].startswith("Gegen diesen Bescheid")
    assert parking_case.status == Status.GRANTED


def test_decide_twice_is_refused_and_leaves_one_notice(parking_case: Any, karla: Any) -> None:
    stale = Case.objects.get(pk=parking_case.pk)
    transitions.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    with pytest.raises(TransitionError):
        transitions.decide(stale, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal(0))
    assert parking_case.notices.count() == 1


def test_outcome_of_another_service_is_refused(parking_case: Any, karla: Any) -> None:
    with pytest.raises(TransitionError):
        transitions.decide(parking_case, outcome=Status.ASSESSED, reasons="", by=karla)


def test_withdraw_until_decided_and_not_after(parking_case: Any, dog_case: Any, aylin: Any, karla: Any) -> None:
    transitions.withdraw(dog_case, by=aylin)
    assert dog_case.status == Status.WITHDRAWN
    transitions.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    with pytest.raises(TransitionError):
        transitions.withdraw(parking_case, by=aylin)


def test_what_is_validated_is_what_is_filed(aylin: Any) -> None:
    """The row as it is when it is locked, its form's version included, whatever the caller had read before."""
    stale = factories.parking_draft(aylin)
    newer = FormVersion.objects.create(
        slug="bewohnerparkausweis",
        version=99,
        definition=stale.form_version.definition | {"title": {"de": "Neu", "en": "New"}},
    )
    Draft.objects.filter(pk=stale.pk).update(form_version=newer, answers=stale.answers | {"plate": "WOB NE 1"})
    case = transitions.submit(stale, by=aylin, way=Way.PORTAL)
    assert case.application.form_version == newer
    assert case.application.answers["plate"] == "WOB NE 1"
