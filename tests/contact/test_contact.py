"""Writing to #WolfsburgDigital: filed once, answered by mail, replied to behind a signed link."""

import datetime as dt
import html
import re
from typing import Any

import pytest
import time_machine
from django.conf import settings as portal_settings
from django.core import signing
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Department, Role, User
from apps.cases.models import Case, Message
from apps.cases.states import Act
from apps.contact import transitions
from apps.contact.forms import PER_ADDRESS_AND_DAY, PER_SENDER_AND_HOUR, STAMP_SALT
from apps.contact.states import Status, Topic
from apps.contact.tasks import close_answered
from apps.contact.views import REPLIES_PER_HOUR
from apps.core.business_calendar import add_working_days, today
from apps.core.models import OutgoingEmail
from apps.core.transitions import Phase, TransitionError
from tests import factories

pytestmark = pytest.mark.django_db

WRITE = "/kontakt/"
TYPED = {
    "given_name": "Marlène",
    "family_name": "D’Angelo-Łuk",
    "email": "marlene@beispiel.de",
    "concern": "Gibt es im Rathaus bald freies WLAN?\nUnd in der Nordstadt?",
}


@pytest.fixture
def danuta() -> User:
    """A clerk of the department that answers."""
    department = Department.objects.get(slug=portal_settings.CONTACT_DEPARTMENT)
    return factories.staff("danuta@example.org", "Danuta", "Łukasik", (Role.CLERK, department))


@pytest.fixture
def answered(danuta: User) -> Case:
    """A message that Danuta has answered."""
    case = factories.contact_case()
    transitions.reply(case, body="Ja, im Frühjahr.", by=danuta)
    return case


def stamp(client: Any, path: str = WRITE) -> str:
    """The stamp of a form that has just been opened."""
    return stamp_in(client.get(path))


def stamp_in(answer: Any) -> str:
    (found,) = re.findall(r'name="stamp" value="([^"]+)"', answer.content.decode())
    return html.unescape(str(found))


def send(client: Any, path: str = WRITE, *, by: str = "10.1.1.1", **changes: str) -> Any:
    """Open the form, fill it in and send it."""
    filled_in = {**TYPED, **changes}
    filled_in.setdefault("stamp", stamp(client, path))
    return client.post(path, filled_in, REMOTE_ADDR=by)


def assert_nothing_lost(answer: Any, **changes: str) -> str:
    """The form came back with an error and with everything that was typed."""
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    typed = {**TYPED, **changes}
    for name in ("given_name", "family_name", "email"):
        if typed[name]:
            assert f' value="{typed[name]}"' in page, name
    assert f">\n{typed['concern']}</textarea>" in page.replace("\r\n", "\n")
    assert "<title>Fehler:" in page
    return page


# -- writing ---------------------------------------------------------------------------------------


def test_form_files_one_case_with_reference_and_message(client: Any) -> None:
    answer = send(client)
    assert answer["Location"] == "/kontakt/gesendet/"
    case = Case.objects.get()
    assert (case.kind, case.status, case.phase, case.channel) == ("contact", Status.RECEIVED, Phase.NEW, "online")
    assert case.department.slug == portal_settings.CONTACT_DEPARTMENT
    assert (case.parties.get().account, case.assignee) == (None, None)
    assert (case.contact.topic, case.contact.page) == (Topic.INITIATIVE, "")
    party = case.parties.get()
    assert (party.given_name, party.family_name, factories.contact_of(case).email) == (
        "Marlène",
        "D’Angelo-Łuk",
        "marlene@beispiel.de",
    )
    message = case.messages.get()
    assert (message.direction, message.author) == ("in", None)
    assert message.body.splitlines() == TYPED["concern"].splitlines()
    assert [e.act for e in case.timeline.all()] == [Act.SUBMITTED, Act.EMAIL]
    page = client.get("/kontakt/gesendet/").content.decode()
    assert case.reference in page


def test_person_with_one_name_can_write(client: Any) -> None:
    send(client, given_name="")
    assert Case.objects.get().parties.get().name == "D’Angelo-Łuk"


