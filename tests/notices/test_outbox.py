"""Letters that go out by post: which, printed how, noted when."""

import io
import smtplib
import ssl
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pikepdf
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case, TimelineEntry
from apps.cases.states import Act, Way
from apps.core import emails
from apps.core.business_calendar import next_working_day, today
from apps.core.mail_addresses import NoDomain
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.sockets import closings
from apps.notices import printing, rendering, transitions
from apps.notices.models import Delivery, Letter
from tests import factories

OUTBOX = "/verwaltung/postausgang/"


def decided(case: Case, by: Any, outcome: str = Status.GRANTED, *, sent: bool = True) -> Delivery:
    applications.decide(
        case, outcome=outcome, reasons="", by=by, fee=Decimal("30.70"), valid_from=today(), valid_until=today()
    )
    delivery = factories.delivery_of(case)
    assert rendering.render(delivery.letter_id)
    delivery.refresh_from_db()
    if sent and delivery.notification is not None:
        assert emails.send(str(delivery.notification_id))
        delivery.refresh_from_db()
    return delivery


def by_post(user: Any, karla: Any) -> Delivery:
    case = applications.submit(factories.parking_draft(user), by=user, way=Way.POST)
    return decided(case, karla)


@pytest.fixture
def in_portal(parking_case: Case, karla: Any) -> Delivery:
    return decided(parking_case, karla)


def days_later(delivery: Delivery, days: int) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(available_until=today() + timedelta(days=10 - days))
    delivery.refresh_from_db()


def test_letter_for_the_post_waits_until_it_is_noted(client: Any, aylin: Any, karla: Any) -> None:
    letter = by_post(aylin, karla)
    client.as_(karla)
    desk = client.get("/verwaltung/").content.decode()
    assert "Noch zu versenden" in desk
    page = client.get(OUTBOX).content.decode()
    assert letter.notice.case.reference in page
    assert "So gewünscht" in page
    day = today().strftime("%d.%m.%Y")
    answer = client.post(OUTBOX, {"letters": [letter.pk], "posted_on": day, "posted": "1"}, follow=True)
    assert "Ein Brief ist als versendet vermerkt." in answer.content.decode()
    letter.refresh_from_db()
    assert (letter.posted_on, letter.posted_by) == (today(), karla)
    assert not Delivery.objects.to_post().exists()
    assert TimelineEntry.objects.get(case=letter.notice.case, act=Act.NOTICE_POSTED).actor == karla
    assert "Noch zu versenden" not in client.get("/verwaltung/").content.decode()
    client.as_(aylin)
    assert "zur Post gegeben" in client.get(letter.notice.case.get_absolute_url()).content.decode()


def test_letter_in_the_portal_goes_by_post_after_ten_days_unread(client: Any, in_portal: Delivery, aylin: Any) -> None:
    assert in_portal.available_until == next_working_day(today() + timedelta(days=10))
    days_later(in_portal, 10)
    assert not Delivery.objects.to_post().exists()
    days_later(in_portal, 11)
    assert list(Delivery.objects.to_post()) == [in_portal]
    # The law ends the retrieval; the page says why, and what happens now.
    client.as_(aylin)
    address = reverse("notices:document", args=[in_portal.pk])
    assert client.get(address).status_code == 302
    page = client.get(in_portal.notice.case.get_absolute_url()).content.decode()
    assert "nicht innerhalb von zehn Tagen geöffnet" in page
    assert address not in page
    # On paper it is known; then the copy may be read here.
    transitions.posted([in_portal], on=today(), by=None)
    assert client.get(address).status_code == 200


def test_letter_that_was_opened_stays_in_the_portal(client: Any, in_portal: Delivery, aylin: Any, karla: Any) -> None:
    client.as_(karla)
    client.get(in_portal.get_absolute_url())
    in_portal.refresh_from_db()
    assert in_portal.opened_at is None, "a clerk's look is no retrieval"
    client.as_(aylin)
    client.get(in_portal.get_absolute_url())
    days_later(in_portal, 11)
    assert in_portal.opened_at is not None
    assert not Delivery.objects.to_post().exists()
    assert client.get(in_portal.get_absolute_url()).status_code == 200


