"""E-mails: rows first, handed to a real SMTP server by a worker's call."""

import datetime as dt
import email
import email.policy
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.conf import settings as portal_settings
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Department, Role, User
from apps.cases.models import Case
from apps.core import emails
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.plugs import _overdue_emails
from apps.core.tasks import send_email
from tests import factories
from tests.core.test_locks import held_elsewhere

pytestmark = pytest.mark.django_db


class Server:
    """A mail server that answers as it is told and keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.answer_to_address = "250 OK"
        self.answer_to_message = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer_to_address.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_address

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer_to_message.startswith("250"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer_to_message


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mailers(port: int) -> dict[str, Any]:
    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    """The mail server the portal is configured with."""
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MAILERS = mailers(controller.port)
    yield handler
    controller.stop()


@pytest.fixture
def no_server(settings: Any) -> None:
    """Nobody listens at the mail server's port."""
    settings.MAILERS = mailers(free_port())


@pytest.fixture
def danuta() -> User:
    """A clerk of the department that answers messages."""
    department = Department.objects.get(slug=portal_settings.CONTACT_DEPARTMENT)
    return factories.staff("danuta@example.org", "Danuta", "Łukasik", (Role.CLERK, department))


def queued(**values: Any) -> OutgoingEmail:
    """A row that waits to be sent."""
    defaults = {"to_address": "aylin@example.org", "subject": "Ihr Antrag ist da", "body": "Guten Tag,\n",
                "purpose": "application_received"}  # fmt: skip
    return OutgoingEmail.objects.create(**(defaults | values))


def after(row: OutgoingEmail) -> OutgoingEmail:
    return OutgoingEmail.objects.get(pk=row.pk)


# -- queueing ----------------------------------------------------------------------------------


def test_queue_writes_a_row_and_sends_nothing(server: Server) -> None:
    row = emails.queue("aylin@example.org", "application_received",
                       {"reference": "4KM-7TX-9RP", "link": "https://testserver/x"}, language="de")  # fmt: skip
    assert (row.status, row.attempts, row.purpose) == (EmailStatus.PENDING, 0, "application_received")
    assert "4KM-7TX-9RP" in row.subject
    assert "\n" not in row.subject
    assert "https://testserver/x" in row.body
    assert server.taken == []
    assert mail.outbox == []


def test_queue_writes_in_the_language_of_the_reader(db: None) -> None:
    context = {"reference": "4KM-7TX-9RP", "link": "https://testserver/x"}
    german = emails.queue("a@example.org", "application_received", context, language="de")
    english = emails.queue("a@example.org", "application_received", context, language="en")
    assert german.body.startswith("Guten Tag,")
    assert english.body != german.body


def test_queue_rings_with_the_id_only(monkeypatch: Any) -> None:
    rung: list[Any] = []
    monkeypatch.setattr("apps.core.bell.ring", lambda *what: rung.append(what))
    row = emails.queue_text("aylin@example.org", "s", "b", purpose="p")
    assert rung == [(emails.SEND_TASK, row.pk)]


# -- sending -----------------------------------------------------------------------------------


def test_worker_sends_the_row_once(server: Server) -> None:
    row = queued(subject="Überprüfung für Łukaszewicz-Ñáñez", body="Grüße aus Wolfsburg – 100 € ✓\n")
    send_email(str(row.pk))
    (message,) = server.taken
    assert message["To"] == "aylin@example.org"
    assert message["Subject"] == "Überprüfung für Łukaszewicz-Ñáñez"
    assert message.get_content().strip() == "Grüße aus Wolfsburg – 100 € ✓"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == portal_settings.DEFAULT_FROM_EMAIL
    sent = after(row)
    assert (sent.status, sent.attempts) == (EmailStatus.SENT, 1)
    assert sent.sent_at is not None
    send_email(str(row.pk))
    assert len(server.taken) == 1


def test_message_id_is_the_rows_and_tells_nothing(server: Server) -> None:
    row = queued()
    send_email(str(row.pk))
    assert server.taken[0]["Message-ID"] == f"<{row.pk}@{portal_settings.SERVER_EMAIL.rpartition('@')[2]}>"