def test_confirmation_mail_carries_no_personal_data(client: Any) -> None:
    send(client)
    mail = OutgoingEmail.objects.get()
    assert (mail.to_address, mail.purpose) == ("marlene@beispiel.de", "contact_received")
    text = mail.subject + mail.body
    assert Case.objects.get().reference in text
    for secret in ("Marlène", "Angelo", "marlene", "WLAN", "Nordstadt"):
        assert secret not in text


def test_confirmation_speaks_the_language_of_the_page(client: Any) -> None:
    send(client, "/en/kontakt/")
    assert Case.objects.get().language == "en"
    assert "Guten Tag" not in OutgoingEmail.objects.get().body


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (dt.datetime(2026, 11, 23, 9), dt.date(2026, 11, 26)),  # Monday to Thursday
        (dt.datetime(2026, 11, 20, 15), dt.date(2026, 11, 25)),  # over a weekend
        (dt.datetime(2026, 4, 2, 12), dt.date(2026, 4, 9)),  # over Easter
        (dt.datetime(2026, 12, 23, 12), dt.date(2026, 12, 29)),  # 24 December is worked
        (dt.datetime(2026, 11, 22, 23, 30), dt.date(2026, 11, 26)),  # past midnight in Wolfsburg
    ],
)
def test_answer_is_due_in_three_working_days(client: Any, moment: dt.datetime, due: dt.date) -> None:
    with time_machine.travel(moment.replace(tzinfo=dt.UTC), tick=False):
        assert transitions.answer_by() == due
        send(client)
        assert Case.objects.get().due_on == due
        assert f"{due.day}." in client.get("/kontakt/gesendet/").content.decode()


def test_form_knows_whoever_is_signed_in(client: Any, aylin: User) -> None:
    page = client.as_(aylin).get(WRITE).content.decode()
    for known in (aylin.given_name, aylin.family_name, aylin.email):
        assert f'value="{known}"' in page


def test_barrier_is_filed_with_the_page_it_was_met_on(client: Any) -> None:
    opened = client.get("/barriere-melden/", {"seite": "/leistungen/reisepass/"})
    assert 'value="/leistungen/reisepass/"' in opened.content.decode()
    client.post("/barriere-melden/", {**TYPED, "page": "/leistungen/reisepass/", "stamp": stamp_in(opened)})
    contact = Case.objects.get().contact
    assert (contact.topic, contact.page) == (Topic.BARRIER, "/leistungen/reisepass/")


def test_receipt_is_for_the_browser_that_wrote(client: Any) -> None:
    send(client)
    assert type(client)().get("/kontakt/gesendet/")["Location"] == WRITE


def test_form_of_another_site_is_refused(client: Any) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"})
    assert strict.post(WRITE, TYPED, secure=True).status_code == 403
    assert not Case.objects.exists()


def test_script_in_a_message_is_shown_as_text(client: Any, danuta: User) -> None:
    send(client, concern="<script>alert(1)</script>", family_name="<b>Fett</b>")
    page = client.as_(danuta).get(Case.objects.get().staff_url).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>Fett" not in page
    assert "&lt;script&gt;alert(1)" in page


# -- the same form sent again ------------------------------------------------------------------------


def test_same_form_sent_twice_is_filed_once(client: Any) -> None:
    same = stamp(client)
    first, second = (send(client, stamp=same) for _ in range(2))
    assert first["Location"] == second["Location"] == "/kontakt/gesendet/"
    assert Case.objects.count() == Message.objects.count() == OutgoingEmail.objects.count() == 1


def test_impatient_sender_gets_the_receipt_each_time(client: Any) -> None:
    same = stamp(client)
    for _ in range(PER_SENDER_AND_HOUR + 2):
        assert send(client, stamp=same)["Location"] == "/kontakt/gesendet/"
    assert Case.objects.count() == 1


def test_forms_opened_twice_are_two_messages(client: Any) -> None:
    send(client)
    send(client)
    assert Case.objects.count() == 2


