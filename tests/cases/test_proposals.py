"""Acts that need more than one person: released by another of the staff, or agreed to by all parties."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.erasure import close_account
from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import acts, parties, proposals
from apps.cases.looks import by_office, reveal
from apps.cases.models import Case, Party, PartyContact, Proposal
from apps.cases.states import JoinedBy, PartyRole, ProposalStatus
from apps.core.models import OutgoingEmail
from apps.core.transitions import TransitionConflict, TransitionError, Who
from tests import factories

ACT_URL = "/mein-bereich/vorgaenge/{}/tun/withdraw/"


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def act(key: str) -> acts.CaseAct:
    found = acts.get(key)
    assert found is not None
    return found


def withdrawal(case: Case, by: User) -> Proposal:
    """Somebody's proposal to withdraw the application."""
    return proposals.propose(act("withdraw"), fresh(case), typed={}, by=by)


def test_every_act_says_whose_it_is_and_how_many_it_takes() -> None:
    for one in acts._acts.values():
        assert one.verb is None or one.page is None, one.key
        assert one.who in (Who.STAFF, Who.PARTY), one.key
        assert not (one.by_all and one.who == Who.STAFF), one.key
        assert not (one.released_by and one.who == Who.PARTY), one.key
        assert one.verb is None or one.done, f"{one.key}: nobody is told"


# -- parties -----------------------------------------------------------------------------------------------


def test_one_alone_withdraws_at_once(client: Any, parking_case: Case, aylin: User) -> None:
    page = client.as_(aylin).get(ACT_URL.format(parking_case.reference)).content.decode()
    assert "Ja, zurückziehen" in page
    client.post(ACT_URL.format(parking_case.reference))
    assert fresh(parking_case).status == Status.WITHDRAWN
    assert not Proposal.objects.exists()


def test_whoever_was_named_and_has_not_come_is_not_waited_for(parking_case: Case, aylin: User) -> None:
    factories.joint_party(parking_case)
    proposals.carry_out(act("withdraw"), fresh(parking_case), data={}, typed={}, by=aylin)
    assert fresh(parking_case).status == Status.WITHDRAWN


def test_two_withdraw_together(client: Any, both: Case, aylin: User, juergen: User) -> None:
    asked = client.as_(aylin).get(ACT_URL.format(both.reference)).content.decode()
    assert "Dem müssen alle Beteiligten zustimmen." in asked
    assert "Maria O’Neill" in asked
    client.post(ACT_URL.format(both.reference))
    assert fresh(both).status == Status.SUBMITTED
    assert OutgoingEmail.objects.get(purpose="case_proposal").to_address == juergen.email
    page = client.get(both.get_absolute_url()).content.decode()
    assert "Vorschlag zurücknehmen" in page
    assert ">Zustimmen<" not in page
    area = client.as_(juergen).get("/mein-bereich/").content.decode()
    assert "Ihre Zustimmung fehlt" in area
    assert "Sie müssen gerade nichts tun." not in area
    page = client.get(both.get_absolute_url()).content.decode()
    assert "Sie müssen jetzt nichts tun." not in area.split(both.reference)[0].split("Meine Vorgänge")[-1]
    assert "Das hat Aylin Özdemir-Groß am" in page
    url = reverse("portal:proposal", args=[both.reference, Proposal.objects.get().pk])
    client.post(url, {"act": "agree"})
    assert fresh(both).status == Status.WITHDRAWN
    assert Proposal.objects.get().settled_by == juergen


def test_the_second_says_no(client: Any, both: Case, aylin: User, juergen: User) -> None:
    proposal = withdrawal(both, juergen)
    url = reverse("portal:proposal", args=[both.reference, proposal.pk])
    client.as_(aylin).post(url, {"act": "refuse"})
    assert Proposal.objects.get().status == ProposalStatus.REFUSED
    assert "Vorschlag abgelehnt" in client.get(both.get_absolute_url()).content.decode()
    assert fresh(both).status == Status.SUBMITTED
    withdrawal(both, aylin)


def test_who_proposed_takes_it_back_and_nobody_refuses_their_own(both: Case, aylin: User) -> None:
    proposal = withdrawal(both, aylin)
    with pytest.raises(proposals.NotTheirOwn):
        proposals.refuse(proposal, reason="", by=aylin)
    with pytest.raises(TransitionError):
        proposals.agree(proposal, by=aylin)
    proposals.take_back(proposal, by=aylin)
    assert Proposal.objects.get().status == ProposalStatus.TAKEN_BACK
    with pytest.raises(TransitionError):
        proposals.take_back(proposal, by=aylin)


