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
from apps.cases.models import Case, Consent, Hearing, Party
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
    client.post(page, {"tun": "check", "check-seen": "Goethestraße 12a\r\n38440 Wolfsburg"})
    assert 'value="hear"' in client.get(page).content.decode()
    wrong = client.post(page, {"tun": "hear", "hear-due_on": f"{today():%d.%m.%Y}"})
    assert "Bitte geben Sie einen Tag nach heute an." in wrong.content.decode()
    assert client.post(page, {"tun": "hear", "hear-due_on": f"{in_two_weeks():%d.%m.%Y}"}).status_code == 302
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
    client.post(page, {"antworten": "1", "body": "Der Hund gehört nur ihr."})
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


@pytest.mark.parametrize("after", [None, 10])
def test_a_letter_that_did_not_go_out_in_time_has_asked_nobody(
    client: Any, named: Case, piotr: User, after: int | None
) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    first = Delivery.objects.get()
    if after is not None:
        with time_machine.travel(timezone.now() + dt.timedelta(days=after)):
            posted(today(), piotr)
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    if after is None:
        assert "der Brief ist noch nicht unterwegs" in client.as_(piotr).get(page).content.decode()
    with time_machine.travel(timezone.now() + dt.timedelta(days=20)):
        assert hearings.not_heard(Case.objects.get(pk=named.pk)) == [maria_of(named)]
        client.as_(piotr)
        assert "ging nicht rechtzeitig hinaus: noch nicht angehört" in client.get(page).content.decode()
        assert client.post(page, {"tun": "hear", "hear-due_on": f"{in_two_weeks():%d.%m.%Y}"}).status_code == 302
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
    refused = client.as_(piotr).post(page, {"tun": "hear", "hear-due_on": f"{soon:%d.%m.%Y}"})
    assert "mindestens eine Woche entfernt" in refused.content.decode()
    with pytest.raises(TransitionError):
        hearings.hear(maria_of(named), due_on=soon, by=piotr)


def test_a_reason_for_not_hearing_is_kept(client: Any, named: Case, piotr: User) -> None:
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    client.as_(piotr)
    assert client.post(page, {"tun": "waive", "waive-reason": ""}).status_code == 422
    client.post(page, {"tun": "waive", "waive-reason": "Beide haben unterschrieben."})
    assert "Beide haben unterschrieben." in client.get(page).content.decode()
    assert not named.timeline.get(act="hearing_waived").public
    applications.decide(named, outcome=Status.ASSESSED, reasons="", by=piotr)
    with pytest.raises(TransitionConflict):
        parties.waive_hearing(maria_of(named), reason="Noch einmal.", by=piotr)


def test_what_was_said_by_telephone_is_noted(client: Any, named: Case, piotr: User) -> None:
    hearings.hear(factories.checked(maria_of(named)), due_on=in_two_weeks(), by=piotr)
    page = reverse("admin:party", args=[named.reference, maria_of(named).pk])
    client.as_(piotr).post(page, {"tun": "statement", "statement-body": "Ruft an: stimmt."})
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
    client.as_(piotr).post(page, {"tun": "no_party", "no_party-reason": "Der Hund gehört nur Aylin."})
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
