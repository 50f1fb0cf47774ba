"""One letter for several: what each party says in its account, or signs; consent to the portal is tested with the area."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import translation

from apps.accounts.erasure import close_account
from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import consents, parties
from apps.cases.models import Case, Consent, Party
from apps.cases.states import ConsentTo, JoinedBy, PartyRole
from apps.cases.transitions import new_party
from apps.core.transitions import TransitionConflict, TransitionError
from tests import factories

ONE_LETTER = "/mein-bereich/vorgaenge/{}/tun/one_letter/"
OWN_LETTER = "/mein-bereich/vorgaenge/{}/tun/own_letter/"


@pytest.fixture
def dogs(dog_case: Case, juergen: User) -> Case:
    """Aylin's and Jürgen's dog: a tax, by whose law several may get one letter."""
    party = factories.joint_party(dog_case, juergen)
    Party.objects.filter(pk=party.pk).update(joined_by=JoinedBy.CODE)
    return dog_case


def test_each_agrees_to_one_letter_in_the_own_account(client: Any, dogs: Case, aylin: User, juergen: User) -> None:
    page = client.as_(aylin).get(dogs.get_absolute_url()).content.decode()
    assert "Ein Brief für alle" in page
    asked = client.get(ONE_LETTER.format(dogs.reference)).content.decode()
    assert "Auch Ihre Frist für einen Rechtsbehelf läuft dann" in asked
    done = client.post(ONE_LETTER.format(dogs.reference), follow=True).content.decode()
    assert "Die anderen müssen es auch sein." in done
    assert [party.account for party in consents.not_agreed_to_one_letter(dogs)] == [juergen]
    # What one says of one's own letters is in nobody else's timeline.
    assert "einverstanden" not in client.as_(juergen).get(dogs.get_absolute_url()).content.decode()
    client.post(ONE_LETTER.format(dogs.reference))
    assert not consents.not_agreed_to_one_letter(dogs)
    given = Consent.objects.given(ConsentTo.ONE_LETTER).get(party__account=juergen)
    assert given.signature_seen_by is None
    assert given.wording == str(consents.ONE_LETTER)
    client.post(OWN_LETTER.format(dogs.reference))
    assert [party.account for party in consents.who_want_their_own(dogs)] == [juergen]
    assert [party.account for party in consents.not_agreed_to_one_letter(dogs)] == [juergen]
    client.post(ONE_LETTER.format(dogs.reference))
    assert not consents.who_want_their_own(dogs)


def test_who_never_agreed_may_want_their_own_letter(client: Any, dogs: Case, juergen: User) -> None:
    """Spouses need not have agreed to anything to be written to together (§ 122 Abs. 7 AO)."""
    assert "Eigenen Brief verlangen" in client.as_(juergen).get(dogs.get_absolute_url()).content.decode()
    client.post(OWN_LETTER.format(dogs.reference))
    assert [party.account for party in consents.who_want_their_own(dogs)] == [juergen]
    page = client.get(dogs.get_absolute_url()).content.decode()
    assert "Eigenen Brief verlangen" not in page
    assert "Einen eigenen Brief verlangt" in page


def test_what_was_agreed_to_is_kept_as_it_was_read(client: Any, dogs: Case, aylin: User) -> None:
    client.as_(aylin).post(f"/en{ONE_LETTER.format(dogs.reference)}")
    with translation.override("en"):
        words = str(consents.ONE_LETTER)
    assert Consent.objects.given(ConsentTo.ONE_LETTER).get().wording == words
    with translation.override("de"):
        assert words != str(consents.ONE_LETTER)
    for way in ("post", "portal"):
        client.post(f"/en/mein-bereich/vorgaenge/{dogs.reference}/zustellung/", {"way": way})
    assert "We will email you" in Consent.objects.given(ConsentTo.PORTAL).get().wording


def test_a_mailed_link_does_not_agree_to_one_letter(client: Any, dogs: Case, juergen: User) -> None:
    Party.objects.filter(account=juergen).update(joined_by=JoinedBy.MAIL)
    answer = client.as_(juergen).post(ONE_LETTER.format(dogs.reference), follow=True)
    assert "Dafür brauchen wir einen Code" in answer.content.decode()
    with pytest.raises(TransitionError):
        consents.agree_to_one_letter(dogs.parties.get(account=juergen), by=juergen)
    assert not Consent.objects.given(ConsentTo.ONE_LETTER).exists()


def test_the_office_notes_a_signature_and_strikes_it_again(client: Any, dogs: Case, piotr: User) -> None:
    party = dogs.parties.get(role=PartyRole.JOINT)
    url = reverse("admin:party", args=[dogs.reference, party.pk])
    # One press is not enough: the signature has to be there.
    page = client.as_(piotr).post(url, {"act": "one_letter_signed"}).content.decode()
    assert "Bitte bestätigen Sie, dass Ihnen die Unterschrift vorliegt." in page
    assert not Consent.objects.given(ConsentTo.ONE_LETTER).exists()
    client.post(url, {"act": "one_letter_signed", "one_letter_signed-seen": "on"})
    page = client.get(url).content.decode()
    assert "Einverstanden seit" in page
    assert "Unterschrift gesehen" in page
    client.post(url, {"act": "strike_signature"})
    assert "Einverstanden seit" not in client.get(url).content.decode()
    assert consents.who_want_their_own(dogs) == [], "a mistake is no demand"
    client.post(url, {"act": "own_letter_wanted"})
    assert consents.who_want_their_own(dogs) == [party]
    # What somebody has said in their own account is no mistake of the office.
    consents.agree_to_one_letter(party, by=User.objects.get(email="juergen@example.org"))
    assert "Einverständnis war ein Irrtum" not in client.get(url).content.decode()
    with pytest.raises(TransitionConflict):
        consents.strike_signature(party, by=piotr)


def test_staff_note_nothing_for_whom_they_may_not_see(client: Any, dogs: Case, piotr: User) -> None:
    party = dogs.parties.get(role=PartyRole.JOINT)
    parties.protect(party, by=piotr)
    url = reverse("admin:party", args=[dogs.reference, party.pk])
    for act in ("one_letter_signed", "own_letter_wanted"):
        client.as_(piotr).post(url, {"act": act, "one_letter_signed-seen": "on"})
    assert not Consent.objects.exclude(to=ConsentTo.PORTAL).exists()


@pytest.mark.parametrize("alone", [True, False])
def test_nobody_is_asked_where_one_has_filed_alone_or_no_tax_is_concerned(
    client: Any, dog_case: Case, both: Case, aylin: User, alone: bool
) -> None:
    """Only the law of taxes lets several be written to together."""
    case = dog_case if alone else both
    assert "Ein Brief für alle" not in client.as_(aylin).get(case.get_absolute_url()).content.decode()
    for act in (ONE_LETTER, OWN_LETTER):
        client.post(act.format(case.reference))
    assert not Consent.objects.exclude(to=ConsentTo.PORTAL).exists()


def test_a_clerk_is_not_asked_for_it_where_it_is_no_tax(client: Any, both: Case, karla: User) -> None:
    factories.heard(both)
    assert 'name="together"' not in client.as_(karla).get(f"{both.staff_url}entscheiden/").content.decode()
    with pytest.raises(TransitionError, match="no reason"):
        applications.rule(both, outcome=Status.REJECTED, reasons="Darum.", by=karla, together="spouses")


def test_after_the_decision_nobody_is_asked(client: Any, dogs: Case, aylin: User, piotr: User) -> None:
    applications.decide(factories.heard(dogs), outcome=Status.REJECTED, reasons="Darum.", by=piotr)
    page = client.as_(aylin).get(dogs.get_absolute_url()).content.decode()
    assert "Eigenen Brief verlangen" not in page
    assert "Ein Brief für alle" not in page


def test_a_representative_agrees_to_no_letter_for_another(client: Any, dogs: Case, juergen: User, piotr: User) -> None:
    lawyer = factories.citizen("kanzlei@example.org", "Rosa", "Kanzlei")
    own = dogs.parties.get(account=juergen)
    parties.grant_mandate(
        own, new_party(account=lawyer, family_name="Kanzlei"), receives=False, valid_until=None, by=piotr
    )
    client.as_(lawyer).post(ONE_LETTER.format(dogs.reference))
    assert not Consent.objects.given(ConsentTo.ONE_LETTER).exists()


def test_one_consent_is_not_the_other(client: Any, dogs: Case, aylin: User) -> None:
    own = dogs.parties.get(account=aylin)
    consents.agree_to_one_letter(own, by=aylin)
    consents.withdraw(own, by=aylin)
    assert not Consent.objects.given(ConsentTo.PORTAL).exists()
    page = client.as_(aylin).get(reverse("portal:delivery", args=[dogs.reference])).content.decode()
    assert "Bescheide kommen mit der Post." in page
    close_account(aylin)
    assert Consent.objects.given(ConsentTo.ONE_LETTER).get().party == own


def test_the_database_knows_what_there_is_to_agree_to(dogs: Case) -> None:
    party = dogs.parties.get(role=PartyRole.APPLICANT)
    for wrong in ({"to": "everything"}, {"to": ConsentTo.PORTAL}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(party=party, wording="Ja", version="1", **wrong)


@pytest.mark.django_db(transaction=True)
def test_of_a_decision_and_a_wish_at_once_the_first_counts(
    django_db_serialized_rollback: Any, aylin: User, juergen: User, piotr: User
) -> None:
    """Either the decision stands and the wish came too late, or the wish stands and nothing is decided together."""
    case = factories.heard(factories.dog_case(aylin))
    factories.joint_party(case, juergen, street="Goethestraße", house_number="12a", postcode="38440", city="Wolfsburg")
    factories.agreed_to_one_letter(factories.heard(case))
    own = case.parties.get(account=juergen)
    ruling = applications.rule(case, outcome=Status.REJECTED, reasons="Darum.", by=piotr, together="consent")
    start, ends = threading.Barrier(2), []

    def at_once(act: Any, name: str) -> None:
        try:
            start.wait()
            act()
            ends.append(name)
        except TransitionError:
            pass
        finally:
            connection.close()

    threads = [
        threading.Thread(target=at_once, args=(lambda: applications._decide(case, ruling, by=piotr), "decided")),
        threading.Thread(target=at_once, args=(lambda: consents.want_own_letter(own, by=juergen), "wanted")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 1
    case = Case.objects.get(pk=case.pk)
    assert case.is_open is (ends == ["wanted"])
    assert Consent.objects.given(ConsentTo.OWN_LETTER).exists() is (ends == ["wanted"])
