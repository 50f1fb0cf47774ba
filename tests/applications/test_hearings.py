"""Whoever was merely named is heard before a decision binds them (§ 91 AO, Art. 14 DSGVO)."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import hearings
from apps.applications import transitions as applications
from apps.applications.hearings import NotHeard
from apps.applications.states import Status
from apps.cases import invitations, parties
from apps.cases import transitions as verbs
from apps.cases.models import Case, Consent, Hearing, Party, PartyContact
from apps.cases.states import JoinedBy, PartyRole, Way
from apps.core.business_calendar import add_working_days, today
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.transitions import TransitionConflict, TransitionError
from apps.notices import pdf, rendering, transitions
from apps.notices.models import Delivery
from tests import factories


@pytest.fixture
def named(aylin: User) -> Case:
    """Aylin's declaration, which names Maria."""
    answers = factories.dog_answers(
        factories.dog("Bruno"), joint_holding=True, joint_holders=[{"given_name": "Maria", "family_name": "Yıldız"}]
    )
    return applications.submit(factories.draft(aylin, "hundesteuer-anmelden", answers), by=aylin, way=Way.PORTAL)


def maria_of(case: Case) -> Party:
    return case.parties.get(role=PartyRole.JOINT)


def in_two_weeks() -> dt.date:
    return add_working_days(today(), 10)


def posted(on: dt.date, by: User) -> Delivery:
    """The last letter, given to the post on a day."""
    delivery = Delivery.objects.order_by("letter__created_at").last()
    assert delivery is not None
    factories.finished(delivery.letter)
    assert transitions.posted([delivery], on=on, by=by) == 1
    return delivery


def test_nobody_is_bound_who_was_not_heard(client: Any, named: Case, piotr: User) -> None:
    with pytest.raises(NotHeard) as caught:
        applications.decide(named, outcome=Status.ASSESSED, reasons="", by=piotr)
    assert [party.name for party in caught.value.parties] == ["Maria Yıldız"]
    url = reverse("admin:decide", args=[named.reference])
    assert "Noch nicht angehört: Maria Yıldız." in client.as_(piotr).get(url).content.decode()
    refused = client.post(url, {"outcome": "rejected", "reasons": "Nein."})
    assert refused.status_code == 422
    assert "Noch nicht angehört: Maria Yıldız." in refused.content.decode()
    assert not named.previews.exists()


def test_clerk_hears_whoever_was_named(client: Any, named: Case, piotr: User, aylin: User) -> None:
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    client.as_(piotr)
    assert 'value="hear"' not in client.get(page).content.decode(), "nobody has checked the address"
    client.post(page, {"act": "check", "check-seen": "Goethestraße 12a\r\n38440 Wolfsburg"})
    assert 'value="hear"' in client.get(page).content.decode()
    wrong = client.post(page, {"act": "hear", "hear-due_on": f"{today():%d.%m.%Y}"})
    assert "Bitte geben Sie einen Tag nach heute an." in wrong.content.decode()
    assert client.post(page, {"act": "hear", "hear-due_on": f"{in_two_weeks():%d.%m.%Y}"}).status_code == 302
    assert "Äußerung bis" in client.get(page).content.decode()
    delivery = Delivery.objects.get()
    assert (delivery.party, delivery.way) == (maria_of(named), Way.POST)
    context = delivery.letter.context
    assert ["Rufname", "Bruno"] in context["told"]
    assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", context["code"])
    text = str(context)
    assert "Goethestraße" in context["recipients"][1], "of the same household, as long as nobody knows better"
    assert "1988" not in text
    html = pdf.letter_html("hearing", context)
    for sentence in ("Art. 14 DSGVO", "§ 91 Abs. 1 AO", "nur einmal", "Landesbeauftragten für den Datenschutz"):
        assert sentence in html, sentence
    # The others learn nothing of it, and get no letter.
    assert "Anhörung" not in client.as_(aylin).get(named.get_absolute_url()).content.decode()
    assert not Delivery.objects.to(aylin).exists()
    with pytest.raises(NotHeard):
        applications.decide(named, outcome=Status.ASSESSED, reasons="", by=piotr)