def test_tax_notice_counts_from_the_mail_and_is_not_posted(aylin: Any, piotr: Any) -> None:
    delivery = decided(factories.dog_case(aylin), piotr, Status.ASSESSED)
    assert delivery.available_until is None
    assert not delivery.retrieval_ended
    assert not Delivery.objects.to_post().exists()


@pytest.mark.parametrize(
    ("sent_on", "last"),
    [
        # § 187(1) BGB: sent on 1 December, last day 11 December.
        (datetime(2026, 12, 1, 9), date(2026, 12, 11)),
        (datetime(2026, 12, 1, 22, 59), date(2026, 12, 11)),
        # After midnight in Wolfsburg it is the next day.
        (datetime(2026, 12, 1, 23, 30), date(2026, 12, 14)),
        # § 31(3) VwVfG: not on a Saturday, a Sunday or a holiday (25 and 26 December, then a Sunday).
        (datetime(2026, 12, 2, 9), date(2026, 12, 14)), (datetime(2026, 12, 3, 9), date(2026, 12, 14)),
        (datetime(2026, 12, 15, 9), date(2026, 12, 28)),
    ],
)  # fmt: skip
def test_ten_days_are_counted_from_the_day_after_the_mail_was_sent(
    parking_case: Case, karla: Any, sent_on: datetime, last: date
) -> None:
    delivery = decided(parking_case, karla, sent=False)
    assert delivery.available_until is None, "rendering begins no period"
    with time_machine.travel(sent_on.replace(tzinfo=UTC), tick=False):
        assert emails.send(str(delivery.notification_id))
    delivery.refresh_from_db()
    assert delivery.available_until == last


def test_mail_says_how_long_and_what_happens_then(in_portal: Delivery, aylin: Any, piotr: Any) -> None:
    assert "innerhalb von zehn Tagen" in in_portal.notification.body
    assert "mit der Post" in in_portal.notification.body
    tax = decided(factories.dog_case(aylin), piotr, Status.ASSESSED)
    assert "zehn Tagen" not in tax.notification.body


