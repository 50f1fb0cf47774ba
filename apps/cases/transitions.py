"""What can be done with a case of any kind, as verbs; kinds add their own."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import Department, Membership, User
from apps.cases import facts, kinds
from apps.cases.access import DEPARTMENT_ROLES, held_in
from apps.cases.addressee import Addressee, addressees_of
from apps.cases.audience import heard_with, standing_for
from apps.cases.emails import notify
from apps.cases.models import Attachment, Case, Hearing, Message, Note, Party, PartyContact, Recusal, record
from apps.cases.states import Act, Channel, Direction, JoinedBy, PartyRole
from apps.catalogue.models import Service
from apps.core.business_calendar import today
from apps.core.models import PrivateFile
from apps.core.references import new_reference
from apps.core.text import normalised
from apps.core.transitions import Phase, TransitionConflict, TransitionError, Who, move

REFERENCE_TRIES = 5
NAME_FIELDS = ("given_name", "family_name", "organisation")
PLACE_FIELDS = ("street", "house_number", "postcode", "city", "country")


class NobodyElse(TransitionError):
    """Nobody but the one who acts works in the department."""


class NewParty(NamedTuple):
    """A party of a case that is about to be opened, and where it lives."""

    party: Party
    contact: PartyContact


def new_party(*, role: str = PartyRole.APPLICANT, account: Any = None, **fields: Any) -> NewParty:
    """A party from names and address in one mapping, as forms have them (``PARTY_FIELDS``)."""
    names = {name: value for name, value in fields.items() if name in NAME_FIELDS}
    place = {name: value for name, value in fields.items() if name not in NAME_FIELDS}
    return NewParty(Party(role=role, account=account, **names), PartyContact(**place))


def open_case(
    kind: str,
    *,
    status: str,
    title: dict[str, str],
    department: Department,
    submission_key: uuid.UUID,
    service: Service | None = None,
    parties: Iterable[NewParty] = (),
    channel: str = Channel.ONLINE,
    language: str = "de",
    due_on: dt.date | None = None,
    by: User | None = None,
) -> tuple[Case, bool]:
    """Open a case and return it with True, or the one already opened under the key with False.

    ``title`` holds the keys de and en. To be called inside the caller's transaction, which adds
    what the kind stores besides.
    """
    workflow = kinds.get(kind).workflow
    phase = (workflow.phases or {})[status]
    for attempt in range(REFERENCE_TRIES):
        try:
            with transaction.atomic():
                case = Case.objects.create(
                    kind=kind,
                    status=status,
                    phase=phase,
                    title_de=title["de"][:200],
                    title_en=title["en"][:200],
                    department=department,
                    service=service,
                    submission_key=submission_key,
                    channel=channel,
                    language=language,
                    due_on=due_on,
                    reference=new_reference(),
                )
            break
        except IntegrityError:
            existing = Case.objects.filter(submission_key=submission_key).first()
            if existing is not None:
                return existing, False
            if attempt == REFERENCE_TRIES - 1:
                raise
    for new in parties:
        new.party.case = case
        new.party.save()
        new.contact.party = new.party
        new.contact.save()
    facts.phase_begins(case)
    record(case, Act.SUBMITTED if channel == Channel.ONLINE else Act.CAPTURED, by=by, channel=channel)
    return case, True


def index_for_search(case: Case) -> None:
    """Bring the text that the queue's search looks through up to date."""
    contacts = PartyContact.objects.filter(party__case=case, protected=False)
    people = [p.name for p in case.parties.all()] + [f"{c.email} {c.street}" for c in contacts]
    parts = [case.reference, case.reference.replace("-", ""), case.title_de, *people]
    parts.append(kinds.of(case).search_text(case))
    Case.objects.filter(pk=case.pk).update(search_text=normalised(" ".join(parts)))


def take(case: Case, *, by: User | None) -> None:
    """Put a case on one's own desk; a new one thereby goes to work."""
    with transaction.atomic():
        if case.phase == Phase.NEW:
            kind = kinds.of(case)
            move(case, kind.workflow, kind.working, who=Who.STAFF, by=by, act=Act.TAKEN)
        assign(case, to=by, by=by)