def test_strangers_see_and_settle_nothing(client: Any, both: Case, aylin: User, karla: User) -> None:
    proposal = withdrawal(both, aylin)
    stranger = factories.citizen("fremd@example.org", "Fremd", "Person")
    url = reverse("portal:proposal", args=[both.reference, proposal.pk])
    assert client.as_(stranger).post(url, {"act": "agree"}).status_code == 404
    for who in (stranger, karla):
        with pytest.raises(TransitionError):
            proposals.agree(proposal, by=who)
    assert not proposal.agreements.exclude(by=aylin).exists()


def test_a_mailed_link_does_not_let_agree_but_a_signature_does(
    client: Any, both: Case, aylin: User, juergen: User, karla: User
) -> None:
    Party.objects.filter(account=juergen).update(joined_by=JoinedBy.MAIL)
    proposal = withdrawal(both, aylin)
    url = reverse("portal:proposal", args=[both.reference, proposal.pk])
    answer = client.as_(juergen).post(url, {"act": "agree"}, follow=True)
    assert "Dafür brauchen wir einen Code" in answer.content.decode()
    assert fresh(both).status == Status.SUBMITTED
    desk = reverse("admin:proposal", args=[both.reference, proposal.pk])
    assert "Unterschrift von Maria O’Neill liegt vor" in client.as_(karla).get(both.staff_url).content.decode()
    client.post(desk, {"act": "signed", "party": "0"})
    assert fresh(both).status == Status.SUBMITTED
    client.post(desk, {"act": "signed", "party": both.parties.get(account=juergen).pk})
    assert fresh(both).status == Status.WITHDRAWN
    assert proposal.agreements.get(signature_seen_by=karla).by is None


def test_with_three_all_three_have_to_agree(both: Case, aylin: User, juergen: User) -> None:
    third = factories.citizen("dritte@example.org", "Dritte", "Person")
    factories.joint_party(both, third)
    proposal = withdrawal(both, aylin)
    assert not proposals.agree(proposal, by=juergen)
    assert fresh(both).status == Status.SUBMITTED
    assert proposals.agree(proposal, by=third) == "Ihr Antrag ist zurückgezogen."
    assert fresh(both).status == Status.WITHDRAWN


def test_a_representative_agrees_for_whom_they_represent(both: Case, aylin: User, juergen: User, karla: User) -> None:
    from apps.cases.transitions import new_party

    lawyer = factories.citizen("kanzlei@example.org", "Rosa", "Kanzlei")
    for party in both.parties.filter(account=juergen):
        parties.grant_mandate(
            party, new_party(account=lawyer, family_name="Kanzlei"), receives=False, valid_until=None, by=karla
        )
    proposal = withdrawal(both, aylin)
    assert proposals.agree(proposal, by=lawyer)
    assert fresh(both).status == Status.WITHDRAWN


def test_who_came_by_mail_proposes_refuses_and_agrees_to_nothing(
    client: Any, parking_case: Case, aylin: User, karla: User
) -> None:
    """Not for whom they represent either."""
    from apps.cases.transitions import new_party

    lawyer = factories.citizen("kanzlei@example.org", "Rosa", "Kanzlei")
    mandate = parties.grant_mandate(
        parking_case.parties.get(), new_party(account=lawyer, family_name="Kanzlei"), receives=False, valid_until=None,
        by=karla,
    )  # fmt: skip
    Party.objects.filter(pk=mandate.representative_id).update(joined_by=JoinedBy.MAIL)
    answer = client.as_(lawyer).post(ACT_URL.format(parking_case.reference), follow=True)
    assert "Dafür brauchen wir einen Code" in answer.content.decode()
    assert fresh(parking_case).status == Status.SUBMITTED
    factories.joint_party(parking_case, factories.citizen("zweite@example.org", "Zweite", "Person"))
    proposal = withdrawal(parking_case, aylin)
    for say in (lambda: proposals.agree(proposal, by=lawyer), lambda: proposals.refuse(proposal, reason="", by=lawyer)):
        with pytest.raises(TransitionError):
            say()


