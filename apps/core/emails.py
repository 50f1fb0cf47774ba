"""E-mails: queued as rows, sent by a worker."""

import logging
import smtplib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from apps.core import bell
from apps.core.locks import try_lock
from apps.core.mail_addresses import for_sending
from apps.core.models import EMAIL_WORKFLOW, EmailStatus, OutgoingEmail
from apps.core.sockets import mail_fates
from apps.core.transitions import Who, move

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
SEND_TASK = "core.send_email"


def queue(to_address: str, template: str, context: dict[str, Any], *, language: str) -> OutgoingEmail:
    """Write the e-mail ``emails/<template>.txt`` to be sent and ring after the commit.

    The template's first line is the subject. An e-mail is a postcard: texts of our own carry no
    personal data; what a clerk answers to a message is the clerk's to weigh.
    """
    with translation.override(language):
        context = {"city": settings.CITY, "site_url": settings.SITE_URL, **context}
        text = render_to_string(f"emails/{template}.txt", context)
    subject, _, body = text.strip().partition("\n")
    return queue_text(to_address, subject.strip(), body.strip() + "\n", purpose=template)


def queue_text(to_address: str, subject: str, body: str, *, purpose: str) -> OutgoingEmail:
    """Write an e-mail whose text is ready and ring after the commit."""
    email = OutgoingEmail.objects.create(to_address=to_address, subject=subject[:200], body=body, purpose=purpose)
    bell.ring(SEND_TASK, email.pk)
    return email


def send(email_id: str) -> bool:
    """Send the e-mail if it still waits; True when it is now sent.

    At least once: a crash between sending and the commit sends it again under the same
    Message-ID. A permanent refusal of the address (SMTP 5xx) marks it undeliverable.
    """
    with try_lock(f"email:{email_id}") as held:
        email = OutgoingEmail.objects.filter(pk=email_id, status=EmailStatus.PENDING).first()
        if not held or email is None:
            return False
        email.attempts += 1
        # Counted in a commit of its own, before the risky part.
        email.next_try = timezone.now() + timedelta(seconds=min(15 * 2**email.attempts, 3600))
        email.save(update_fields=["attempts", "next_try"])
        try:
            _hand_over(email)
        except smtplib.SMTPRecipientsRefused as refusal:
            codes = [code for code, _text in refusal.recipients.values()]
            if all(500 <= code < 600 for code in codes):
                _end(email, EmailStatus.UNDELIVERABLE, last_error=f"SMTP {codes[0]}")
            else:
                _failed(email, f"SMTP {codes[0]}")
            return False
        except smtplib.SMTPDataError as error:
            if 500 <= error.smtp_code < 600:
                _end(email, EmailStatus.UNDELIVERABLE, last_error=f"SMTP {error.smtp_code}")
            else:
                _failed(email, type(error).__name__)
            return False
        except (OSError, smtplib.SMTPException) as error:
            # Among them a certificate that has run out (a ValueError as well), and a server that offers no STARTTLS: they
            # say nothing of the address. One that only SMTPUTF8 could carry does.
            if isinstance(error, smtplib.SMTPNotSupportedError) and "SMTPUTF8" in str(error):
                _end(email, EmailStatus.UNDELIVERABLE, last_error=type(error).__name__)
            else:
                _failed(email, type(error).__name__)
            return False
        except ValueError as error:
            # No mail can carry this address, now or later.
            _end(email, EmailStatus.UNDELIVERABLE, last_error=type(error).__name__)
            return False
        changes: dict[str, Any] = {"sent_at": timezone.now()}
        if email.purpose.startswith(("account", "appointment", "case_invitation")):
            # Links and codes that open an account or a booking are not kept once they are on their way.
            changes["body"] = ""
        _end(email, EmailStatus.SENT, **changes)
        return True


def _end(email: OutgoingEmail, status: str, **changes: Any) -> None:
    """What became of the mail, and of what hangs on it, in one transaction."""
    with transaction.atomic():
        move(email, EMAIL_WORKFLOW, status, who=Who.PORTAL, changes=changes)
        for told in mail_fates:
            told(email, status)


def retry(email: OutgoingEmail) -> None:
    """Try a given-up e-mail again; raises TransitionError when it was not given up."""
    with transaction.atomic():
        changes = {"attempts": 0, "next_try": timezone.now(), "last_error": ""}
        move(email, EMAIL_WORKFLOW, EmailStatus.PENDING, who=Who.STAFF, changes=changes)
        bell.ring(SEND_TASK, email.pk)


def _failed(email: OutgoingEmail, error: str) -> None:
    log.warning("email %s not sent: %s", email.pk, error)
    if email.attempts >= MAX_ATTEMPTS:
        _end(email, EmailStatus.DEAD, last_error=error)
        log.error("email %s given up", email.pk)
    else:
        OutgoingEmail.objects.filter(pk=email.pk).update(last_error=error)


def _hand_over(email: OutgoingEmail) -> None:
    domain = settings.SERVER_EMAIL.rpartition("@")[2]
    message = EmailMessage(
        email.subject,
        email.body,
        settings.DEFAULT_FROM_EMAIL,
        [for_sending(email.to_address)],
        headers={"Message-ID": f"<{email.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    mailers["default"].send_messages([message])