@pytest.mark.parametrize("error", [smtplib.SMTPRecipientsRefused({"aylin@example.org": (550, b"no")}), NoDomain()])
def test_nobody_could_be_told_so_the_letter_is_posted(
    parking_case: Case, karla: Any, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = decided(parking_case, karla, sent=False)
    assert not Delivery.objects.to_post().exists()

    def refuse(_email: OutgoingEmail) -> None:
        raise error

    monkeypatch.setattr(emails, "_hand_over", refuse)
    assert not emails.send(str(delivery.notification_id))
    assert list(Delivery.objects.to_post()) == [delivery]
    # What the letter needs to know does not hang on the mail, which is erased after a while.
    OutgoingEmail.objects.all().delete()
    assert list(Delivery.objects.to_post()) == [delivery]


def test_mail_that_was_given_up_and_sent_later_begins_the_ten_days(parking_case: Case, karla: Any) -> None:
    delivery = decided(parking_case, karla, sent=False)
    transitions.told(delivery.notification, EmailStatus.DEAD)
    assert list(Delivery.objects.to_post()) == [delivery]
    assert emails.send(str(delivery.notification_id))
    assert not Delivery.objects.to_post().exists()
    delivery.refresh_from_db()
    assert delivery.available_until is not None


def test_clerk_notes_that_the_mail_came_back(
    client: Any, in_portal: Delivery, karla: Any, aylin: Any, piotr: Any
) -> None:
    url = reverse("notices:came_back", args=[in_portal.pk])
    for stranger in (aylin, piotr):
        assert client.as_(stranger).post(url).status_code == 404
    assert "E-Mail kam zurück" in client.as_(karla).get(in_portal.notice.case.staff_url).content.decode()
    page = client.post(url, follow=True).content.decode()
    assert "Der Bescheid wartet jetzt im Postausgang." in page
    assert "E-Mail nicht zustellbar:" in page
    assert list(Delivery.objects.to_post()) == [in_portal]
    assert "E-Mail nicht zustellbar" in client.get(OUTBOX).content.decode()
    assert not TimelineEntry.objects.get(act=Act.EMAIL_BACK).public
    assert "Das geht bei diesem Stand" in client.post(url, follow=True).content.decode()


@pytest.mark.parametrize("error", [ssl.SSLCertVerificationError(), smtplib.SMTPNotSupportedError("STARTTLS extension")])
def test_fault_of_the_mail_server_says_nothing_of_the_address(
    parking_case: Case, karla: Any, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = decided(parking_case, karla, sent=False)

    def fail(_email: OutgoingEmail) -> None:
        raise error

    monkeypatch.setattr(emails, "_hand_over", fail)
    assert not emails.send(str(delivery.notification_id))
    assert OutgoingEmail.objects.get(pk=delivery.notification_id).status == EmailStatus.PENDING
    assert not Delivery.objects.to_post().exists()


def test_mail_that_is_not_out_yet_has_not_come_back(client: Any, parking_case: Case, karla: Any) -> None:
    delivery = decided(parking_case, karla, sent=False)
    assert "E-Mail kam zurück" not in client.as_(karla).get(parking_case.staff_url).content.decode()
    client.post(reverse("notices:came_back", args=[delivery.pk]))
    assert not Delivery.objects.to_post().exists()


def test_letter_that_was_fetched_is_not_posted_although_the_mail_came_back(
    client: Any, in_portal: Delivery, karla: Any, aylin: Any
) -> None:
    client.as_(aylin).get(in_portal.get_absolute_url())
    client.as_(karla).post(reverse("notices:came_back", args=[in_portal.pk]))
    assert not Delivery.objects.to_post().exists()


@pytest.mark.parametrize(
    "header", [{"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}]
)
def test_browser_that_guesses_has_fetched_nothing(
    client: Any, in_portal: Delivery, aylin: Any, header: dict[str, str]
) -> None:
    answer = client.as_(aylin).get(in_portal.get_absolute_url(), headers=header)
    assert answer.status_code == 503
    in_portal.refresh_from_db()
    assert in_portal.opened_at is None
    assert not TimelineEntry.objects.filter(act=Act.NOTICE_OPENED).exists()


def test_look_of_a_clerk_is_not_in_the_timeline_of_the_citizen(
    client: Any, in_portal: Delivery, aylin: Any, karla: Any
) -> None:
    client.as_(karla).get(in_portal.get_absolute_url())
    assert "Bescheid geöffnet" in client.get(in_portal.notice.case.staff_url).content.decode()
    assert "Bescheid geöffnet" not in client.as_(aylin).get(in_portal.notice.case.get_absolute_url()).content.decode()
    client.get(in_portal.get_absolute_url())
    assert "Bescheid geöffnet" in client.get(in_portal.notice.case.get_absolute_url()).content.decode()


def test_closing_the_account_sends_what_is_unread_by_post(in_portal: Delivery, aylin: Any) -> None:
    for plugged in closings:
        plugged(aylin)
    assert list(Delivery.objects.to_post()) == [in_portal]


def test_posted_twice_is_noted_once(in_portal: Delivery, karla: Any) -> None:
    assert transitions.posted([in_portal], on=today(), by=karla) == 1
    assert transitions.posted([in_portal], on=today(), by=karla) == 0
    assert TimelineEntry.objects.filter(act=Act.NOTICE_POSTED).count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"posted": "1", "posted_on": "22.11.2026"}, "mindestens einen Brief"),
        ({"print": "1"}, "mindestens einen Brief"),
        ({"posted": "1", "posted_on": "", "letters": ["it"]}, "wann Sie die Briefe"),
        ({"posted": "1", "posted_on": "31.02.2026", "letters": ["it"]}, "Dieses Datum gibt es nicht"),
        ({"posted": "1", "posted_on": "01.01.2999", "letters": ["it"]}, "in der Zukunft"),
        ({"posted": "1", "posted_on": "01.01.2001", "letters": ["it"]}, "noch nicht"),
        ({"posted": "1", "posted_on": "01.01.2001", "letters": ["x"]}, "wartet nicht mehr"),
    ],
)
def test_bad_input_in_the_outbox_is_said(
    client: Any, aylin: Any, karla: Any, data: dict[str, Any], sentence: str
) -> None:
    letter = by_post(aylin, karla)
    sent = {**data, "letters": [str(letter.pk) if x == "it" else x for x in data.get("letters", [])]}
    client.as_(karla)
    answer = client.post(OUTBOX, sent)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    letter.refresh_from_db()
    assert letter.posted_on is None


