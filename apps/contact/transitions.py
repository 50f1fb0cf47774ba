"""What happens to a message: received, answered, replied to, closed."""

import datetime as dt
import logging
import uuid
from contextlib import suppress

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Department, User
from apps.cases.emails import notify
from apps.cases.models import Case, Message, record
from apps.cases.states import Act, Direction
from apps.cases.transitions import index_for_search, new_party, open_case, staffed_departments
from apps.contact.models import Contact
from apps.contact.states import KIND, WORKFLOW, Status, Topic
from apps.core.business_calendar import add_working_days, today
from apps.core.transitions import TransitionError, Who, move

log = logging.getLogger(__name__)

REPLY_SALT = "contact.reply"
REPLY_DAYS = 180
CLOSE_AFTER_DAYS = 14
TITLES = {
    Topic.INITIATIVE: {"de": "Anfrage an #WolfsburgDigital", "en": "Message to #WolfsburgDigital"},
    Topic.BARRIER: {"de": "Meldung einer Barriere", "en": "Report of a barrier"},
}


def answer_by() -> dt.date:
    """The day by which the city answers a message that comes in today."""
    return add_working_days(today(), settings.CONTACT_ANSWER_WORKING_DAYS)


def _department() -> Department:
    """Who answers; a setting that names nobody loses no message."""
    named = Department.objects.filter(slug=settings.CONTACT_DEPARTMENT).first()
    if named is None:
        log.error("CONTACT_DEPARTMENT names no department")
    return named or staffed_departments().first() or Department.objects.earliest("pk")


def receive(
    *, given_name: str, family_name: str, email: str, concern: str, submission_key: uuid.UUID,
    language: str, topic: str = Topic.INITIATIVE, page: str = "",
) -> Case:  # fmt: skip
    """Open a case for a message; the same key opens it once."""
    with transaction.atomic():
        case, created = open_case(
            KIND,
            status=Status.RECEIVED,
            title=TITLES[Topic(topic)],
            department=_department(),
            submission_key=submission_key,
            parties=[new_party(given_name=given_name, family_name=family_name, email=email)],
            language=language,
            due_on=answer_by(),
        )
        if created:
            Contact.objects.create(case=case, topic=topic, page=page)
            Message.objects.create(case=case, direction=Direction.IN, body=concern)
            index_for_search(case)
            notify(case, "contact_received", answer_by=case.due_on)
    return case


def reply(case: Case, *, body: str, by: User) -> Message:
    """Answer the message; the words go out by e-mail with a link to reply.

    The same words again, with nothing from the person in between, are a second click and no second answer.
    """
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=case.pk)
        last = case.messages.last()
        if last is not None and (last.direction, last.body) == (Direction.OUT, body):
            return last
        move(case, WORKFLOW, Status.ANSWERED, who=Who.STAFF, by=by, act=Act.MESSAGE,
             changes={"due_on": None, "came_back_at": None})  # fmt: skip
        message = Message.objects.create(case=case, direction=Direction.OUT, author=by, body=body)
        message.email = notify(case, "contact_reply", body=body, clerk=by.full_name)
        message.save(update_fields=["email"])
    return message


def reply_in(case: Case, *, body: str) -> Message:
    """The person writes back; the case comes back with a new deadline."""
    if case.status == Status.CLOSED:
        raise TransitionError("the case is closed")
    with transaction.atomic():
        changes = {"due_on": answer_by(), "came_back_at": timezone.now()}
        if case.status == Status.ANSWERED:
            move(case, WORKFLOW, Status.IN_PROGRESS, who=Who.PARTY, changes=changes, act=Act.MESSAGE_IN)
        else:
            Case.objects.filter(pk=case.pk).update(came_back_at=timezone.now())
            record(case, Act.MESSAGE_IN)
        return Message.objects.create(case=case, direction=Direction.IN, body=body)


def close(case: Case, *, by: User | None = None) -> None:
    """Close the case; its retention period begins."""
    with transaction.atomic():
        changes = {"closed_at": timezone.now(), "came_back_at": None}
        who = Who.STAFF if by is not None else Who.PORTAL
        move(case, WORKFLOW, Status.CLOSED, who=who, by=by, changes=changes, act=Act.CLOSED)


def close_answered() -> int:
    """Close what was answered and stayed quiet for two weeks; returns how many."""
    limit = timezone.now() - dt.timedelta(days=CLOSE_AFTER_DAYS)
    quiet = Case.objects.filter(kind=KIND, status=Status.ANSWERED).exclude(messages__created_at__gte=limit)
    count = 0
    for case in quiet[:500]:
        with suppress(TransitionError):
            close(case)
            count += 1
    return count


def reply_token(case: Case) -> str:
    """The signed part of the link with which somebody without an account reads and replies."""
    return signing.dumps(case.pk, salt=REPLY_SALT)


def reply_path(case: Case) -> str:
    """Path of the page behind the signed link."""
    return reverse("contact:reply", args=[reply_token(case)])


def case_for_token(token: str) -> Case | None:
    """The case behind a signed link; None when it is forged, too old or gone."""
    try:
        pk = signing.loads(token, salt=REPLY_SALT, max_age=REPLY_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return Case.objects.filter(pk=pk, kind=KIND).first()