# -- what is missing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("family_name", "", "Ihr Name fehlt. Beispiel: Özdemir-Groß"),
        ("email", "", "Ihre E-Mail-Adresse fehlt. Beispiel: name@beispiel.de"),
        ("email", "marlene@beispiel", "Diese E-Mail-Adresse ist nicht vollständig. Beispiel: name@beispiel.de"),
        ("concern", " \n ", "Ihr Anliegen fehlt."),
        ("concern", "ä" * 5001, "Bitte kürzen Sie den Text auf 5000 Zeichen. Es sind 5001."),
        ("family_name", "Ay\x07lin", "Ein Zeichen lässt sich nicht verarbeiten: Stelle 3, nach „Ay“ (U+0007)."),
        ("concern", "Hallo\ue000", "Ein Zeichen lässt sich nicht verarbeiten: Stelle 6, nach „Hallo“ (U+E000)."),
    ],
)
def test_answer_that_is_missing_or_wrong_is_named_and_the_rest_kept(
    client: Any, field: str, value: str, sentence: str
) -> None:
    page = assert_nothing_lost(send(client, **{field: value}), **{field: value})
    assert sentence in page
    assert f'href="#id_{field}"' in page
    assert not Case.objects.exists()


def test_form_that_came_back_can_be_sent(client: Any) -> None:
    back = send(client, family_name="")
    assert send(client, stamp=stamp_in(back)).status_code == 302
    assert Case.objects.count() == 1


# -- against machines -----------------------------------------------------------------------------------


def test_field_that_people_do_not_see_has_to_stay_empty_but_is_no_dead_end(client: Any) -> None:
    back = send(client, leerfeld="https://spam.example")
    page = assert_nothing_lost(back)
    assert "Ein verstecktes Feld war ausgefüllt. Wir haben es geleert." in page
    assert "spam.example" not in page
    assert not Case.objects.exists()
    # Some browser fills it in every time.
    assert send(client, leerfeld="https://spam.example", stamp=stamp_in(back)).status_code == 302
    assert Case.objects.count() == 1


def test_field_that_people_do_not_see_has_no_name_that_browsers_know(client: Any) -> None:
    page = client.get(WRITE).content.decode()
    trap = re.search(r'<div class="wp-trap".*?</div>', page, re.DOTALL)
    assert trap is not None
    name = re.search(r'name="([^"]+)"', trap[0])
    assert name is not None
    known = r"web|url|site|home|mail|phone|tel|name|addr|street|city|zip|post|country|company|org|fax|comment|title|user|pass"
    assert not re.search(known, name[1])


def test_form_filled_in_faster_than_a_person_can_is_asked_for_again(client: Any, settings: Any) -> None:
    settings.CONTACT_MINIMUM_SECONDS = 3
    with time_machine.travel(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), tick=False) as clock:
        same = stamp(client)
        clock.shift(2.5)
        back = send(client, stamp=same)
        assert "Das ging sehr schnell." in assert_nothing_lost(back)
        assert not Case.objects.exists()
        clock.shift(1)
        assert send(client, stamp=stamp_in(back)).status_code == 302
    assert Case.objects.count() == 1


@pytest.mark.parametrize("forged", ["", "x", "WyJhIiwxXQ:1abc:def", "a" * 400, signing.dumps(["x", 1], salt="another.salt"),
                                    signing.dumps("x", salt=STAMP_SALT), signing.dumps([1, 2, 3], salt=STAMP_SALT),
                                    signing.dumps(["no uuid", 1.0], salt=STAMP_SALT)], ids=lambda _v: "stamp")  # fmt: skip
def test_stamp_that_is_not_ours_is_replaced_and_nothing_typed_is_lost(client: Any, forged: str) -> None:
    back = send(client, stamp=forged)
    assert "Das Formular war zu lange offen." in assert_nothing_lost(back)
    assert not Case.objects.exists()
    assert send(client, stamp=stamp_in(back)).status_code == 302


def test_form_left_open_overnight_is_sent_with_one_more_click(client: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 23, 18, tzinfo=dt.UTC), tick=False) as clock:
        old = stamp(client)
        clock.shift(dt.timedelta(hours=13))
        back = send(client, stamp=old)
        assert "Das Formular war zu lange offen." in assert_nothing_lost(back)
        assert send(client, stamp=stamp_in(back)).status_code == 302


