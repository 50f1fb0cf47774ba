"""Consent to letters: what a party says in its account, or signs; that to the portal is tested with the area."""

from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.cases import consents, parties
from apps.cases.models import Case, Consent, Party
from apps.cases.states import ConsentTo, JoinedBy, PartyRole
from apps.core.transitions import TransitionError
from tests import factories

ONE_LETTER = "/mein-bereich/vorgaenge/{}/tun/one_letter/"
OWN_LETTER = "/mein-bereich/vorgaenge/{}/tun/own_letter/"


def test_each_agrees_to_one_letter_in_the_own_account(client: Any, both: Case, aylin: User, juergen: User) -> None:
    page = client.as_(aylin).get(both.get_absolute_url()).content.decode()
    assert "Ein Brief für alle" in page
    asked = client.get(ONE_LETTER.format(both.reference)).content.decode()
    assert "Er gilt damit für alle Beteiligten als bekannt gegeben" in asked
    done = client.post(ONE_LETTER.format(both.reference), follow=True).content.decode()
    assert "Die anderen müssen es auch sein." in done
    assert "Eigenen Brief verlangen" in done
    assert [party.account for party in consents.not_agreed_to_one_letter(both)] == [juergen]
    # What one says of one's own letters is in nobody else's timeline.
    assert "einverstanden" not in client.as_(juergen).get(both.get_absolute_url()).content.decode()
    client.post(ONE_LETTER.format(both.reference))
    assert not consents.not_agreed_to_one_letter(both)
    given = Consent.objects.given(ConsentTo.ONE_LETTER).get(party__account=juergen)
    assert given.signature_seen_by is None
    assert "Er gilt damit für alle Beteiligten als bekannt gegeben" in given.wording
    client.post(OWN_LETTER.format(both.reference))
    assert [party.account for party in consents.who_want_their_own(both)] == [juergen]


def test_a_mailed_link_does_not_agree_to_one_letter(client: Any, both: Case, juergen: User) -> None:
    Party.objects.filter(account=juergen).update(joined_by=JoinedBy.MAIL)
    answer = client.as_(juergen).post(ONE_LETTER.format(both.reference), follow=True)
    assert "Dafür brauchen wir einen Code" in answer.content.decode()
    with pytest.raises(TransitionError):
        consents.agree_to_one_letter(both.parties.get(account=juergen), by=juergen)
    assert not Consent.objects.given(ConsentTo.ONE_LETTER).exists()


def test_the_office_notes_a_signature_and_that_somebody_wants_their_own(client: Any, both: Case, karla: User) -> None:
    party = both.parties.get(role=PartyRole.JOINT)
    url = reverse("admin:party", args=[both.reference, party.pk])
    client.as_(karla).post(url, {"tun": "one_letter_signed"})
    page = client.get(url).content.decode()
    assert "Einverstanden seit" in page
    assert "Unterschrift gesehen" in page
    client.post(url, {"tun": "own_letter_wanted"})
    assert "Einverstanden seit" not in client.get(url).content.decode()
    assert consents.who_want_their_own(both) == [party]


def test_where_one_has_filed_alone_nobody_is_asked(client: Any, parking_case: Case, aylin: User, karla: User) -> None:
    assert "Ein Brief für alle" not in client.as_(aylin).get(parking_case.get_absolute_url()).content.decode()
    client.post(ONE_LETTER.format(parking_case.reference))
    party = parking_case.parties.get()
    client.as_(karla).post(
        reverse("admin:party", args=[parking_case.reference, party.pk]), {"tun": "one_letter_signed"}
    )
    assert not Consent.objects.given(ConsentTo.ONE_LETTER).exists()


def test_a_representative_agrees_to_no_letter_for_another(client: Any, both: Case, juergen: User, karla: User) -> None:
    from apps.cases.transitions import new_party

    lawyer = factories.citizen("kanzlei@example.org", "Rosa", "Kanzlei")
    own = both.parties.get(account=juergen)
    parties.grant_mandate(
        own, new_party(account=lawyer, family_name="Kanzlei"), receives=False, valid_until=None, by=karla
    )
    client.as_(lawyer).post(ONE_LETTER.format(both.reference))
    assert not Consent.objects.given(ConsentTo.ONE_LETTER).exists()
