"""A party comes to a case by a code on paper or a mailed link, with an account or without one: once, and nobody else does."""

import datetime as dt
import re
import threading
import time
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import invitations, parties
from apps.cases.models import ACCESS_TRIES, AccessCode, Case, Party, PartyContact
from apps.cases.states import Act, JoinedBy, PartyRole
from apps.core.emails import send
from apps.core.models import OutgoingEmail, PrivateFile
from apps.core.retention import apply_retention
from apps.core.transitions import TransitionError
from apps.notices.models import Delivery
from tests import factories

JOIN = "/code/"
# As a browser sends what stands in a hidden field.
SEEN = "Am Markt 3\r\n38100 Braunschweig"


@pytest.fixture
def shared(parking_case: Case) -> Case:
    """Aylin's case with somebody who has no account."""
    factories.checked(factories.joint_party(parking_case))
    return parking_case


def by_code(case: Case, code: str, user: User) -> Case | None:
    """Type a code and connect an account; None where it does not fit or is not for them."""
    token = invitations.typed(case.reference, code)
    invitation = invitations.opened(token) if token else None
    if invitation is None:
        return None
    try:
        return invitations.join(invitation, by=user)
    except TransitionError:
        return None


def mailed(case: Case, clerk: User, address: str = "maria@example.org") -> str:
    """Invite by mail; the path of the link."""
    invitations.invite(joint(case), email=address, by=clerk)
    found = re.search(
        r"(/einladung/[^\s]+)", OutgoingEmail.objects.filter(to_address=address).latest("created_at").body
    )
    assert found
    return found[1]


def joint(case: Case) -> Party:
    return case.parties.get(role=PartyRole.JOINT)


def test_clerk_makes_a_code_and_the_party_connects_with_it(
    client: Any, shared: Case, karla: User, juergen: User, aylin: User
) -> None:
    page = reverse("admin:party", args=[shared.reference, joint(shared).pk])
    shown = client.as_(karla).post(page, {"act": "code"}, follow=True).content.decode()
    found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", shown)
    assert found
    assert found[0] not in client.get(page).content.decode(), "shown once"
    assert found[0].replace("-", "") not in str(AccessCode.objects.values())
    client.as_(juergen)
    assert client.get(shared.get_absolute_url()).status_code == 404
    assert "Code aus einem Brief eingeben" in client.get("/mein-bereich/").content.decode()
    # As people type it.
    typed = {"reference": shared.reference.lower().replace("-", " "), "code": found[0].lower().replace("-", " ")}
    page_of_invitation = client.post(JOIN, typed)["Location"]
    assert "Mit meinem Konto verbinden" in client.get(page_of_invitation).content.decode()
    answer = client.post(page_of_invitation, {"connect": "1"})
    assert answer["Location"] == shared.get_absolute_url()
    assert joint(shared).account == juergen
    assert "Konto verbunden" in client.get(shared.get_absolute_url()).content.decode()
    assert "Konto verbunden" not in client.as_(aylin).get(shared.get_absolute_url()).content.decode()
    assert joint(shared).joined_by == JoinedBy.CODE
    assert "Zugangscode erstellen" not in client.as_(karla).get(page).content.decode()


def test_code_works_once(shared: Case, karla: User, juergen: User) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    other = factories.citizen("zweite@example.org", "Zweite", "Person")
    assert by_code(shared, code, juergen) == shared
    assert by_code(shared, code, other) is None
    assert joint(shared).account == juergen


def test_code_expires_and_a_new_one_ends_the_one_before(shared: Case, karla: User, juergen: User) -> None:
    old = invitations.make_code(joint(shared), by=karla)
    code = invitations.make_code(joint(shared), by=karla)
    assert by_code(shared, old, juergen) is None
    with time_machine.travel(timezone.now() + dt.timedelta(days=invitations.CODE_DAYS, seconds=1)):
        assert by_code(shared, code, juergen) is None
    assert by_code(shared, code, juergen) == shared


def test_many_wrong_codes_end_it_and_the_office_learns_of_it(
    client: Any, shared: Case, karla: User, juergen: User
) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    client.as_(juergen)
    for _ in range(ACCESS_TRIES):
        cache.clear()
        wrong = client.post(JOIN, {"reference": shared.reference, "code": "AAAA-AAAA-AAAA"})
        assert wrong.status_code == 422
        assert "passen nicht zusammen" in wrong.content.decode()
    cache.clear()
    assert client.post(JOIN, {"reference": shared.reference, "code": code}).status_code == 422
    assert joint(shared).account is None
    assert not shared.timeline.get(act=Act.CODE_VOID).public