def test_sender_has_a_limit_by_the_hour(client: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), tick=False) as clock:
        for number in range(PER_SENDER_AND_HOUR):
            assert send(client, email=f"person{number}@beispiel.de").status_code == 302
        page = assert_nothing_lost(send(client, email="noch-eine@beispiel.de"), email="noch-eine@beispiel.de")
        assert "Von Ihrem Anschluss kamen gerade viele Nachrichten." in page
        assert "115" in page
        assert Case.objects.count() == PER_SENDER_AND_HOUR
        assert send(client, by="10.9.9.9", email="nachbar@beispiel.de").status_code == 302
        clock.shift(dt.timedelta(minutes=61))
        assert send(client, email="noch-eine@beispiel.de").status_code == 302


def test_sender_does_not_escape_the_limit_by_naming_other_addresses(client: Any) -> None:
    answers = []
    for number in range(PER_SENDER_AND_HOUR + 1):
        filled_in = {**TYPED, "email": f"person{number}@beispiel.de", "stamp": stamp(client)}
        headers = {
            "X-Forwarded-For": f"10.2.2.{number}",
            "X-Real-IP": f"10.2.2.{number}",
            "Forwarded": f"for=10.2.2.{number}",
        }
        answers.append(client.post(WRITE, filled_in, REMOTE_ADDR="10.1.1.1", headers=headers).status_code)
    assert answers == [302] * PER_SENDER_AND_HOUR + [422]


def test_address_has_a_limit_by_the_day(client: Any) -> None:
    """Nobody's mailbox is filled with confirmations they never asked for."""
    with time_machine.travel(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), tick=False) as clock:
        for number in range(PER_ADDRESS_AND_DAY):
            assert send(client, by=f"10.3.3.{number}").status_code == 302
        page = assert_nothing_lost(
            send(client, by="10.3.3.99", email="MARLENE@beispiel.de"), email="MARLENE@beispiel.de"
        )
        assert "Zu dieser E-Mail-Adresse liegen heute schon mehrere Nachrichten vor." in page
        assert Case.objects.count() == OutgoingEmail.objects.count() == PER_ADDRESS_AND_DAY
        clock.shift(dt.timedelta(hours=25))
        assert send(client, by="10.3.3.99").status_code == 302


def test_mistakes_do_not_count_against_the_limits(client: Any) -> None:
    for _ in range(PER_SENDER_AND_HOUR + 3):
        assert send(client, concern="").status_code == 422
    assert send(client).status_code == 302


# -- answering -------------------------------------------------------------------------------------------


def reply_url(case: Case) -> str:
    return f"/verwaltung/vorgaenge/{case.reference}/antworten/"


def link_in(mail: OutgoingEmail) -> str:
    """The path of the signed link in a mail."""
    (found,) = re.findall(r"https://testserver(/(?:en/)?kontakt/antwort/\S+)", mail.body)
    return str(found)


def test_clerks_answer_goes_out_with_its_words_and_a_signed_link(client: Any, contact_case: Case, danuta: User) -> None:
    OutgoingEmail.objects.all().delete()
    answer = client.as_(danuta).post(reply_url(contact_case), {"body": "Ja, im Frühjahr.\n\nÜber 5 Standorte & mehr."})
    assert answer["Location"] == contact_case.staff_url
    mail = OutgoingEmail.objects.get()
    assert (mail.to_address, mail.purpose) == ("marlene@example.org", "contact_reply")
    assert "Ja, im Frühjahr." in mail.body
    assert "Über 5 Standorte & mehr." in mail.body
    assert "Danuta Łukasik" in mail.body
    assert contact_case.reference in mail.subject
    for secret in ("Marlene", "Schäfer", "WLAN"):
        assert secret not in mail.subject + mail.body
    case = Case.objects.get(pk=contact_case.pk)
    assert (case.status, case.phase, case.due_on) == (Status.ANSWERED, Phase.WAITING, None)
    message = case.messages.get(direction="out")
    assert (message.author, message.email) == (danuta, mail)
    assert type(client)().get(link_in(mail)).status_code == 200


