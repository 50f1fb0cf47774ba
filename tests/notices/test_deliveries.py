"""Several people, one notice: a letter and a delivery for each, with dates of their own."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.letters import NotAgreed, NotTogether
from apps.applications.states import Status, Together
from apps.cases import consents, parties
from apps.cases.addressee import addressee_of
from apps.cases.models import Case, Consent, Party, PartyContact
from apps.cases.states import Act, ConsentTo, Way
from apps.cases.transitions import new_party
from apps.core import emails
from apps.core.business_calendar import today
from apps.core.transitions import TransitionConflict, TransitionError
from apps.notices import rendering, transitions
from apps.notices.models import Delivery, Letter, LetterDocument, Notice
from tests import factories


@pytest.fixture
def joint_case(aylin: User) -> Case:
    """Aylin's and Maria's dog; Maria lives elsewhere by now and has no account."""
    answers = factories.dog_answers(
        factories.dog("Bruno"), joint_holding=True, joint_holders=[{"given_name": "Maria", "family_name": "Yıldız"}]
    )
    case = applications.submit(factories.draft(aylin, "hundesteuer-anmelden", answers), by=aylin, way=Way.PORTAL)
    maria = PartyContact.objects.filter(party=case.parties.get(role="joint"))
    assert maria.get().street == "Goethestraße", "of the same household, unless somebody knows better"
    maria.update(street="Am Markt", house_number="3", postcode="38100", city="Braunschweig")
    return factories.heard(case)


def assessed(case: Case, piotr: User, **more: Any) -> tuple[Delivery, ...]:
    """The deliveries of the assessment, rendered; the applicant's first."""
    applications.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr, **more)
    for letter in Letter.objects.filter(notice__case=case):
        assert rendering.render(letter.pk)
    return tuple(Delivery.objects.filter(letter__notice__case=case).order_by("principal"))


def test_joint_debtors_get_a_letter_each_with_the_full_sum_and_one_kassenzeichen(joint_case: Case, piotr: User) -> None:
    aylins, marias = assessed(joint_case, piotr)
    assert Notice.objects.count() == 1
    assert (aylins.way, marias.way) == (Way.PORTAL, Way.POST)
    assert aylins.recipients == ["Aylin Özdemir-Groß", "Goethestraße 12a", "38440 Wolfsburg"]
    assert marias.recipients == ["Maria Yıldız", "Am Markt 3", "38100 Braunschweig"]
    for delivery in (aylins, marias):
        context = delivery.letter.context
        assert "nur einmal zu zahlen" in context["joint"]
        assert "Aylin Özdemir-Groß und Maria Yıldız" in context["joint"]
        assert context["charge"] == aylins.letter.context["charge"]
    assert LetterDocument.objects.count() == 2
    # Neither letter says where the other one lives.
    assert "Am Markt" not in str(aylins.letter.context)
    assert "Goethestraße" not in str(marias.letter.context)


def test_only_the_applicant_is_told_by_mail(joint_case: Case, piotr: User, aylin: User) -> None:
    aylins, marias = assessed(joint_case, piotr)
    assert aylins.notification.to_address == aylin.email
    assert marias.notification is None


@pytest.mark.parametrize("why", Together.values)
def test_one_letter_for_several_goes_by_post_and_names_them_all(joint_case: Case, piotr: User, why: str) -> None:
    factories.agreed_to_one_letter(joint_case)
    with pytest.raises(NotTogether):
        assessed(joint_case, piotr, together=why)
    PartyContact.objects.filter(street="Am Markt").update(
        street="Goethestraße", house_number="12a", postcode="38440", city="Wolfsburg"
    )
    [delivery] = assessed(joint_case, piotr, together=why)
    assert (delivery.way, list(delivery.also_to.all())) == (Way.POST, [joint_case.parties.get(role="joint")])
    assert delivery.recipients == ["Aylin Özdemir-Groß", "Maria Yıldız", "Goethestraße 12a", "38440 Wolfsburg"]


