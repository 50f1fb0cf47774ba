"""A filled database of the time before parties had accounts and letters had deliveries is carried over, and back."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.portal_process import fresh_database

pytestmark = pytest.mark.xdist_group("migrations")
DUMP = Path(__file__).with_name("before_parties.json.gz")
ADDRESS = ("street", "house_number", "postcode", "city", "country", "email", "phone")


@pytest.fixture(scope="module")
def seen() -> Any:
    """The tables before, after, back and again (see carrying.py)."""
    with fresh_database("carried") as url:
        done = subprocess.run(
            [sys.executable, "-m", "tests.migrations.carrying", str(DUMP)], check=False, capture_output=True,
            text=True,
            env={**os.environ, "DATABASE_URL": url},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_every_case_stays_with_the_account_that_filed_it(seen: Any) -> None:
    parties = seen["after"]["cases_party"].values()
    accounts = {party["case_id"]: party["account_id"] for party in parties if party["account_id"] is not None}
    for number, case in seen["before"]["cases_case"].items():
        assert accounts.get(int(number)) == case["applicant_id"], number
    assert len(accounts) == len([p for p in parties if p["account_id"] is not None]), "one account for each case"


def test_addresses_and_consents_go_with_their_party(seen: Any) -> None:
    before, after = seen["before"], seen["after"]
    for number, party in before["cases_party"].items():
        contact = after["cases_partycontact"][number]
        if party["role"] == "joint":
            assert contact["street"] == "Goethestraße", "who was named without an address lives with the applicant"
        else:
            assert {c: contact[c] for c in ADDRESS} == {c: party[c] for c in ADDRESS}
        consent = after["cases_consent"].get(number)
        assert (consent["given_at"] if consent else None) == party["consent_at"], number
        if consent:
            assert (consent["withdrawn_at"] is None) == (party["delivery"] == "portal"), number


def test_representatives_receive_as_they_did(seen: Any) -> None:
    before, after = seen["before"], seen["after"]
    standing = {p["case_id"]: int(n) for n, p in before["cases_party"].items() if p["role"] == "representative"}
    assert len(standing) == 2
    for number, party in before["cases_party"].items():
        if party["case_id"] in standing and party["role"] != "representative":
            mandate = after["cases_mandate"][number]
            assert (mandate["representative_id"], mandate["receives"]) == (standing[party["case_id"]], True)
    # One of them had filed with an account of their own: the case stays with it.
    assert [after["cases_party"][str(p)]["account_id"] is not None for p in standing.values()].count(True) == 1


def test_letters_and_documents_are_the_same_byte_for_byte(seen: Any) -> None:
    before, after = seen["before"], seen["after"]
    assert {n: d["content"] for n, d in before["notices_noticedocument"].items()} == {
        n: d["content"] for n, d in after["notices_letterdocument"].items()
    }
    assert len(before["notices_noticeattempt"]) == len(after["notices_letterattempt"]) > 0
    assert len(before["notices_notice"]) == 8
    for number, old in before["notices_notice"].items():
        # The address of a document that somebody has kept leads to it.
        letter, delivery, notice = (after[t][number] for t in ("notices_letter", "notices_delivery", "notices_notice"))
        assert (letter["notice_id"], delivery["letter_id"]) == (number, number)
        for column in ("context", "status", "sha256", "next_try", "done_at", "template"):
            assert letter[column] == old[column], column
        for column in ("case_id", "number", "title", "result_de", "result_en", "decided_by_id", "created_at"):
            assert notice[column] == old[column], column
        for column in (
            "notification_id",
            "opened_at",
            "available_until",
            "unreachable_at",
            "posted_on",
            "posted_by_id",
        ):
            assert delivery[column] == old[column], column
        assert (delivery["way"], delivery["is_copy"]) == (old["delivery"], False)
        assert after["cases_party"][str(delivery["party_id"])]["case_id"] == old["case_id"]


def test_nothing_that_is_not_spoken_of_changes(seen: Any) -> None:
    for table in ("cases_timelineentry", "cases_attachment", "cases_message"):
        for number, row in seen["before"][table].items():
            assert seen["after"][table][number].items() >= row.items(), table
    # Where others are named, what was said before they could see anything stays with who filed.
    named = {p["case_id"] for p in seen["before"]["cases_party"].values() if p["role"] != "applicant"}
    for attachment in seen["after"]["cases_attachment"].values():
        assert (attachment["only_for"] is not None) == (attachment["case_id"] in named)


def test_the_way_back_gives_what_there_was(seen: Any) -> None:
    before, back = seen["before"], seen["back"]
    assert before.keys() == back.keys()
    for table in before.keys() - {"notices_letterpreview", "cases_party"}:
        assert back[table] == before[table], table
    for number, party in before["cases_party"].items():
        gained = {c for c in party if back["cases_party"][number][c] != party[c]}
        assert gained <= (set(ADDRESS) if party["role"] == "joint" else set()), number


def test_forward_again_comes_to_the_same(seen: Any) -> None:
    after, again = seen["after"], seen["again"]
    for table in after.keys() - {"cases_consent", "cases_mandate", "notices_letterpreview"}:
        assert again[table] == after[table], table
    assert len(again["cases_mandate"]) == len(after["cases_mandate"])
