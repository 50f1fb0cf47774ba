"""A party connects an account by the code of a letter: once, for some days, after few tries, and nobody else does."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.cases import parties
from apps.cases.models import AccessCode, Case, Party
from apps.cases.states import Act, PartyRole
from apps.core.retention import apply_retention
from apps.core.transitions import TransitionError
from tests import factories

JOIN = "/mein-bereich/code/"


@pytest.fixture
def shared(parking_case: Case) -> Case:
    """Aylin's case with somebody who has no account."""
    factories.joint_party(parking_case)
    return parking_case


def joint(case: Case) -> Party:
    return case.parties.get(role=PartyRole.JOINT)


def test_clerk_makes_a_code_and_the_party_connects_with_it(
    client: Any, shared: Case, karla: User, juergen: User, aylin: User
) -> None:
    page = reverse("admin:party", args=[shared.reference, joint(shared).pk])
    shown = client.as_(karla).post(page, {"tun": "code"}, follow=True).content.decode()
    found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", shown)
    assert found
    assert found[0] not in client.get(page).content.decode(), "shown once"
    assert found[0].replace("-", "") not in str(AccessCode.objects.values())
    client.as_(juergen)
    assert client.get(shared.get_absolute_url()).status_code == 404
    assert "Code aus einem Brief eingeben" in client.get("/mein-bereich/").content.decode()
    # As people type it.
    typed = {"reference": shared.reference.lower().replace("-", " "), "code": found[0].lower().replace("-", " ")}
    answer = client.post(JOIN, typed)
    assert answer["Location"] == shared.get_absolute_url()
    assert joint(shared).account == juergen
    assert "Konto verbunden" in client.get(shared.get_absolute_url()).content.decode()
    assert "Konto verbunden" not in client.as_(aylin).get(shared.get_absolute_url()).content.decode()
    assert "Zugangscode erstellen" not in client.as_(karla).get(page).content.decode()


def test_code_works_once(shared: Case, karla: User, juergen: User) -> None:
    code = parties.make_code(joint(shared), by=karla)
    other = factories.citizen("zweite@example.org", "Zweite", "Person")
    assert parties.join(shared.reference, code, by=juergen) == shared
    assert parties.join(shared.reference, code, by=other) is None
    assert joint(shared).account == juergen


def test_code_expires_and_a_new_one_ends_the_one_before(shared: Case, karla: User, juergen: User) -> None:
    old = parties.make_code(joint(shared), by=karla)
    code = parties.make_code(joint(shared), by=karla)
    assert parties.join(shared.reference, old, by=juergen) is None
    with time_machine.travel(timezone.now() + dt.timedelta(days=parties.CODE_DAYS, seconds=1)):
        assert parties.join(shared.reference, code, by=juergen) is None
    assert parties.join(shared.reference, code, by=juergen) == shared


def test_five_wrong_codes_end_it(client: Any, shared: Case, karla: User, juergen: User) -> None:
    code = parties.make_code(joint(shared), by=karla)
    client.as_(juergen)
    for _ in range(5):
        wrong = client.post(JOIN, {"reference": shared.reference, "code": "AAAA-AAAA-AAAA"})
        assert wrong.status_code == 422
        assert "passen nicht zusammen" in wrong.content.decode()
    assert client.post(JOIN, {"reference": shared.reference, "code": code}).status_code == 422
    assert joint(shared).account is None


def test_code_fits_its_case_only(shared: Case, karla: User, juergen: User, aylin: User) -> None:
    other = factories.parking_case(aylin)
    factories.joint_party(other)
    parties.make_code(joint(other), by=karla)
    code = parties.make_code(joint(shared), by=karla)
    assert parties.join(other.reference, code, by=juergen) is None


@pytest.mark.parametrize("typed", [{"reference": "", "code": ""}, {"reference": "x" * 20, "code": "\u200b"}])
def test_what_is_missing_is_said(client: Any, juergen: User, typed: dict[str, str]) -> None:
    assert client.as_(juergen).post(JOIN, typed).status_code == 422


def test_tries_have_a_limit_by_the_hour(client: Any, juergen: User) -> None:
    client.as_(juergen)
    codes = [client.post(JOIN, {"reference": "K7M-3QF-9XA", "code": "x"}).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


def test_who_is_in_the_case_or_works_on_it_cannot_use_the_code(
    shared: Case, karla: User, henrike: User, aylin: User
) -> None:
    code = parties.make_code(joint(shared), by=karla)
    for user in (aylin, karla, henrike):
        assert parties.join(shared.reference, code, by=user) is None
    assert joint(shared).account is None


def test_party_with_an_account_gets_no_code(shared: Case, karla: User, aylin: User) -> None:
    with pytest.raises(TransitionError):
        parties.make_code(shared.parties.get(account=aylin), by=karla)


def test_making_a_code_is_the_offices_to_know(shared: Case, karla: User) -> None:
    parties.make_code(joint(shared), by=karla)
    assert not shared.timeline.get(act=Act.CODE_MADE).public


def test_codes_go_a_week_after_they_ended(shared: Case, karla: User) -> None:
    parties.make_code(joint(shared), by=karla)
    AccessCode.objects.update(expires_at=timezone.now() - dt.timedelta(days=8))
    apply_retention()
    assert not AccessCode.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_type_the_code_at_once_one_is_connected(
    django_db_serialized_rollback: Any, aylin: User, karla: User
) -> None:
    case = factories.parking_case(aylin)
    factories.joint_party(case)
    code = parties.make_code(joint(case), by=karla)
    people = [factories.citizen(f"p{number}@example.org", "P", str(number)) for number in range(4)]
    results: list[Any] = []

    def work(user: User) -> None:
        try:
            results.append(parties.join(case.reference, code, by=user))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result for result in results if result is not None] == [case]