def test_one_letter_is_refused_where_somebody_is_represented_or_protected(joint_case: Case, piotr: User) -> None:
    factories.agreed_to_one_letter(joint_case)
    places = PartyContact.objects.filter(party__case=joint_case)
    places.update(street="Goethestraße", house_number="12a", postcode="38440", city="Wolfsburg", protected=True)
    with pytest.raises(NotTogether):
        applications.rule(joint_case, outcome=Status.ASSESSED, reasons="", by=piotr, together="consent")
    places.update(protected=False)
    lawyer = new_party(family_name="Łukaszewicz", street="Am Markt", city="Braunschweig")
    parties.grant_mandate(joint_case.parties.get(role="joint"), lawyer, receives=True, valid_until=None, by=piotr)
    with pytest.raises(NotTogether):
        applications.rule(joint_case, outcome=Status.ASSESSED, reasons="", by=piotr, together="consent")


def test_joint_letter_that_came_back_is_written_to_all_of_them_again(joint_case: Case, piotr: User) -> None:
    PartyContact.objects.filter(party__case=joint_case).update(street="Weg", house_number="1", city="Wolfsburg")
    PartyContact.objects.filter(party__case=joint_case).update(postcode="38440")
    factories.agreed_to_one_letter(joint_case)
    [delivery] = assessed(joint_case, piotr, together="consent")
    transitions.posted([delivery], on=today(), by=piotr)
    transitions.returned(delivery, on=today(), by=piotr)
    again = transitions.send_again(delivery, by=piotr).deliveries.get()
    assert again.recipients == delivery.recipients
    assert list(again.also_to.all()) == list(delivery.also_to.all())


def test_joint_letter_that_came_back_parts_where_they_live_apart(joint_case: Case, piotr: User, aylin: User) -> None:
    """Who has moved, and lives where nobody may know, is not written to under the eyes of the other."""
    places = PartyContact.objects.filter(party__case=joint_case)
    places.update(street="Weg", house_number="1", city="Wolfsburg", postcode="38440")
    factories.agreed_to_one_letter(joint_case)
    [delivery] = assessed(joint_case, piotr, together="consent")
    transitions.posted([delivery], on=today(), by=piotr)
    transitions.returned(delivery, on=today(), by=piotr)
    own = joint_case.parties.get(account=aylin)
    PartyContact.objects.filter(party=own).update(street="Geheimweg", protected=True)
    first = transitions.send_again(delivery, by=piotr)
    aylins, marias = (
        Delivery.objects.filter(letter__notice__case=joint_case).exclude(pk=delivery.pk).order_by("principal")
    )
    assert aylins.letter == first
    assert "Geheimweg 1" in aylins.recipients
    assert (aylins.also_to.count(), marias.also_to.count()) == (0, 0)
    assert marias.recipients == ["Maria Yıldız", "Weg 1", "38440 Wolfsburg"]
    assert "Geheimweg" not in str(marias.letter.context)
    assert {aylins.way, marias.way} == {Way.POST}


def test_joint_letter_that_came_back_says_for_whom_somebody_receives_by_now(joint_case: Case, piotr: User) -> None:
    places = PartyContact.objects.filter(party__case=joint_case)
    places.update(street="Weg", house_number="1", city="Wolfsburg", postcode="38440")
    factories.agreed_to_one_letter(joint_case)
    [delivery] = assessed(joint_case, piotr, together="consent")
    transitions.posted([delivery], on=today(), by=piotr)
    transitions.returned(delivery, on=today(), by=piotr)
    lawyer = new_party(family_name="Łukaszewicz", street="Am Markt", city="Braunschweig")
    parties.grant_mandate(joint_case.parties.get(role="joint"), lawyer, receives=True, valid_until=None, by=piotr)
    transitions.send_again(delivery, by=piotr)
    to_lawyer = Delivery.objects.get(party=lawyer.party)
    assert to_lawyer.letter.context["on_behalf_of"] == "Maria Yıldız"