def test_code_fits_its_case_only(shared: Case, karla: User, juergen: User, aylin: User) -> None:
    other = factories.parking_case(aylin)
    factories.checked(factories.joint_party(other))
    invitations.make_code(joint(other), by=karla)
    code = invitations.make_code(joint(shared), by=karla)
    assert by_code(other, code, juergen) is None


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
    code = invitations.make_code(joint(shared), by=karla)
    for user in (aylin, karla, henrike):
        assert by_code(shared, code, user) is None
    assert joint(shared).account is None


def test_party_with_an_account_gets_no_code(shared: Case, karla: User, aylin: User) -> None:
    with pytest.raises(TransitionError):
        invitations.make_code(shared.parties.get(account=aylin), by=karla)


def test_making_a_code_is_the_offices_to_know(shared: Case, karla: User) -> None:
    invitations.make_code(joint(shared), by=karla)
    assert not shared.timeline.get(act=Act.CODE_MADE).public


def test_codes_go_a_week_after_they_ended(shared: Case, karla: User) -> None:
    invitations.make_code(joint(shared), by=karla)
    AccessCode.objects.update(expires_at=timezone.now() - dt.timedelta(days=8))
    apply_retention()
    assert not AccessCode.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_type_the_code_at_once_one_is_connected(
    django_db_serialized_rollback: Any, aylin: User, karla: User
) -> None:
    case = factories.parking_case(aylin)
    factories.checked(factories.joint_party(case))
    code = invitations.make_code(joint(case), by=karla)
    people = [factories.citizen(f"p{number}@example.org", "P", str(number)) for number in range(4)]
    results: list[Any] = []

    def work(user: User) -> None:
        try:
            results.append(by_code(case, code, user))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result for result in results if result is not None] == [case]


@pytest.mark.django_db(transaction=True)
def test_whoever_connects_and_whoever_answers_do_not_wait_for_each_other(
    django_db_serialized_rollback: Any, aylin: User, karla: User
) -> None:
    case = factories.parking_case(aylin)
    factories.checked(factories.joint_party(case))
    token = invitations.typed(case.reference, invitations.make_code(joint(case), by=karla))
    user = factories.citizen("p@example.org", "P", "Eins")
    results: list[Any] = []

    def work(verb: Any) -> None:
        found = invitations.opened(token or "")
        assert found is not None
        try:
            results.append(verb(found))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    verbs = [lambda found: invitations.join(found, by=user), lambda found: invitations.answer(found, body="Hallo.")]
    threads = [threading.Thread(target=work, args=(verb,)) for verb in verbs]
    with transaction.atomic():
        # Both come while somebody else has the case, the one that connects first.
        Case.objects.held(case.pk)
        for number, thread in enumerate(threads, start=1):
            thread.start()
            until_waiting(number)
    for thread in threads:
        thread.join()
    assert [type(result) for result in results].count(TransitionError) == 1, results
    assert not any(isinstance(result, DatabaseError) for result in results), results