def test_crash_between_sending_and_commit_sends_again_under_the_same_message_id(
    server: Server, monkeypatch: Any
) -> None:
    row = queued()

    def killed(*_args: Any, **_kwargs: Any) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr("apps.core.emails.move", killed)
        with pytest.raises(SystemExit):
            emails.send(str(row.pk))
    assert after(row).status == EmailStatus.PENDING
    assert emails.send(str(row.pk)) is True
    first, second = server.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert after(row).attempts == 2


def test_row_that_another_worker_is_sending_is_left_to_it(server: Server) -> None:
    row = queued()
    with held_elsewhere(f"email:{row.pk}"):
        assert emails.send(str(row.pk)) is False
    assert server.taken == []
    assert after(row).attempts == 0
    assert emails.send(str(row.pk)) is True


def test_id_that_does_not_exist_is_nothing_to_do(server: Server) -> None:
    assert emails.send(str(uuid.uuid4())) is False


# -- refusals ----------------------------------------------------------------------------------


def test_address_that_is_refused_for_good_is_undeliverable(server: Server) -> None:
    server.answer_to_address = "550 5.1.1 mailbox unavailable: aylin@example.org"
    row = queued()
    assert emails.send(str(row.pk)) is False
    refused = after(row)
    assert (refused.status, refused.last_error) == (EmailStatus.UNDELIVERABLE, "SMTP 550")
    assert "aylin" not in refused.last_error
    assert emails.send(str(row.pk)) is False
    assert after(row).attempts == 1


def test_undeliverable_mail_is_shown_to_the_clerk(server: Server, danuta: User, client: Any) -> None:
    case = factories.contact_case()
    server.answer_to_address = "550 no such user"
    for row in OutgoingEmail.objects.all():
        emails.send(str(row.pk))
    page = client.as_(danuta).get(case.staff_url).content.decode()
    assert "Eine E-Mail an marlene@example.org war nicht zustellbar" in page
    queue = client.get("/verwaltung/vorgaenge/?liste=undeliverable").content.decode()
    assert case.reference in queue
    desk = client.get("/verwaltung/").content.decode()
    assert "E-Mail nicht zustellbar" in desk


@pytest.mark.parametrize("answer", ["450 4.2.1 try later", "451 greylisted", "421 too busy", "452 mailbox full"])
def test_address_that_is_refused_for_now_is_tried_again_later(server: Server, answer: str) -> None:
    server.answer_to_address = answer
    row = queued()
    assert emails.send(str(row.pk)) is False
    waiting = after(row)
    assert (waiting.status, waiting.attempts) == (EmailStatus.PENDING, 1)
    assert waiting.last_error
    assert waiting.next_try > timezone.now() + dt.timedelta(seconds=20)
    assert row not in _overdue_emails(timezone.now())
    server.answer_to_address = "250 OK"
    with time_machine.travel(waiting.next_try + dt.timedelta(seconds=60), tick=False):
        assert row in _overdue_emails(timezone.now())
        assert emails.send(str(row.pk)) is True
    assert len(server.taken) == 1


def test_message_that_is_refused_for_now_is_tried_again_later(server: Server) -> None:
    server.answer_to_message = "451 4.3.0 out of disk"
    row = queued()
    assert emails.send(str(row.pk)) is False
    assert (after(row).status, after(row).last_error) == (EmailStatus.PENDING, "SMTPDataError")


def test_server_that_is_away_is_tried_again_later(no_server: None) -> None:
    row = queued()
    assert emails.send(str(row.pk)) is False
    assert (after(row).status, after(row).last_error) == (EmailStatus.PENDING, "ConnectionRefusedError")