def test_letter_to_a_former_representative_is_not_written_again(joint_case: Case, piotr: User) -> None:
    lawyer = new_party(family_name="Łukaszewicz", street="Am Markt", city="Braunschweig")
    maria = joint_case.parties.get(role="joint")
    parties.grant_mandate(maria, lawyer, receives=True, valid_until=None, by=piotr)
    assessed(joint_case, piotr)
    to_lawyer = Delivery.objects.get(party=lawyer.party)
    transitions.posted([to_lawyer], on=today(), by=piotr)
    transitions.returned(to_lawyer, on=today(), by=piotr)
    parties.end_mandate(maria, by=piotr)
    with pytest.raises(TransitionError, match="receives for"):
        transitions.send_again(to_lawyer, by=piotr)


def test_consent_withdrawn_while_the_letter_is_made_counts(joint_case: Case, piotr: User, aylin: User) -> None:
    applications.decide(joint_case, outcome=Status.ASSESSED, reasons="", by=piotr)
    aylins = Delivery.objects.get(party__account=aylin)
    # As if it had come between reading how letters come and writing the delivery.
    Consent.objects.update(withdrawn_at=timezone.now())
    rendering.render(aylins.letter_id)
    aylins.refresh_from_db()
    assert aylins.way == Way.POST


def test_one_letter_without_a_reason_that_the_law_knows_is_refused(joint_case: Case, piotr: User) -> None:
    with pytest.raises(TransitionError, match="no reason"):
        applications.rule(joint_case, outcome=Status.ASSESSED, reasons="", by=piotr, together="cheaper")


@pytest.fixture
def one_roof(joint_case: Case) -> Case:
    """Aylin and Maria live together after all."""
    places = PartyContact.objects.filter(party__case=joint_case)
    places.update(street="Goethestraße", house_number="12a", postcode="38440", city="Wolfsburg")
    return joint_case


def test_one_letter_by_consent_needs_that_of_each(one_roof: Case, piotr: User, aylin: User) -> None:
    """A clerk's word is not theirs (§ 122 Abs. 6 AO)."""
    maria = one_roof.parties.get(role="joint")
    with pytest.raises(NotAgreed) as lacking:
        assessed(one_roof, piotr, together="consent")
    assert {party.name for party in lacking.value.parties} == {"Aylin Özdemir-Groß", "Maria Yıldız"}
    consents.agree_to_one_letter(one_roof.parties.get(account=aylin), by=aylin)
    with pytest.raises(NotAgreed) as lacking:
        assessed(one_roof, piotr, together="consent")
    assert lacking.value.parties == [maria]
    consents.agree_to_one_letter(maria, by=piotr, signed=True)
    assert Consent.objects.get(party=maria).signature_seen_by == piotr
    [delivery] = assessed(one_roof, piotr, together="consent")
    assert delivery.way == Way.POST


def test_who_is_no_party_need_not_agree(one_roof: Case, piotr: User, aylin: User) -> None:
    third = factories.joint_party(one_roof, street="Goethestraße", house_number="12a", postcode="38440")
    factories.agreed_to_one_letter(one_roof)
    Consent.objects.filter(party=third).delete()
    parties.is_no_party(third, reason="Wohnt nicht hier.", by=piotr)
    applications.rule(factories.heard(one_roof), outcome=Status.ASSESSED, reasons="", by=piotr, together="consent")


@pytest.mark.parametrize("why", Together.values)
def test_who_wants_their_own_letter_gets_it(one_roof: Case, piotr: User, aylin: User, why: str) -> None:
    """Spouses, too, are written to one by one as soon as one of them asks for it (§ 122 Abs. 7 Satz 2 AO)."""
    factories.agreed_to_one_letter(one_roof)
    own = one_roof.parties.get(account=aylin)
    consents.want_own_letter(own, by=aylin)
    with pytest.raises(NotAgreed) as wanting:
        applications.rule(one_roof, outcome=Status.ASSESSED, reasons="", by=piotr, together=why)
    assert wanting.value.parties == [own]
    consents.agree_to_one_letter(own, by=aylin)
    applications.rule(one_roof, outcome=Status.ASSESSED, reasons="", by=piotr, together=why)