def test_letters_of_others_are_neither_listed_nor_touched(client: Any, aylin: Any, karla: Any, piotr: Any) -> None:
    letter = by_post(aylin, karla)
    client.as_(piotr)
    assert letter.notice.case.reference not in client.get(OUTBOX).content.decode()
    assert client.post(OUTBOX, {"print": "1", "letters": [letter.pk]}).status_code == 422


def test_letters_are_printed_in_one_file_each_on_a_sheet_of_its_own(client: Any, aylin: Any, karla: Any) -> None:
    letters = [by_post(aylin, karla) for _ in range(3)]
    client.as_(karla)
    answer = client.post(OUTBOX, {"print": "1", "letters": [x.pk for x in letters], "posted_on": ""})
    assert answer["Content-Type"] == "application/pdf"
    assert aylin.family_name not in answer["Content-Disposition"]
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        each = [n + n % 2 for n in (x.letter.document.pages for x in letters)]
        assert len(pdf.pages) == sum(each)
    assert TimelineEntry.objects.filter(act=Act.NOTICE_OPENED, actor=karla).count() == 3
    assert Delivery.objects.to_post().count() == 3, "printing is not posting"


def test_odd_letters_are_filled_up() -> None:
    with pikepdf.open(io.BytesIO(printing.one_file([factories.pdf_bytes(), factories.pdf_bytes()]))) as pdf:
        assert len(pdf.pages) == 4


def test_outbox_takes_as_many_queries_for_three_letters_as_for_one(client: Any, aylin: Any, karla: Any) -> None:
    by_post(aylin, karla)
    client.as_(karla)
    client.get(OUTBOX)
    with CaptureQueriesContext(connection) as one:
        client.get(OUTBOX)
    by_post(aylin, karla)
    by_post(aylin, karla)
    with CaptureQueriesContext(connection) as three:
        client.get(OUTBOX)
    assert len(one) == len(three)


def test_late_letters_make_the_tile_urgent(client: Any, aylin: Any, karla: Any) -> None:
    letter = by_post(aylin, karla)
    client.as_(karla)
    assert "wp-tile--urgent" not in client.get("/verwaltung/").content.decode()
    Letter.objects.filter(pk=letter.letter_id).update(done_at=timezone.now() - timedelta(days=2))
    assert "wp-tile--urgent" in client.get("/verwaltung/").content.decode()


@pytest.mark.parametrize(("days_left", "fetched"), [(1, True), (0, True), (-1, False)])
def test_letter_is_fetched_until_the_end_of_the_last_day(
    client: Any, aylin: Any, in_portal: Delivery, days_left: int, fetched: bool
) -> None:
    days_later(in_portal, 10 - days_left)
    answer = client.as_(aylin).get(in_portal.get_absolute_url())
    assert answer.status_code == (200 if fetched else 302)
    assert Delivery.objects.filter(opened_at=None).exists() is not fetched