def test_answer_to_an_english_message_links_to_the_english_page(danuta: User) -> None:
    case = factories.contact_case(language="en")
    transitions.reply(case, body="Yes, in spring.", by=danuta)
    assert link_in(OutgoingEmail.objects.get(purpose="contact_reply")).startswith("/en/kontakt/antwort/")


def test_clerk_sees_the_question_while_answering(client: Any, contact_case: Case, danuta: User) -> None:
    page = client.as_(danuta).get(reply_url(contact_case)).content.decode()
    assert "Gibt es im Rathaus bald freies WLAN?" in page


def test_answer_sent_twice_goes_out_once(client: Any, contact_case: Case, danuta: User) -> None:
    address = f"/verwaltung/vorgaenge/{contact_case.reference}/antworten/"
    client.as_(danuta)
    for _ in range(2):
        assert client.post(address, {"body": "Im Frühjahr."}).status_code == 302
    assert OutgoingEmail.objects.filter(purpose="contact_reply").count() == 1
    # The same words after the person has written again are an answer of their own.
    transitions.reply_in(Case.objects.get(pk=contact_case.pk), body="Sicher?")
    client.post(address, {"body": "Im Frühjahr."})
    assert OutgoingEmail.objects.filter(purpose="contact_reply").count() == 2


def test_empty_answer_is_refused(client: Any, contact_case: Case, danuta: User) -> None:
    OutgoingEmail.objects.all().delete()
    answer = client.as_(danuta).post(reply_url(contact_case), {"body": " \n"})
    assert answer.status_code == 422
    assert not OutgoingEmail.objects.exists()
    assert Case.objects.get().status == Status.RECEIVED


def test_second_answer_goes_out_too(client: Any, answered: Case, danuta: User) -> None:
    client.as_(danuta).post(reply_url(answered), {"body": "Nachtrag: am 3. März."})
    assert OutgoingEmail.objects.filter(purpose="contact_reply").count() == 2
    assert Case.objects.get().status == Status.ANSWERED


def test_answer_to_a_case_that_was_closed_meanwhile_is_not_sent_and_not_lost(
    client: Any, contact_case: Case, danuta: User
) -> None:
    transitions.close(contact_case, by=danuta)
    answer = client.as_(danuta).post(reply_url(contact_case), {"body": "Ja, im Frühjahr."})
    assert answer.status_code == 422
    assert "Ja, im Frühjahr." in answer.content.decode()
    assert not OutgoingEmail.objects.filter(purpose="contact_reply").exists()


@pytest.mark.parametrize("path", ["antworten", "abschliessen"])
@pytest.mark.parametrize(("who", "status"), [("karla", 404), ("aylin", 404), ("samir", 404), (None, 302)])
def test_only_the_department_answers_and_closes(
    client: Any, contact_case: Case, request: Any, who: str | None, status: int, path: str
) -> None:
    client.as_(request.getfixturevalue(who) if who else None)
    url = f"/verwaltung/vorgaenge/{contact_case.reference}/{path}/"
    assert client.post(url, {"body": "Ja."}).status_code == status
    assert Case.objects.get().status == Status.RECEIVED


def test_application_is_not_answered_like_a_message(client: Any, parking_case: Case, karla: User) -> None:
    assert client.as_(karla).post(reply_url(parking_case), {"body": "Ja."}).status_code == 404


def test_message_is_answered_and_not_asked_back_with_a_date(client: Any, contact_case: Case, danuta: User) -> None:
    """The sender has no account in which a question with a date could wait."""
    day = add_working_days(today(), 5).strftime("%d.%m.%Y")
    url = f"/verwaltung/vorgaenge/{contact_case.reference}/tun/ask/"
    client.as_(danuta).post(url, {"ask-body": "Wo genau?", "ask-due_on": day})
    assert not OutgoingEmail.objects.filter(purpose="case_question").exists()
    assert Case.objects.get().status == Status.RECEIVED


# -- replying ------------------------------------------------------------------------------------------------