def test_agreement_taken_back_while_the_clerk_decides_counts(
    one_roof: Case, piotr: User, aylin: User, monkeypatch: Any
) -> None:
    factories.agreed_to_one_letter(one_roof)
    ruling = applications.rule(one_roof, outcome=Status.ASSESSED, reasons="", by=piotr, together="consent")
    consents.want_own_letter(one_roof.parties.get(account=aylin), by=aylin)
    monkeypatch.setattr(applications, "rule", lambda *_args, **_more: ruling)
    with pytest.raises(NotAgreed):
        applications.decide(one_roof, outcome=Status.ASSESSED, reasons="", by=piotr, together="consent")
    one_roof.refresh_from_db()
    assert one_roof.is_open


def test_after_the_decision_nobody_agrees_or_takes_it_back(one_roof: Case, piotr: User, aylin: User) -> None:
    factories.agreed_to_one_letter(one_roof)
    assessed(one_roof, piotr, together="consent")
    for said in (consents.want_own_letter, consents.agree_to_one_letter):
        with pytest.raises(TransitionError, match="decided"):
            said(one_roof.parties.get(account=aylin), by=aylin)


def test_one_letter_is_no_consent_to_the_portal(one_roof: Case, aylin: User) -> None:
    Consent.objects.all().delete()
    factories.agreed_to_one_letter(one_roof)
    assert addressee_of(one_roof).way == Way.POST
    assert not Consent.objects.given(ConsentTo.PORTAL).exists()


def test_clerk_is_told_whose_agreement_is_missing(client: Any, one_roof: Case, piotr: User) -> None:
    consents.agree_to_one_letter(one_roof.parties.get(role="applicant"), by=piotr, signed=True)
    typed = {"outcome": Status.REJECTED, "together": "consent", "reasons": "Weil es so ist."}
    page = client.as_(piotr).post(f"{one_roof.staff_url}entscheiden/", typed).content.decode()
    assert "Mit einem Brief für alle nicht einverstanden: Maria Yıldız." in page
    assert "Weil es so ist." in page


def test_release_says_whose_agreement_has_gone_meanwhile(client: Any, one_roof: Case, piotr: User, aylin: User) -> None:
    factories.agreed_to_one_letter(one_roof)
    typed = {"outcome": Status.REJECTED, "together": "consent", "reasons": "Weil es so ist."}
    shown = client.as_(piotr).post(f"{one_roof.staff_url}entscheiden/", typed).url
    [preview] = one_roof.previews.all()
    assert rendering.render_preview(preview.pk)
    consents.want_own_letter(one_roof.parties.get(account=aylin), by=aylin)
    page = client.post(shown, follow=True).content.decode()
    assert "Mit einem Brief für alle nicht einverstanden: Aylin Özdemir-Groß." in page
    assert "Weil es so ist." in page
    one_roof.refresh_from_db()
    assert one_roof.is_open


def test_together_is_asked_only_where_there_are_several(
    client: Any, joint_case: Case, dog_case: Case, piotr: User
) -> None:
    client.as_(piotr)
    assert 'name="together"' in client.get(f"{joint_case.staff_url}entscheiden/").content.decode()
    assert 'name="together"' not in client.get(f"{dog_case.staff_url}entscheiden/").content.decode()


def test_each_sees_their_own_letter_and_nobody_elses(
    client: Any, joint_case: Case, piotr: User, juergen: User, aylin: User
) -> None:
    aylins, marias = assessed(joint_case, piotr)
    assert client.as_(aylin).get(aylins.get_absolute_url()).status_code == 200
    assert client.get(marias.get_absolute_url()).status_code == 404
    # Maria turns out to be Jürgen's name here: once connected, hers is there and Aylin's is not.
    Party.objects.filter(pk=marias.party_id).update(account=juergen)
    assert client.as_(juergen).get(marias.get_absolute_url()).status_code == 200
    assert client.get(aylins.get_absolute_url()).status_code == 404
    page = client.get(joint_case.get_absolute_url()).content.decode()
    assert marias.get_absolute_url() in page
    assert aylins.get_absolute_url() not in page
    both = client.as_(piotr).get(joint_case.staff_url).content.decode()
    assert "An Aylin Özdemir-Groß" in both
    assert "An Maria Yıldız" in both