def test_a_mandate_that_ends_takes_its_proposals_along(both: Case, aylin: User, juergen: User, karla: User) -> None:
    from apps.cases.transitions import new_party

    lawyer = factories.citizen("kanzlei@example.org", "Rosa", "Kanzlei")
    own = both.parties.get(account=juergen)
    parties.grant_mandate(
        own, new_party(account=lawyer, family_name="Kanzlei"), receives=False, valid_until=None, by=karla
    )
    withdrawal(both, lawyer)
    parties.end_mandate(own, by=karla)
    assert Proposal.objects.get().status == ProposalStatus.LAPSED
    withdrawal(both, aylin)


def test_closing_the_account_takes_its_proposals_along(both: Case, aylin: User, juergen: User) -> None:
    proposal = withdrawal(both, juergen)
    close_account(juergen)
    assert Proposal.objects.get().status == ProposalStatus.LAPSED
    with pytest.raises(TransitionError):
        proposals.agree(proposal, by=aylin)


def test_nobody_is_mailed_without_end(both: Case, aylin: User) -> None:
    for _ in range(proposals.MOST_PROPOSALS):
        proposals.take_back(withdrawal(both, aylin), by=aylin)
    with pytest.raises(TransitionError):
        withdrawal(both, aylin)


def test_a_case_says_which_office_has_looked(client: Any, both: Case, aylin: User, karla: User, henrike: User) -> None:
    page = client.as_(aylin).get(both.get_absolute_url()).content.decode()
    assert "Wer hat hineingesehen?" not in page
    for clerk, times in ((karla, 2), (henrike, 1)):
        for _ in range(times):
            client.as_(clerk).get(both.staff_url)
    page = client.as_(aylin).get(both.get_absolute_url()).content.decode()
    assert "Straßenverkehrsbehörde (3-mal)" in " ".join(page.split())
    assert "Karla" not in page.split("Wer hat hineingesehen?")[1]
    reveal(both.parties.get(account=aylin), reason="Darum", by=karla)
    assert "(4-mal)" in client.get(both.get_absolute_url()).content.decode()
    assert [look.times for look in by_office(both, factories.citizen("x@example.org", "X", "Y"))] == [3]


def test_a_decision_overtakes_what_was_proposed(
    client: Any, both: Case, aylin: User, juergen: User, karla: User
) -> None:
    proposal = withdrawal(both, aylin)
    applications.decide(fresh(factories.heard(both)), outcome=Status.REJECTED, reasons="Darum.", by=karla)
    assert Proposal.objects.get().status == ProposalStatus.LAPSED
    with pytest.raises(TransitionError):
        proposals.agree(proposal, by=juergen)
    assert "zurückziehen" not in client.as_(juergen).get(both.get_absolute_url()).content.decode()


def test_the_same_is_proposed_once(both: Case, aylin: User, juergen: User) -> None:
    withdrawal(both, aylin)
    with pytest.raises(TransitionConflict):
        withdrawal(both, juergen)


# -- staff -------------------------------------------------------------------------------------------------


@pytest.fixture
def lifted(parking_case: Case, karla: User) -> Proposal:
    """Karla wants an Auskunftssperre to end."""
    party = parking_case.parties.get()
    parties.protect(party, by=karla)
    return proposals.propose(act("unprotect"), party, typed={"unprotect-reason": "Meldebehörde"}, by=karla)


def test_the_database_knows_that_nobody_releases_their_own(lifted: Proposal, karla: User) -> None:
    for status in (ProposalStatus.DONE, ProposalStatus.REFUSED):
        with pytest.raises(IntegrityError, match="proposal_released_by_another"), transaction.atomic():
            Proposal.objects.filter(pk=lifted.pk).update(status=status, settled_by=karla, settled_at=timezone.now())


def test_a_clerk_does_not_release_and_a_stranger_even_less(
    client: Any, lifted: Proposal, traffic: Any, piotr: User, aylin: User
) -> None:
    second = factories.staff("zweit@example.org", "Zoe", "Zweit", ("clerk", traffic))
    for who in (second, piotr, aylin):
        with pytest.raises(TransitionError):
            proposals.release(lifted, by=who)
    url = reverse("admin:proposal", args=[lifted.case.reference, lifted.pk])
    for who in (piotr, aylin):
        assert client.as_(who).post(url, {"act": "release"}).status_code == 404
    assert PartyContact.objects.get(party=lifted.party).protected