def test_reply_behind_the_link_brings_the_case_back(client: Any, answered: Case) -> None:
    path = link_in(OutgoingEmail.objects.get(purpose="contact_reply"))
    opened = client.get(path)
    page = html.unescape(opened.content.decode())
    assert "Gibt es im Rathaus bald freies WLAN?" in page
    assert "Ja, im Frühjahr." in page
    assert 'content="noindex"' in page
    assert "no-store" in opened["Cache-Control"]
    answer = client.post(path, {"body": "Danke! Auch am Schillerteich?"})
    assert answer["Location"] == f"{opened.request['PATH_INFO']}?gesendet=1"
    assert "Danke, Ihre Nachricht ist da." in client.get(answer["Location"]).content.decode()
    case = Case.objects.get(pk=answered.pk)
    assert (case.status, case.phase, case.due_on) == (Status.IN_PROGRESS, Phase.WORKING, transitions.answer_by())
    assert case.came_back_at is not None
    assert case in Case.objects.came_back()
    assert case.messages.last().body == "Danke! Auch am Schillerteich?"
    assert case.timeline.last().act == Act.MESSAGE_IN


def test_clerk_finds_what_came_back(client: Any, answered: Case, danuta: User) -> None:
    client.post(transitions.reply_path(answered), {"body": "Danke!"})
    assert answered.reference in client.as_(danuta).get("/verwaltung/vorgaenge/?liste=came_back").content.decode()


def test_two_replies_are_both_kept(client: Any, answered: Case) -> None:
    path = transitions.reply_path(answered)
    client.post(path, {"body": "Eins."})
    client.post(path, {"body": "Zwei."})
    assert [m.body for m in answered.messages.filter(direction="in")][-2:] == ["Eins.", "Zwei."]


def test_empty_reply_is_refused(client: Any, answered: Case) -> None:
    answer = client.post(transitions.reply_path(answered), {"body": " "})
    assert answer.status_code == 422
    assert "Ihre Nachricht fehlt." in answer.content.decode()
    assert Case.objects.get().status == Status.ANSWERED


def test_opening_the_link_changes_nothing(client: Any, answered: Case) -> None:
    entries = answered.timeline.count()
    for _ in range(3):
        client.get(transitions.reply_path(answered))
    assert answered.timeline.count() == entries
    assert Case.objects.get().status == Status.ANSWERED


def test_replies_have_a_limit_by_the_hour(client: Any, answered: Case) -> None:
    path = transitions.reply_path(answered)
    statuses = [client.post(path, {"body": f"Nummer {i}"}).status_code for i in range(REPLIES_PER_HOUR + 1)]
    assert statuses == [302] * REPLIES_PER_HOUR + [429]


def test_reply_to_a_closed_case_leads_to_a_new_message(client: Any, answered: Case) -> None:
    transitions.close(answered)
    path = transitions.reply_path(answered)
    page = client.get(path).content.decode()
    assert WRITE in page
    assert "<textarea" not in page
    client.post(path, {"body": "Danke!"})
    assert answered.messages.filter(direction="in").count() == 1
    assert Case.objects.get().status == Status.CLOSED
    with pytest.raises(TransitionError):
        transitions.reply_in(Case.objects.get(), body="Danke!")


def test_reply_that_comes_just_too_late_is_shown_again_to_be_copied(client: Any, answered: Case) -> None:
    path = transitions.reply_path(answered)
    client.get(path)
    transitions.close(answered)
    answer = client.post(path, {"body": "Eine lange, mühsam getippte Antwort."}, follow=True)
    assert "Eine lange, mühsam getippte Antwort." in answer.content.decode()


# -- the token ----------------------------------------------------------------------------------------------


def tampered(token: str) -> list[str]:
    value, moment, signature = token.split(":")
    other = signing.b64_encode(b"999999").decode()
    return [
        f"{other}:{moment}:{signature}",
        f"{value}:0{moment}:{signature}",
        f"{value}:{moment}:{signature[:-1]}",
        f"{value}:{moment}:{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
        f"{value}:{moment}:",
        f"{value}:{moment}",
        value,
        "x",
        "ä:ö:ü",
        "::",
        "." * 500,
    ]


def test_tampered_token_is_not_found(client: Any, answered: Case) -> None:
    for token in tampered(transitions.reply_token(answered)):
        for answer in (
            client.get(f"/kontakt/antwort/{token}/"),
            client.post(f"/kontakt/antwort/{token}/", {"body": "x"}),
        ):
            assert answer.status_code == 404, token
    assert answered.messages.count() == 2


