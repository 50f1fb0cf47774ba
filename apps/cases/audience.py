"""What one party may know of a case: what is for all parties, and what is for them."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from apps.accounts.requests import Viewer
from apps.cases.models import Case, Mandate, Message, Party
from apps.cases.states import PartyRole
from apps.core.transitions import Phase


def standing_for(case: Case, user: Viewer) -> frozenset[int]:
    """The parties (ids) that somebody is or represents in a case; none for a stranger."""
    return frozenset(party.pk for party in _standing(case, user))


def filed_by(case: Case, user: Viewer) -> bool:
    """Whether it is somebody's own application, or that of whom they represent: what stands in it is theirs."""
    return any(party.role == PartyRole.APPLICANT for party in _standing(case, user))


def _standing(case: Case, user: Viewer) -> list[Party]:
    """Asked once for a case as it was read: a page asks in several places."""
    if not user.is_authenticated:
        return []
    known: dict[int, list[Party]] = case.__dict__.setdefault("_standing", {})
    if user.pk not in known:
        own = list(case.parties.standing(user))
        represented = Mandate.objects.in_force().filter(representative__in=own) if own else Mandate.objects.none()
        known[user.pk] = own + [mandate.principal for mandate in represented.select_related("principal")]
    return known[user.pk]


def heard_with(case: Case, user: Viewer, question_for: Iterable[int] | None = None) -> list[int]:
    """For which parties (ids) it is what somebody says: themselves, and the one they say it for.

    Whoever represents several says it for none of them in particular, unless the question was to some (``question_for``).
    """
    own = [party.pk for party in _standing(case, user) if party.account_id == user.pk]
    represented = [party.pk for party in _standing(case, user) if party.account_id != user.pk]
    if question_for is not None:
        return sorted({*own, *(pk for pk in represented if pk in set(question_for))})
    return sorted(own + (represented if len(represented) == 1 else []))


def conversation_of(case: Case) -> list[Message]:
    """What was said in a case, for staff: ``said_by`` names the parties for whom somebody wrote, where there are several."""
    names = {party.pk: party.name for party in case.parties.all()}
    said = list(case.messages.select_related("author", "email").prefetch_related("attachments__file"))
    for message in said:
        heard = message.only_for or []
        message.said_by = ", ".join(names[pk] for pk in heard if pk in names) if len(names) > 1 else ""
    return said


def own_party(case: Case, user: Viewer) -> Party | None:
    """Who somebody is in a case; None for a stranger."""
    return next((party for party in _standing(case, user) if party.account_id == user.pk), None)


def stands_for(user: Viewer) -> QuerySet[Party]:
    """The parties that somebody is, or represents, in whatever case; none for who is not signed in."""
    if not user.is_authenticated:
        return Party.objects.none()
    own = Party.objects.standing(user)
    represented = Mandate.objects.in_force().filter(representative__in=own).values("principal")
    return Party.objects.filter(Q(pk__in=own.values("pk")) | Q(pk__in=represented))


def cases_that_ask(cases: Iterable[Case], user: Viewer) -> set[int]:
    """Which of these cases wait for an answer of somebody; in a fixed number of queries."""
    waiting = [case.pk for case in cases if case.phase == Phase.WAITING]
    if not waiting:
        return set()
    theirs = set(stands_for(user).filter(case__in=waiting).values_list("pk", flat=True))
    questions = Message.objects.filter(case__in=waiting, question_due__isnull=False, answer=None)
    return set(questions.heard_by(theirs).values_list("case", flat=True))