def until_waiting(count: int) -> None:
    """Wait until so many of this database's connections wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Within a transaction the view shows what it showed first.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


# -- an address that nobody has checked, and one that is secret ------------------------------------------


def test_a_code_goes_to_an_address_that_the_office_has_checked(client: Any, parking_case: Case, karla: User) -> None:
    party = factories.joint_party(parking_case)
    page = reverse("admin:party", args=[parking_case.reference, party.pk])
    with pytest.raises(TransitionError):
        invitations.make_code(party, by=karla)
    client.as_(karla)
    assert "Zugangscode erstellen" not in client.get(page).content.decode()
    client.post(page, {"act": "check", "check-seen": "Woanders 1\n38440 Wolfsburg"})
    assert "Zugangscode erstellen" not in client.get(page).content.decode(), "another one by now"
    client.post(page, {"act": "check", "check-seen": SEEN})
    assert "Zugangscode erstellen" in client.get(page).content.decode()
    moved = {"act": "change", "change-street": "Neu", "change-house_number": "1", "change-postcode": "38440",
             "change-city": "Wolfsburg", "change-country": "DE"}  # fmt: skip
    client.post(page, moved)
    assert "noch nicht geprüft" in client.get(page).content.decode(), "another place is unknown again"
    assert "Zugangscode erstellen" not in client.get(page).content.decode()


def test_nothing_reaches_another_party_before_the_office_has_decided_what(
    client: Any, shared: Case, karla: User, aylin: User
) -> None:
    parties.protect(shared.parties.get(account=aylin), by=karla)
    page = reverse("admin:party", args=[shared.reference, joint(shared).pk])
    client.as_(karla)
    for typed in ({"act": "code"}, {"act": "invite", "invite-email": "maria@example.org"}):
        refused = client.post(page, typed).content.decode()
        assert "besteht eine Auskunftssperre. Bitte prüfen Sie das zuerst." in refused
    assert not AccessCode.objects.exists()
    client.post(page, {"act": "code", "code-decided": "on"})
    assert AccessCode.objects.count() == 1


# -- without an account -----------------------------------------------------------------------------------


def test_who_has_no_account_answers_with_the_code(
    client: Any, shared: Case, karla: User, aylin: User, juergen: User
) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    page = client.post(JOIN, {"reference": shared.reference, "code": code})["Location"]
    shown = client.get(page).content.decode()
    assert "Maria Yıldız" in shown
    assert "Aylin Özdemir-Groß" in shown
    assert "Goethestra" not in shown
    assert client.post(page, {"answer": "1", "body": ""}).status_code == 422
    answered = client.post(page, {"answer": "1", "body": "Das stimmt nicht.", "file": factories.photo("beleg.jpg")})
    assert "Ihre Antwort ist da" in answered.content.decode()
    message = shared.messages.get()
    assert (message.body, message.author, message.only_for) == ("Das stimmt nicht.", None, [joint(shared).pk])
    assert message.attachments.get().only_for == [joint(shared).pk]
    assert "Das stimmt nicht." not in client.as_(aylin).get(shared.get_absolute_url()).content.decode()
    assert "Das stimmt nicht." in client.as_(karla).get(shared.staff_url).content.decode()
    again = client.as_(None).post(page, {"answer": "1", "body": "Noch etwas."})
    assert again.status_code == 404, "once"
    assert by_code(shared, code, juergen) is None
    assert shared.messages.count() == 1


def test_a_refused_file_uses_nothing_up(client: Any, shared: Case, karla: User) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    page = client.post(JOIN, {"reference": shared.reference, "code": code})["Location"]
    bad = SimpleUploadedFile("böse.pdf", b"%PDF-1.7 nothing", "application/pdf")
    answer = client.post(page, {"answer": "1", "body": "Mein Text bleibt.", "file": bad})
    assert answer.status_code == 422
    assert "Mein Text bleibt." in answer.content.decode()
    assert AccessCode.objects.get().used_at is None
    assert not PrivateFile.objects.filter(attachment__case=shared, attachment__only_for=[joint(shared).pk]).exists()


def test_the_page_of_an_invitation_belongs_to_the_browser_that_opened_it(
    client: Any, shared: Case, karla: User
) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    page = client.post(JOIN, {"reference": shared.reference, "code": code})["Location"]
    client.cookies.clear()
    assert client.get(page).status_code == 404
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=invitations.GRANT_SECONDS + 1)):
        assert client.get(page).status_code == 404


# -- by mail ----------------------------------------------------------------------------------------------


def test_clerk_invites_by_mail_to_an_address_typed_anew(client: Any, shared: Case, karla: User, juergen: User) -> None:
    page = reverse("admin:party", args=[shared.reference, joint(shared).pk])
    PartyContact.objects.filter(party=joint(shared)).update(email="von-anderen@example.org")
    client.as_(karla)
    form = client.get(page).content.decode()
    assert 'name="invite-email" value=' not in form, "what one party says of another is not offered"
    client.post(page, {"act": "invite", "invite-email": "maria@example.org"})
    mail = OutgoingEmail.objects.get(purpose="case_invitation")
    assert mail.to_address == "maria@example.org"
    assert "Özdemir" not in mail.body
    assert shared.title_de not in mail.body
    link = re.search(r"(/einladung/[^\s]+)", mail.body)
    assert link
    assert link[1].split("/")[2] not in str(AccessCode.objects.values())
    client.as_(juergen).post(client.get(link[1]).request["PATH_INFO"], {"connect": "1"})
    assert (joint(shared).account, joint(shared).joined_by) == (juergen, JoinedBy.MAIL)


def test_a_mailed_link_works_once_and_for_thirty_days(client: Any, shared: Case, karla: User) -> None:
    link = mailed(shared, karla)
    with time_machine.travel(timezone.now() + dt.timedelta(days=invitations.CODE_DAYS, seconds=1)):
        assert client.get(link).status_code == 404
    page = client.get(link).request["PATH_INFO"]
    assert client.post(page, {"answer": "1", "body": "Hallo."}).status_code == 200
    assert client.get(link).status_code == 404


def test_a_new_invitation_ends_the_one_before_and_no_letter(client: Any, shared: Case, karla: User) -> None:
    first = mailed(shared, karla)
    code = invitations.make_code(joint(shared), by=karla)
    assert client.get(first).status_code == 200
    mailed(shared, karla)
    assert client.get(first).status_code == 404
    assert invitations.typed(shared.reference, code)


def test_the_link_is_not_kept_once_it_is_sent(shared: Case, karla: User) -> None:
    mailed(shared, karla)
    send(OutgoingEmail.objects.get(purpose="case_invitation").pk)
    assert OutgoingEmail.objects.get(purpose="case_invitation").body == ""


def test_a_code_outlives_a_change_of_the_key(shared: Case, karla: User, settings: Any) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "y" * 50
    assert invitations.typed(shared.reference, code)


def test_a_right_code_costs_nobody_a_try(shared: Case, karla: User) -> None:
    others = [factories.checked(factories.joint_party(shared)) for _ in range(2)]
    codes = [invitations.make_code(party, by=karla) for party in (shared.parties.get(pk=others[0].pk), others[1])]
    for _ in range(ACCESS_TRIES + 1):
        assert invitations.typed(shared.reference, codes[0])
    assert invitations.typed(shared.reference, codes[1])


def test_a_code_from_a_letter_takes_the_place_of_what_only_a_mail_has_connected(
    client: Any, shared: Case, karla: User, juergen: User
) -> None:
    page = client.as_(juergen).get(mailed(shared, karla)).request["PATH_INFO"]
    client.post(page, {"connect": "1"})
    assert joint(shared).joined_by == JoinedBy.MAIL
    code = invitations.make_code(joint(shared), by=karla)
    other = factories.citizen("echt@example.org", "Maria", "Yıldız")
    assert by_code(shared, code, other) == shared
    assert (joint(shared).account, joint(shared).joined_by) == (other, JoinedBy.CODE)
    assert not Case.objects.of(juergen).exists()


def test_who_came_by_mail_gets_no_letters_here_and_cannot_agree_to_get_them(
    client: Any, shared: Case, karla: User, juergen: User
) -> None:
    Party.objects.filter(pk=joint(shared).pk).update(account=juergen, joined_by=JoinedBy.MAIL)
    client.as_(juergen).post(reverse("portal:delivery", args=[shared.reference]), {"way": "portal"})
    assert not joint(shared).consents.exists()
    applications.decide(factories.heard(shared), outcome=Status.REJECTED, reasons="Nein.", by=karla)
    assert Delivery.objects.get(party=joint(shared)).way == "post"
    assert not Delivery.objects.to(juergen).exists()


def test_staff_do_not_answer_for_a_party(client: Any, shared: Case, karla: User) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    page = client.as_(karla).post(JOIN, {"reference": shared.reference, "code": code})["Location"]
    answer = client.post(page, {"answer": "1", "body": "Mein Text bleibt."})
    assert answer.status_code == 422
    assert "Mit diesem Konto geht das nicht" in answer.content.decode()
    assert "Mein Text bleibt." in answer.content.decode()
    assert not shared.messages.exists()


def test_the_link_of_a_representative_ends_with_the_mandate(client: Any, shared: Case, karla: User) -> None:
    from apps.cases.transitions import new_party

    principal = shared.parties.get(role=PartyRole.APPLICANT)
    mandate = parties.grant_mandate(
        principal, new_party(family_name="Kanzlei"), receives=False, valid_until=None, by=karla
    )
    invitations.invite(mandate.representative, email="kanzlei@example.org", by=karla)
    body = OutgoingEmail.objects.get(to_address="kanzlei@example.org").body
    link = re.search(r"(/einladung/[^\s]+)", body)
    assert link
    assert client.get(link[1]).status_code == 200
    parties.end_mandate(principal, by=karla)
    assert client.get(link[1]).status_code == 404


def test_what_was_sent_before_an_address_was_protected_opens_nothing(
    client: Any, shared: Case, karla: User, aylin: User
) -> None:
    link = mailed(shared, karla)
    parties.protect(shared.parties.get(account=aylin), by=karla)
    assert client.get(link).status_code == 404


def test_a_code_to_where_they_no_longer_live_opens_nothing(shared: Case, karla: User) -> None:
    code = invitations.make_code(joint(shared), by=karla)
    parties.change_contact(joint(shared), street="Neu", house_number="1", by=karla)
    assert invitations.typed(shared.reference, code) is None


def test_nobodys_mailbox_is_filled(shared: Case, karla: User) -> None:
    for _ in range(invitations.MOST_INVITATIONS):
        mailed(shared, karla)
    with pytest.raises(TransitionError):
        mailed(shared, karla)


def test_the_old_address_leads_on(client: Any) -> None:
    assert client.get("/mein-bereich/code/")["Location"] == JOIN