def test_letter_that_came_back_touches_the_periods_of_its_addressee_only(
    client: Any, joint_case: Case, piotr: User
) -> None:
    aylins, marias = assessed(joint_case, piotr)
    emails.send(str(aylins.notification_id))
    transitions.posted([marias], on=today(), by=piotr)
    before = Delivery.objects.filter(pk=aylins.pk).values().get()
    url = reverse("notices:returned", args=[marias.pk])
    page = client.as_(piotr).get(url).content.decode()
    assert "An Maria Yıldız" not in page
    assert "an Maria Yıldız" in page
    assert client.post(url, {"returned_on": "gestern"}).status_code == 422
    early = f"{today() - dt.timedelta(days=1):%d.%m.%Y}"
    assert "noch nicht in der Post" in client.post(url, {"returned_on": early}).content.decode()
    assert client.post(url, {"returned_on": f"{today():%d.%m.%Y}"}).status_code == 302
    marias.refresh_from_db()
    assert (marias.returned_on, marias.returned_by) == (today(), piotr)
    assert Delivery.objects.filter(pk=aylins.pk).values().get() == before
    assert not joint_case.timeline.get(act=Act.NOTICE_BACK).public
    with pytest.raises(TransitionError):
        transitions.returned(marias, on=today(), by=piotr)


def test_letter_that_came_back_is_written_anew_once_with_the_same_words(
    client: Any, joint_case: Case, piotr: User
) -> None:
    _aylins, marias = assessed(joint_case, piotr)
    with pytest.raises(TransitionError):
        transitions.send_again(marias, by=piotr)
    transitions.posted([marias], on=today(), by=piotr)
    transitions.returned(marias, on=today(), by=piotr)
    PartyContact.objects.filter(party=marias.party).update(street="Neue Straße", house_number="9")
    url = reverse("notices:send_again", args=[marias.pk])
    for _ in range(2):
        client.as_(piotr).post(url)
    marias.refresh_from_db()
    again = marias.again
    assert Letter.objects.count() == 3
    assert again.recipients == ["Maria Yıldız", "Neue Straße 9", "38100 Braunschweig"]
    assert again.way == Way.POST
    assert again.letter.context == marias.letter.context | {"recipients": again.recipients}
    assert rendering.render(again.letter_id)
    assert list(Delivery.objects.to_post()) == [again]


def test_consent_that_is_withdrawn_sends_what_was_not_fetched_by_post(
    joint_case: Case, piotr: User, aylin: User
) -> None:
    aylins, _marias = assessed(joint_case, piotr)
    consents.withdraw(aylins.party, by=aylin)
    aylins.refresh_from_db()
    assert aylins.way == Way.POST
    assert aylins in Delivery.objects.to_post()
    with pytest.raises(TransitionConflict):
        consents.withdraw(aylins.party, by=aylin)
    assert joint_case.timeline.filter(act=Act.CONSENT_ENDED, actor=aylin).count() == 1


def test_what_was_fetched_stays_fetched_when_consent_ends(joint_case: Case, piotr: User, aylin: User) -> None:
    aylins, marias = assessed(joint_case, piotr)
    transitions.opened(aylins, by=aylin)
    consents.withdraw(aylins.party, by=aylin)
    assert list(Delivery.objects.to_post()) == [marias]


def test_address_that_changes_afterwards_changes_no_letter(joint_case: Case, piotr: User) -> None:
    _aylins, marias = assessed(joint_case, piotr)
    PartyContact.objects.filter(party=marias.party).update(street="Neue Straße")
    marias.refresh_from_db()
    assert marias.recipients[1] == "Am Markt 3"