def assign(case: Case, *, to: Any, by: User | None) -> None:
    """Put a case on somebody's desk, or on nobody's.

    Raises TransitionError when that person does not work in the case's department or the case
    is no longer open.
    """
    if not case.is_open:
        raise TransitionError("a closed case has no assignee")
    if to is not None and not held_in(case, to):
        raise TransitionError("they do not work on the case")
    if to is not None and concerns(case, to):
        raise TransitionError("nobody works on a case of their own")
    with transaction.atomic():
        _update_as_read(case, assignee=to)
        case.assignee = to
        record(case, Act.ASSIGNED, by=by, public=False, to=to and to.pk, name=str(to or ""))


def concerns(case: Case, user: User) -> bool:
    """Whether a case is one's own or one is not free in it: nobody works on or decides such a one.

    § 20 and § 21 VwVfG, § 82 and § 83 AO, § 16 and § 17 SGB X.
    """
    is_own = case.parties.filter(account=user).exists()
    is_named = PartyContact.objects.filter(party__case=case, email__iexact=user.email).exists()
    return is_own or is_named or case.recusals.filter(user=user).exists()


def recuse(case: Case, *, by: User) -> None:
    """A member of staff says that they must not work on the case: it goes from their desk and is not shown to them again.

    Raises TransitionError when nobody else of the department would see it; then it has to be handed over.
    """
    there = {"memberships__place": case.department.place, "memberships__role__in": DEPARTMENT_ROLES}
    with transaction.atomic():
        # One after the other, or the last two would both go.
        Case.objects.held(case.pk)
        colleagues = User.objects.filter(is_active=True, is_staff=True, **there).exclude(pk=by.pk).distinct()
        if all(concerns(case, colleague) for colleague in colleagues):
            raise NobodyElse("nobody else would see the case")
        Recusal.objects.get_or_create(case=case, user=by)
        Case.objects.filter(pk=case.pk, assignee=by).update(assignee=None)
        record(case, Act.RECUSED, by=by, public=False)


def _update_as_read(case: Case, **values: Any) -> None:
    """Change who works on a case unless somebody else has done so since it was read.

    Raises TransitionConflict then.
    """
    read = {"department": case.department_id, "assignee": case.assignee_id, "phase": case.phase}
    if Case.objects.filter(pk=case.pk, **read).update(**values) != 1:
        raise TransitionConflict(f"case {case.pk} has changed")


def staffed_departments() -> QuerySet[Department]:
    """Departments in which somebody works who would see a case."""
    staffed = {"user__is_active": True, "user__is_staff": True, "role__in": DEPARTMENT_ROLES}
    return Department.objects.filter(place__in=Membership.objects.filter(**staffed).values("place"))


def hand_over(case: Case, *, department: Department, reason: str, by: User | None) -> None:
    """Give a case to another department, where it lies unassigned."""
    if not case.is_open:
        raise TransitionError("a closed case stays where it is")
    if department.pk == case.department_id:
        raise TransitionError("the case is already there")
    if not staffed_departments().filter(pk=department.pk).exists():
        raise TransitionError("nobody there would see the case")
    with transaction.atomic():
        _update_as_read(case, department=department, assignee=None)
        old, case.department, case.assignee = case.department, department, None
        record(case, Act.HANDED_OVER, by=by, old=old.pk, new=department.pk,
               name_de=department.name_de, name_en=department.name_en)  # fmt: skip
        if reason:
            Note.objects.create(case=case, author=by, body=reason)


def add_note(case: Case, *, body: str, by: User | None) -> Note:
    """Write a note for colleagues."""
    with transaction.atomic():
        note = Note.objects.create(case=case, author=by, body=body)
        record(case, Act.NOTE, by=by, public=False)
    return note


def ask(case: Case, *, body: str, due_on: dt.date, by: User | None, to: Party | None = None) -> Message:
    """Ask a party something, or all of them; the case waits for an answer until ``due_on``."""
    kind = kinds.of(case)
    if not can_be_asked(case):
        raise TransitionError("nobody could answer")
    if due_on <= today():
        raise TransitionError("nobody could answer in time")
    with transaction.atomic():
        only_for = [to.pk] if to is not None else None
        changes = {"act_by": due_on, "came_back_at": None}
        move(case, kind.workflow, kind.waiting, who=Who.STAFF, by=by, changes=changes, act=Act.ASKED, only_for=only_for)
        message = Message.objects.create(
            case=case, direction=Direction.OUT, author=by, body=body, question_due=due_on, only_for=only_for
        )
        message.email = notify(case, "case_question", to=to, due_on=due_on)
        message.save(update_fields=["email"])
        facts.asked(case)
    return message