def test_a_head_who_proposes_needs_another_head(parking_case: Case, karla: User, henrike: User, traffic: Any) -> None:
    party = parking_case.parties.get()
    parties.protect(party, by=karla)
    own = proposals.propose(act("unprotect"), party, typed={"unprotect-reason": "Darum"}, by=henrike)
    with pytest.raises(proposals.NotTheirOwn):
        proposals.release(own, by=henrike)
    other = factories.staff("leitung2@example.org", "Lia", "Zwei", ("head", traffic))
    assert proposals.release(own, by=other) == "Die Auskunftssperre ist aufgehoben."
    assert not PartyContact.objects.get(party=party).protected
    entry = parking_case.timeline.get(act="released")
    assert (entry.actor, entry.public) == (other, False)


def test_a_head_refuses(lifted: Proposal, henrike: User) -> None:
    proposals.refuse(lifted, reason="Nicht belegt.", by=henrike)
    found = Proposal.objects.get()
    assert (found.status, found.reason, found.settled_by) == (ProposalStatus.REFUSED, "Nicht belegt.", henrike)
    assert PartyContact.objects.get(party=lifted.party).protected


def test_what_holds_no_more_is_not_released(lifted: Proposal, henrike: User) -> None:
    PartyContact.objects.filter(party=lifted.party).update(protected=False)
    with pytest.raises(TransitionError):
        proposals.release(lifted, by=henrike)
    assert Proposal.objects.get().status == ProposalStatus.OPEN


def test_a_refusal_needs_a_reason_which_becomes_a_note(
    client: Any, lifted: Proposal, henrike: User, karla: User
) -> None:
    url = reverse("admin:proposal", args=[lifted.case.reference, lifted.pk])
    client.as_(henrike)
    for reason in ("", "\x00", "zu lang " * 100):
        refused = client.post(url, {"act": "refuse", "reason": reason})
        assert Proposal.objects.get().status == ProposalStatus.OPEN
        assert refused.status_code == 422
        assert reason.strip(" \x00") in refused.content.decode(), "what was typed stays"
    client.post(url, {"act": "refuse", "reason": "Nicht belegt."})
    assert Proposal.objects.get().status == ProposalStatus.REFUSED
    assert "Nicht belegt." in client.as_(karla).get(lifted.case.staff_url).content.decode()


def test_a_reason_for_what_was_taken_back_meanwhile_is_not_lost(client: Any, lifted: Proposal, henrike: User) -> None:
    proposals.take_back(lifted, by=lifted.proposed_by)
    url = reverse("admin:proposal", args=[lifted.case.reference, lifted.pk])
    refused = client.as_(henrike).post(url, {"act": "refuse", "reason": "Nicht belegt."})
    assert "Das hat sich inzwischen erledigt." in refused.content.decode()
    assert "Nicht belegt." in refused.content.decode()


def test_what_nobody_is_left_to_agree_to_is_not_waited_for(both: Case, aylin: User, karla: User) -> None:
    proposal = withdrawal(both, aylin)
    parties.is_no_party(both.parties.get(role=PartyRole.JOINT), reason="Falsch.", by=karla)
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.LAPSED
    proposals.carry_out(act("withdraw"), fresh(both), data={}, typed={}, by=aylin)
    assert fresh(both).status == Status.WITHDRAWN


def test_the_tile_is_for_who_may_release(client: Any, lifted: Proposal, henrike: User, traffic: Any) -> None:
    second = factories.staff("zweit@example.org", "Zoe", "Zweit", ("clerk", traffic))
    assert "Freizugeben" not in client.as_(second).get("/verwaltung/").content.decode()
    assert "Freizugeben" in client.as_(henrike).get("/verwaltung/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_have_the_last_word_at_once_one_has_it(
    django_db_serialized_rollback: Any, aylin: User, karla: User, traffic: Any
) -> None:
    case = factories.parking_case(aylin)
    party = case.parties.get()
    parties.protect(party, by=karla)
    proposal = proposals.propose(act("unprotect"), party, typed={"unprotect-reason": "Meldebehörde"}, by=karla)
    heads = [factories.staff(f"l{n}@example.org", "L", str(n), ("head", traffic)) for n in range(4)]
    results: list[str] = []

    def work(user: User, number: int) -> None:
        try:
            if number % 2:
                proposals.refuse(proposal, reason="", by=user)
                results.append("refused")
            else:
                proposals.release(proposal, by=user)
                results.append("released")
        except TransitionError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(user, number)) for number, user in enumerate(heads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1
    is_lifted = not PartyContact.objects.get(party__case=case, party__role=PartyRole.APPLICANT).protected
    assert is_lifted is (results == ["released"])