def test_after_an_answer_without_an_account_the_case_is_decided(client: Any, named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    code = Delivery.objects.get().letter.context["code"]
    page = client.post(reverse("portal:join"), {"reference": named.reference, "code": code})["Location"]
    shown = client.get(page).content.decode()
    assert "Stimmt das? Bitte äußern Sie sich" in shown
    assert "Bruno" in shown
    assert "Goethestra" not in shown
    client.post(page, {"answer": "1", "body": "Der Hund gehört nur ihr."})
    hearing = Hearing.objects.get()
    assert hearing.answered_at is not None
    assert "Der Hund gehört nur ihr." in client.as_(piotr).get(named.staff_url).content.decode()
    applications.decide(Case.objects.get(pk=named.pk), outcome=Status.ASSESSED, reasons="", by=piotr)
    assert Delivery.objects.count() == 3


def test_who_has_an_account_reads_and_answers_there(client: Any, named: Case, piotr: User, juergen: User) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    assert Delivery.objects.get().letter.context["code"] == ""
    rendering.render(Delivery.objects.get().letter_id)
    mail = OutgoingEmail.objects.filter(to_address=juergen.email).latest("created_at")
    assert (mail.purpose, "entschieden" in mail.body) == ("hearing_ready", False)
    area = client.as_(juergen).get("/mein-bereich/").content.decode()
    assert "Bitte äußern Sie sich" in area
    page = client.get(named.get_absolute_url()).content.decode()
    assert "Stimmt, was andere angegeben haben?" in page
    client.post(reverse("portal:answer", args=[named.reference]), {"body": "Stimmt so."})
    assert Hearing.objects.get().answered_at is not None
    assert "Bitte äußern Sie sich" not in client.get("/mein-bereich/").content.decode()


def test_what_is_not_answered_in_time_holds_nobody_up(client: Any, named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    posted(today(), piotr)
    assert "kann sich bis" in client.as_(piotr).get(reverse("admin:decide", args=[named.reference])).content.decode()
    with time_machine.travel(timezone.now() + dt.timedelta(days=20)):
        assert not hearings.not_heard(Case.objects.get(pk=named.pk))
        applications.decide(Case.objects.get(pk=named.pk), outcome=Status.ASSESSED, reasons="", by=piotr)


# Two working weeks are twelve to nineteen days: so late none of them is left for the letter and an answer.
@pytest.mark.parametrize("after", [None, 15])
def test_a_letter_that_did_not_go_out_in_time_has_asked_nobody(
    client: Any, named: Case, piotr: User, after: int | None
) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    first = Delivery.objects.get()
    if after is not None:
        # Too late to be sent at all, or noted afterwards.
        with time_machine.travel(timezone.now() + dt.timedelta(days=after)):
            factories.finished(first.letter)
            assert not Delivery.objects.to_post().exists()
            assert transitions.posted([first], on=today(), by=piotr) == 0
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    if after is None:
        assert "der Brief ist noch nicht unterwegs" in client.as_(piotr).get(page).content.decode()
    with time_machine.travel(timezone.now() + dt.timedelta(days=20)):
        assert hearings.not_heard(Case.objects.get(pk=named.pk)) == [maria_of(named)]
        client.as_(piotr)
        assert "ging nicht rechtzeitig hinaus: noch nicht angehört" in client.get(page).content.decode()
        decide = client.get(reverse("admin:decide", args=[named.reference])).content.decode()
        assert "Noch nicht angehört: Maria Yıldız." in decide
        assert named.reference in client.get(reverse("admin:queue") + "?liste=hearings").content.decode()
        assert "Anhörung zu Ende" in client.get("/verwaltung/").content.decode()
        assert client.post(page, {"act": "hear", "hear-due_on": f"{in_two_weeks():%d.%m.%Y}"}).status_code == 302
        # Nobody sends the first one any more.
        if after is None:
            factories.finished(first.letter)
            assert not Delivery.objects.to_post().exists()
            assert transitions.posted([first], on=today(), by=piotr) == 0
            assert "durch ein neues Schreiben ersetzt" in client.get(named.staff_url).content.decode()
        posted(today(), piotr)
    with time_machine.travel(timezone.now() + dt.timedelta(days=40)):
        assert not hearings.not_heard(Case.objects.get(pk=named.pk))


def test_a_mail_that_reaches_nobody_has_asked_nobody(named: Case, piotr: User, juergen: User) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    Consent.objects.create(party=maria_of(named), wording="Ja", version="1")
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    rendering.render(Delivery.objects.get().letter_id)
    assert Hearing.objects.get().sent_on is None
    mail = OutgoingEmail.objects.get(purpose="hearing_ready")
    mail.sent_at, mail.status = timezone.now(), EmailStatus.SENT
    mail.save()
    transitions.told(mail, EmailStatus.SENT)
    assert Hearing.objects.get().sent_on == today()
    transitions.came_back(Delivery.objects.get(), by=piotr)
    assert Hearing.objects.get().sent_on is None


def test_a_letter_needs_time_to_arrive(client: Any, named: Case, piotr: User) -> None:
    page = reverse("admin:party", args=[named.reference, factories.checked(maria_of(named)).pk])
    soon = today() + dt.timedelta(days=6)
    refused = client.as_(piotr).post(page, {"act": "hear", "hear-due_on": f"{soon:%d.%m.%Y}"})
    assert "mindestens eine Woche entfernt" in refused.content.decode()
    with pytest.raises(TransitionError):
        hearings.hear(maria_of(named), due_on=soon, by=piotr)


def test_a_reason_for_not_hearing_is_kept(client: Any, named: Case, piotr: User) -> None:
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    client.as_(piotr)
    assert client.post(page, {"act": "waive", "waive-reason": ""}).status_code == 422
    client.post(page, {"act": "waive", "waive-reason": "Beide haben unterschrieben."})
    assert "Beide haben unterschrieben." in client.get(page).content.decode()
    assert not named.timeline.get(act="hearing_waived").public
    applications.decide(named, outcome=Status.ASSESSED, reasons="", by=piotr)
    with pytest.raises(TransitionConflict):
        parties.waive_hearing(maria_of(named), reason="Noch einmal.", by=piotr)


def test_what_was_said_by_telephone_is_noted(client: Any, named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    client.as_(piotr).post(page, {"act": "statement", "statement-body": "Ruft an: stimmt."})
    assert named.notes.get().body == "Maria Yıldız: Ruft an: stimmt."
    assert not hearings.not_heard(named)
    with pytest.raises(TransitionConflict):
        parties.statement_came(maria_of(named), body="Noch einmal.", by=piotr)


def test_a_hearing_begins_once_and_only_where_it_makes_sense(named: Case, piotr: User, aylin: User) -> None:
    with pytest.raises(TransitionError):
        hearings.hear(named.parties.get(account=aylin), due_on=in_two_weeks(), by=piotr)
    with pytest.raises(TransitionError):
        hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    maria = factories.checked(maria_of(named))
    hearings.hear(maria, due_on=in_two_weeks(), by=piotr)
    with pytest.raises(TransitionError):
        hearings.hear(maria, due_on=in_two_weeks(), by=piotr)
    assert Delivery.objects.count() == 1


def test_with_three_each_is_heard_alone(aylin: User, piotr: User) -> None:
    people = [{"given_name": "Maria", "family_name": "Yıldız"}, {"given_name": "Ole", "family_name": "Petersen"}]
    answers = factories.dog_answers(factories.dog("Bruno"), joint_holding=True, joint_holders=people)
    case = applications.submit(factories.draft(aylin, "hundesteuer-anmelden", answers), by=aylin, way=Way.PORTAL)
    maria, ole = case.parties.filter(role=PartyRole.JOINT)
    parties.waive_hearing(maria, reason="War am Schalter dabei.", by=piotr)
    assert hearings.not_heard(case) == [ole]
    hearings.hear(factories.checked(ole), due_on=in_two_weeks(), by=piotr)
    assert "Yıldız" not in str(Delivery.objects.get().letter.context)


def test_an_answer_to_a_question_is_not_one_to_a_hearing_of_somebody_else(
    named: Case, piotr: User, aylin: User
) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    verbs.message_in(Case.objects.get(pk=named.pk), body="Hallo.", by=aylin)
    assert Hearing.objects.get().answered_at is None


def test_a_letter_that_came_back_has_asked_nobody(named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    delivery = posted(today(), piotr)
    delivery.refresh_from_db()
    transitions.returned(delivery, on=today(), by=piotr)
    with time_machine.travel(timezone.now() + dt.timedelta(days=20)):
        assert hearings.not_heard(Case.objects.get(pk=named.pk)) == [maria_of(named)]
        hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    assert named.timeline.filter(act="notice_back").get().sentence == "Anhörung kam mit der Post zurück"


def test_the_code_holds_as_long_as_the_letter_says(named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=today() + dt.timedelta(days=90), by=piotr)
    code = Delivery.objects.get().letter.context["code"]
    with time_machine.travel(timezone.now() + dt.timedelta(days=89)):
        assert invitations.typed(named.reference, code)


def test_a_representative_is_heard_for_the_party(named: Case, piotr: User) -> None:
    lawyer = verbs.new_party(family_name="Kanzlei", street="Kohlmarkt", house_number="1", city="Braunschweig")
    parties.grant_mandate(maria_of(named), lawyer, receives=True, valid_until=None, by=piotr)
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    context = Delivery.objects.get().letter.context
    assert (context["recipients"][0], context["on_behalf_of"]) == ("Kanzlei", "Maria Yıldız")


def test_who_was_not_heard_by_letter_learns_in_the_notice_where_their_data_come_from(named: Case, piotr: User) -> None:
    parties.waive_hearing(maria_of(named), reason="War am Schalter dabei.", by=piotr)
    applications.decide(named, outcome=Status.ASSESSED, reasons="", by=piotr)
    html = {
        d.party.role: pdf.letter_html("letter", d.letter.context) for d in Delivery.objects.select_related("letter")
    }
    assert "Art. 14 DSGVO" in html[PartyRole.JOINT]
    assert "auf die Anmeldung von Aylin Özdemir-Groß vom" in html[PartyRole.JOINT]
    assert "Art. 14 DSGVO" not in html[PartyRole.APPLICANT]
    assert "auf Ihre Anmeldung vom" in html[PartyRole.APPLICANT]


def test_who_has_nothing_to_do_with_it_gets_no_notice(client: Any, named: Case, piotr: User, juergen: User) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    client.as_(piotr).post(page, {"act": "no_party", "no_party-reason": "Der Hund gehört nur Aylin."})
    assert not Case.objects.of(juergen).exists()
    applications.decide(Case.objects.get(pk=named.pk), outcome=Status.ASSESSED, reasons="", by=piotr)
    context = Delivery.objects.get().letter.context
    assert "Yıldız" not in str(context)
    assert "Der Hund gehört nur Aylin." in client.get(named.staff_url).content.decode()


def test_an_answer_to_a_question_ends_the_hearing_as_well(named: Case, piotr: User, juergen: User) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    verbs.ask(Case.objects.get(pk=named.pk), body="Seit wann?", due_on=in_two_weeks(), to=maria_of(named), by=piotr)
    verbs.answer(Case.objects.get(pk=named.pk), body="Nie.", by=juergen)
    assert Hearing.objects.get().answered_at is not None


def test_a_mailed_link_is_no_statement(named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    invitations.invite(maria_of(named), email="wer@example.org", by=piotr)
    invitations.answer(maria_of(named).access_codes.get(way=JoinedBy.MAIL), body="Alles bestens.")
    assert Hearing.objects.get().answered_at is None


def test_nobody_is_asked_to_say_something_in_a_closed_case(
    client: Any, named: Case, piotr: User, aylin: User, juergen: User
) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen)
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    parties.waive_hearing(maria_of(named), reason="Hat angerufen.", by=piotr)
    assert "Bitte äußern Sie sich" not in client.as_(juergen).get("/mein-bereich/").content.decode()
    Hearing.objects.exclude(waived_because="").delete()
    assert "Bitte äußern Sie sich" in client.get("/mein-bereich/").content.decode()
    applications.withdraw(Case.objects.get(pk=named.pk), by=aylin)
    assert "Bitte äußern Sie sich" not in client.get("/mein-bereich/").content.decode()


# -- what an attacker, a lawyer and a clumsy clerk have tried -------------------------------------------------


def test_who_opens_the_letter_late_undoes_no_hearing(named: Case, piotr: User, juergen: User) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    delivery = posted(today(), piotr)
    with time_machine.travel(timezone.now() + dt.timedelta(days=20)):
        assert not hearings.not_heard(named)
        transitions.opened(delivery, by=juergen)
        assert not hearings.not_heard(named)


@pytest.mark.parametrize("how", ["protect", "moved", "tries"])
def test_a_hearing_whose_code_has_ended_begins_anew(
    client: Any, named: Case, piotr: User, aylin: User, how: str
) -> None:
    maria = factories.checked(maria_of(named))
    hearings.hear(maria, due_on=in_two_weeks(), by=piotr)
    posted(today(), piotr)
    if how == "protect":
        # Somewhere else, so that Maria's own address is not secret with it.
        PartyContact.objects.filter(party__case=named, party__account=aylin).update(street="Am Markt")
        parties.protect(named.parties.get(account=aylin), by=piotr)
    elif how == "moved":
        parties.change_contact(
            maria, by=piotr, street="Bahnhofstraße", house_number="1", postcode="38440", city="Wolfsburg"
        )
        parties.check_contact(maria, by=piotr)
    else:
        for _try in range(20):
            assert invitations.typed(named.reference, "AAAA-BBBB-CCCC") is None
    page = client.as_(piotr).get(reverse("admin:party", args=[named.reference, maria.pk])).content.decode()
    assert "Der Code oder die Anschrift gilt nicht mehr: noch nicht angehört" in page
    with time_machine.travel(timezone.now() + dt.timedelta(days=20)):
        assert hearings.not_heard(named) == [maria]
        hearings.hear(Party.objects.get(pk=maria.pk), due_on=in_two_weeks(), decided=True, by=piotr)


@pytest.mark.parametrize("how", ["no_party", "waive", "decided"])
def test_a_letter_that_asks_nothing_more_is_not_sent(client: Any, named: Case, piotr: User, how: str) -> None:
    maria = factories.checked(maria_of(named))
    hearings.hear(maria, due_on=in_two_weeks(), by=piotr)
    delivery = Delivery.objects.get()
    factories.finished(delivery.letter)
    assert Delivery.objects.to_post().count() == 1
    if how == "no_party":
        parties.is_no_party(maria, reason="Falsche Person.", by=piotr)
    else:
        parties.waive_hearing(maria, reason="War hier.", by=piotr)
    if how == "decided":
        applications.decide(Case.objects.get(pk=named.pk), outcome=Status.ASSESSED, reasons="", by=piotr)
    assert not Delivery.objects.to_post().filter(pk=delivery.pk).exists()
    assert transitions.posted([delivery], on=today(), by=piotr) == 0


def test_a_letter_that_asks_nothing_more_tells_nobody(named: Case, piotr: User, juergen: User) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    parties.waive_hearing(maria_of(named), reason="War hier.", by=piotr)
    rendering.render(Delivery.objects.get().letter_id)
    assert not OutgoingEmail.objects.filter(purpose="hearing_ready").exists()


def test_who_is_no_party_is_not_let_in_again(client: Any, named: Case, piotr: User, juergen: User) -> None:
    maria = factories.checked(maria_of(named))
    lawyer = verbs.new_party(family_name="Kanzlei", street="Kohlmarkt", house_number="1", city="Braunschweig")
    parties.grant_mandate(maria, lawyer, receives=True, valid_until=None, by=piotr)
    Party.objects.filter(role=PartyRole.REPRESENTATIVE).update(account=juergen, joined_by=JoinedBy.CODE)
    assert Case.objects.of(juergen).exists()
    code = invitations.make_code(maria, by=piotr)
    token = invitations.typed(named.reference, code)
    parties.is_no_party(maria, reason="Falsche Person.", by=piotr)
    assert not Case.objects.of(juergen).exists(), "nor who represents them"
    assert token is not None
    assert invitations.opened(token) is None
    page = client.as_(piotr).get(reverse("admin:party", args=[named.reference, maria.pk])).content.decode()
    for act in ("code", "invite", "statement", "hear"):
        assert f'value="{act}"' not in page, act


def test_the_code_is_nobodys_but_the_partys(named: Case, piotr: User) -> None:
    lawyer = verbs.new_party(family_name="Kanzlei", street="Kohlmarkt", house_number="1", city="Braunschweig")
    parties.grant_mandate(maria_of(named), lawyer, receives=True, valid_until=None, by=piotr)
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    context = Delivery.objects.get().letter.context
    assert (context["recipients"][0], context["code"]) == ("Kanzlei", "")
    said = " ".join(pdf.letter_html("hearing", context).split())
    assert "Bitte antworten Sie schriftlich oder am Telefon" in said


def test_who_has_proved_themselves_and_is_represented_is_heard_in_writing(
    named: Case, piotr: User, juergen: User
) -> None:
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.CODE)
    lawyer = verbs.new_party(family_name="Kanzlei", street="Kohlmarkt", house_number="1", city="Braunschweig")
    parties.grant_mandate(maria_of(named), lawyer, receives=True, valid_until=None, by=piotr)
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    assert Delivery.objects.get().letter.context["code"] == ""


def test_who_came_by_a_mail_reads_nothing_of_who_has_the_letter(
    client: Any, named: Case, piotr: User, juergen: User
) -> None:
    maria = factories.checked(maria_of(named))
    Party.objects.filter(pk=maria.pk).update(account=juergen, joined_by=JoinedBy.MAIL)
    hearings.hear(Party.objects.get(pk=maria.pk), due_on=in_two_weeks(), by=piotr)
    asked = client.as_(juergen).get(named.get_absolute_url()).content.decode()
    assert "eine Nachricht hier genügt dafür nicht" in asked
    rendering.render(Delivery.objects.get().letter_id)
    assert not OutgoingEmail.objects.filter(purpose="hearing_ready").exists()
    token = invitations.typed(named.reference, Delivery.objects.get().letter.context["code"])
    assert token is not None
    found = invitations.opened(token)
    assert found is not None
    invitations.answer(found, body="GEHEIM")
    assert "GEHEIM" not in client.get(named.get_absolute_url()).content.decode()
    assert "GEHEIM" in client.as_(piotr).get(named.staff_url).content.decode()
    assert Hearing.objects.get().answered_at is not None


def test_what_came_by_a_mail_is_marked_for_the_office(client: Any, named: Case, piotr: User, juergen: User) -> None:
    invitations.invite(maria_of(named), email="wer@example.org", by=piotr)
    invitations.answer(maria_of(named).access_codes.get(), body="Ich bin Maria.")
    Party.objects.filter(pk=maria_of(named).pk).update(account=juergen, joined_by=JoinedBy.MAIL)
    verbs.message_in(Case.objects.get(pk=named.pk), body="Noch etwas.", by=juergen)
    page = client.as_(piotr).get(named.staff_url).content.decode()
    assert page.count("über einen Link aus einer E-Mail, nicht bestätigt") == 2


def test_a_representative_who_came_by_a_mail_ends_no_hearing(named: Case, piotr: User, juergen: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    lawyer = verbs.new_party(family_name="Kanzlei", street="Kohlmarkt", house_number="1", city="Braunschweig")
    parties.grant_mandate(maria_of(named), lawyer, receives=False, valid_until=None, by=piotr)
    Party.objects.filter(role=PartyRole.REPRESENTATIVE).update(account=juergen, joined_by=JoinedBy.MAIL)
    verbs.message_in(Case.objects.get(pk=named.pk), body="Alles richtig.", by=juergen)
    assert Hearing.objects.get().answered_at is None


def test_one_party_does_not_say_what_another_is_asked(client: Any, named: Case, piotr: User, aylin: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    code = Delivery.objects.get().letter.context["code"]
    page = client.as_(aylin).post(reverse("portal:join"), {"reference": named.reference, "code": code})["Location"]
    refused = client.post(page, {"answer": "1", "body": "Stimmt alles."})
    assert "Mit diesem Konto geht das nicht" in refused.content.decode()
    assert "Stimmt alles." in refused.content.decode()
    assert Hearing.objects.get().answered_at is None


def test_a_returned_hearing_is_not_sent_again_but_heard_anew(client: Any, named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    first = posted(today(), piotr)
    first.refresh_from_db()
    transitions.returned(first, on=today(), by=piotr)
    assert "Erneut zustellen" not in client.as_(piotr).get(named.staff_url).content.decode()
    with pytest.raises(TransitionError):
        transitions.send_again(first, by=piotr)
    for _time in range(2):
        hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
        Hearing.objects.filter(returned_on=None).update(void_on=today())
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    parties.statement_came(maria_of(named), body="Am Schalter: stimmt.", by=piotr)
    assert not hearings.not_heard(named)
    assert not hearings.may_be_heard(maria_of(named)), "who has been heard is not asked again"


def test_an_old_letter_that_comes_back_ends_no_new_hearing(named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    first = posted(today(), piotr)
    Hearing.objects.update(void_on=today())
    hearings.hear(maria_of(named), due_on=in_two_weeks(), by=piotr)
    posted(today(), piotr)
    first.refresh_from_db()
    transitions.returned(first, on=today(), by=piotr)
    assert list(Hearing.objects.order_by("pk").values_list("returned_on", flat=True)) == [today(), None]


def test_a_day_that_is_mistyped_is_noticed(client: Any, named: Case, piotr: User) -> None:
    page = reverse("admin:party", args=[named.reference, factories.checked(maria_of(named)).pk])
    far = today() + dt.timedelta(days=400)
    refused = client.as_(piotr).post(page, {"act": "hear", "hear-due_on": f"{far:%d.%m.%Y}"})
    assert "Das ist mehr als drei Monate entfernt" in refused.content.decode()


def test_the_page_of_an_invitation_asks_only_while_something_can_be_said(client: Any, named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    code = Delivery.objects.get().letter.context["code"]
    page = client.post(reverse("portal:join"), {"reference": named.reference, "code": code})["Location"]
    assert "Bitte antworten Sie bis" in client.get(page).content.decode()
    parties.waive_hearing(maria_of(named), reason="War hier.", by=piotr)
    assert "Bitte antworten Sie bis" not in client.get(page).content.decode()