def answer(case: Case, *, body: str, files: Iterable[PrivateFile] = (), by: User) -> Message:
    """A party's answer to the open question, for the office and for them; the case comes back.

    Raises TransitionError when no question to them is open (any more).
    """
    kind = kinds.of(case)
    standing = standing_for(case, by)
    question = open_question(case, standing)
    if case.status != kind.waiting or not kind.asks_questions or question is None:
        raise TransitionError("no question is open")
    heard = heard_with(case, by, question.only_for)
    with transaction.atomic():
        changes = {"act_by": None, "came_back_at": timezone.now()}
        move(case, kind.workflow, kind.resumed, who=Who.PARTY, by=by, changes=changes, act=Act.ANSWERED,
             only_for=question.only_for)  # fmt: skip
        message = message_of(case, heard, body=body, files=files, by=by, answer_to=question)
        facts.answered(case, question)
    return message


def statement_made(heard: Iterable[int], *, by_letter: bool = False) -> None:
    """Whatever somebody says while they are heard is their statement, if they have proved who they are.

    ``by_letter``: the code of a letter has just done so.
    """
    who = Party.objects.filter(pk__in=list(heard))
    proved = who if by_letter else who.exclude(joined_by=JoinedBy.MAIL)
    asked = Hearing.objects.filter(party__in=proved.values("pk"), waived_because="", answered_at=None)
    asked.update(answered_at=timezone.now())


def _came_by_mail(case: Case, account: Any) -> bool:
    """Whether nothing but a mailed link says who somebody is."""
    return account is not None and case.parties.filter(account=account, joined_by=JoinedBy.MAIL).exists()


def can_be_asked(case: Case, addressees: Iterable[Addressee] | None = None) -> bool:
    """Whether a question would reach somebody who can answer it here; ``addressees`` if they are known already."""
    kind = kinds.of(case)
    if not (kind.asks_questions and kind.workflow.allows(case.status, kind.waiting)):
        return False
    return any(addressee.account is not None for addressee in addressees or addressees_of(case))


def message_in(case: Case, *, body: str, files: Iterable[PrivateFile] = (), by: User) -> Message:
    """Something a party says without being asked, or too late: kept, whatever the status; for the office and for them."""
    return message_of(case, heard_with(case, by) if by is not None else [], body=body, files=files, by=by)


def message_of(
    case: Case, heard: list[int], *, body: str, files: Iterable[PrivateFile] = (), by: User | None = None,
    unproved: bool = False, answer_to: Message | None = None,
) -> Message:  # fmt: skip
    """Something said for parties (ids), which answers what they were to be heard about; see ``message_in``.

    ``unproved``: nothing but a mailed link says who it was; the same is found out about an account.
    """
    with transaction.atomic():
        unproved = unproved or _came_by_mail(case, by)
        message = Message.objects.create(
            case=case, direction=Direction.IN, author=by, body=body, only_for=heard, unproved=unproved,
            answer_to=answer_to,
        )  # fmt: skip
        for file in files:
            attach(case, file, label=file.name, message=message, only_for=heard)
        if answer_to is None:
            Case.objects.filter(pk=case.pk).update(came_back_at=timezone.now())
            record(case, Act.MESSAGE_IN, by=by, only_for=heard)
        if by is not None and not unproved:
            statement_made(heard)
    return message


def open_question(case: Case, standing: Iterable[int]) -> Message | None:
    """The question that waits for an answer of one of these parties (ids)."""
    return case.messages.heard_by(standing).filter(question_due__isnull=False, answer=None).last()


def attach(
    case: Case, file: PrivateFile, *, label: str, message: Message | None = None, only_for: Iterable[int]
) -> Attachment:
    """Add a file to a case, for the office and for some parties (ids)."""
    return Attachment.objects.create(
        case=case, file=file, label=label[:200], message=message, only_for=sorted(only_for)
    )


def seen(case: Case) -> None:
    """The clerk has looked at what came back."""
    Case.objects.filter(pk=case.pk).update(came_back_at=None)
    case.came_back_at = None