def test_token_of_another_purpose_is_not_found(client: Any, answered: Case) -> None:
    for salt in ("contact.stamp", "django.core.signing", "applications.draft"):
        assert client.get(f"/kontakt/antwort/{signing.dumps(answered.pk, salt=salt)}/").status_code == 404


def test_token_opens_messages_and_no_applications(client: Any, parking_case: Case) -> None:
    assert client.get(f"/kontakt/antwort/{transitions.reply_token(parking_case)}/").status_code == 404


def test_token_of_a_case_that_is_erased_is_not_found(client: Any, answered: Case) -> None:
    path = transitions.reply_path(answered)
    Case.objects.get().delete()
    assert client.get(path).status_code == 404


def test_token_grows_old(client: Any, answered: Case) -> None:
    path = transitions.reply_path(answered)
    with time_machine.travel(timezone.now() + dt.timedelta(days=transitions.REPLY_DAYS - 1), tick=False):
        assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(days=transitions.REPLY_DAYS + 1), tick=False):
        assert client.get(path).status_code == 404


def test_link_tells_nothing_of_the_person_or_the_message(answered: Case) -> None:
    path = transitions.reply_path(answered)
    assert answered.reference not in path
    assert "marlene" not in path


# -- closing --------------------------------------------------------------------------------------------------


def quiet_since(case: Case, days: float) -> None:
    Message.objects.filter(case=case).update(created_at=timezone.now() - dt.timedelta(days=days))


def test_answered_case_is_closed_after_two_quiet_weeks(answered: Case) -> None:
    quiet_since(answered, transitions.CLOSE_AFTER_DAYS + 0.1)
    assert transitions.close_answered() == 1
    case = Case.objects.get()
    assert (case.status, case.phase) == (Status.CLOSED, Phase.CLOSED)
    assert case.closed_at is not None
    entry = case.timeline.last()
    assert (entry.act, entry.actor) == (Act.CLOSED, None)
    assert transitions.close_answered() == 0


def test_answered_case_stays_open_for_two_weeks(answered: Case) -> None:
    quiet_since(answered, transitions.CLOSE_AFTER_DAYS - 0.1)
    assert transitions.close_answered() == 0
    assert Case.objects.get().is_open


def test_last_word_counts_and_not_the_first(answered: Case, danuta: User) -> None:
    quiet_since(answered, 100)
    transitions.reply(answered, body="Nachtrag.", by=danuta)
    assert transitions.close_answered() == 0


def test_case_that_waits_for_the_city_is_never_closed_by_itself(client: Any, answered: Case) -> None:
    waiting = factories.contact_case()
    transitions.reply_in(answered, body="Danke! Und am Schillerteich?")
    for case in (answered, waiting):
        quiet_since(case, 1000)
    assert transitions.close_answered() == 0


def test_nightly_task_closes(answered: Case, parking_case: Case) -> None:
    quiet_since(answered, 100)
    close_answered()
    assert not Case.objects.get(pk=answered.pk).is_open
    assert Case.objects.get(pk=parking_case.pk).is_open


def test_clerk_closes_without_another_answer(client: Any, contact_case: Case, danuta: User) -> None:
    OutgoingEmail.objects.all().delete()
    url = f"/verwaltung/vorgaenge/{contact_case.reference}/abschliessen/"
    asked = client.as_(danuta).get(url).content.decode()
    assert "Auf diese Nachricht hat noch niemand geantwortet." in asked
    assert contact_case.messages.get().body in asked
    contact_case.refresh_from_db()
    assert contact_case.is_open, "asked first"
    assert client.post(url)["Location"] == contact_case.staff_url
    case = Case.objects.get()
    assert (case.status, case.timeline.last().actor) == (Status.CLOSED, danuta)
    assert not OutgoingEmail.objects.exists()
    assert client.post(url).status_code == 302
    assert client.get(url)["Location"] == contact_case.staff_url
    assert case.timeline.filter(act=Act.CLOSED).count() == 1