def test_waiting_time_doubles_up_to_an_hour(no_server: None) -> None:
    row = queued()
    waits = []
    start = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False):
        for _ in range(9):
            emails.send(str(row.pk))
            waits.append((after(row).next_try - start).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_mail_is_given_up_after_many_tries_and_the_log_says_so(no_server: None, caplog: Any) -> None:
    row = queued(attempts=emails.MAX_ATTEMPTS - 1)
    emails.send(str(row.pk))
    assert after(row).status == EmailStatus.DEAD
    assert f"email {row.pk} given up" in caplog.text


def test_administrator_has_given_up_mails_tried_again(no_server: None, client: Any) -> None:
    row = queued(attempts=emails.MAX_ATTEMPTS - 1)
    emails.send(str(row.pk))
    root = User.objects.create_superuser("root@example.org", "x")
    client.as_(root)
    asked = {"action": "try_again", "_selected_action": [str(row.pk)]}
    page = client.post(reverse("admin:core_outgoingemail_changelist"), asked, follow=True).content.decode()
    assert "1 E-Mails werden noch einmal versucht." in page
    assert (after(row).status, after(row).attempts, after(row).last_error) == (EmailStatus.PENDING, 0, "")


def test_mail_that_was_given_up_is_shown_to_the_clerk(no_server: None, danuta: User, client: Any) -> None:
    """Who waits for an answer by mail must not be forgotten because a server was down for a night."""
    case = factories.contact_case()
    OutgoingEmail.objects.update(attempts=emails.MAX_ATTEMPTS - 1)
    for row in OutgoingEmail.objects.all():
        emails.send(str(row.pk))
    assert OutgoingEmail.objects.filter(status=EmailStatus.DEAD).exists()
    page = client.as_(danuta).get(case.staff_url).content.decode()
    assert "marlene@example.org war nicht zustellbar" in page


def test_address_that_no_mail_can_carry_is_undeliverable(server: Server) -> None:
    """Django's own check of addresses lets control characters in quotes pass; its mail does not."""
    row = queued(to_address='"\x01"@example.org')
    assert emails.send(str(row.pk)) is False
    assert after(row).status == EmailStatus.UNDELIVERABLE


def test_log_names_no_address(no_server: None, caplog: Any) -> None:
    emails.send(str(queued().pk))
    assert "aylin" not in caplog.text


# -- what is kept ------------------------------------------------------------------------------


def test_body_of_an_account_mail_is_blanked_once_it_is_sent(server: Server) -> None:
    row = queued(purpose="account email_confirmation", body="https://testserver/konto/confirm-email/secret/\n")
    emails.send(str(row.pk))
    assert "secret" in server.taken[0].get_content()
    assert after(row).body == ""


def test_body_of_an_account_mail_is_kept_while_it_waits(no_server: None) -> None:
    row = queued(purpose="account password_reset_key", body="https://testserver/konto/secret/\n")
    emails.send(str(row.pk))
    assert "secret" in after(row).body


def test_body_of_another_mail_is_kept(server: Server) -> None:
    row = queued()
    emails.send(str(row.pk))
    assert after(row).body == "Guten Tag,\n"


def test_mail_of_an_account_is_known_by_its_purpose(client: Any, aylin: User) -> None:
    client.post("/konto/password/reset/", {"email": aylin.email})
    row = OutgoingEmail.objects.get()
    assert row.purpose.startswith("account")
    assert row.to_address == aylin.email


def test_sweep_does_not_ring_for_what_is_sent_or_new(server: Server) -> None:
    fresh, sent, old = queued(), queued(), queued()
    emails.send(str(sent.pk))
    past = timezone.now() - dt.timedelta(hours=1)
    OutgoingEmail.objects.filter(pk__in=[old.pk, sent.pk]).update(created_at=past, next_try=past)
    cutoff = timezone.now() - dt.timedelta(seconds=portal_settings.SWEEP_AGE_SECONDS)
    assert list(_overdue_emails(cutoff)) == [old]
    assert fresh not in _overdue_emails(cutoff)


def test_case_knows_its_mails(parking_case: Case) -> None:
    entry = parking_case.timeline.get(email__isnull=False)
    assert entry.email.purpose == "application_received"
    assert entry.public is False


def test_mail_goes_to_the_domain_as_it_is_registered_today(db: None) -> None:
    email = emails.queue_text("jane@weiße-straße.de", "Betreff", "Text", purpose="test")
    assert emails.send(str(email.pk))
    assert mail.outbox[-1].to == ["jane@xn--weie-strae-73ag.de"]


def test_domain_that_cannot_be_is_undeliverable(db: None) -> None:
    email = emails.queue_text("jane@☕.de", "Betreff", "Text", purpose="test")
    assert not emails.send(str(email.pk))
    email.refresh_from_db()
    assert email.status == EmailStatus.UNDELIVERABLE
