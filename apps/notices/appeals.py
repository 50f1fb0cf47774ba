"""Acting against a notice: noting that somebody does, and how it ended."""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.cases.models import Case, Party, record
from apps.cases.states import Act
from apps.core.transitions import TransitionError
from apps.notices.models import HEARING, Appeal, Notice
from apps.notices.states import NoticeStatus


def decided_notices(case: Case) -> QuerySet[Notice]:
    """The notices of a case against which somebody can act: those that decide something."""
    return case.notices.filter(letters__status=NoticeStatus.DONE).exclude(letters__template=HEARING).distinct()


def note_appeal(
    notice: Notice,
    *,
    party: Party | None,
    kind: str,
    decider: str,
    reference: str,
    received_on: dt.date | None,
    by: User | None,
) -> Appeal:
    """A Rechtsbehelf (``AppealKind``) against a notice has come in; ``decider`` is the court or authority that decides about it.

    While it is open, nothing of the case is deleted. Whether it came in time is for whoever decides about it.
    """
    with transaction.atomic():
        Case.objects.held(notice.case_id)
        appeal = Appeal.objects.create(
            notice=notice,
            party=party,
            kind=kind,
            decider=decider,
            reference=reference,
            received_on=received_on,
            noted_by=by,
        )
        # That one party acts against it is not for the others.
        record(notice.case, Act.APPEAL, by=by, public=party is not None, only_for=_heard_by(appeal))
    return appeal


def end_appeal(appeal: Appeal, *, on: dt.date, outcome: str, by: User | None) -> None:
    """It is over; the retention period of the case counts from then. Raises TransitionError if it was over before."""
    with transaction.atomic():
        Case.objects.held(appeal.notice.case_id)
        ended = Appeal.objects.open().filter(Q(received_on=None) | Q(received_on__lte=on), pk=appeal.pk)
        if ended.update(ended_on=on, outcome=outcome, ended_by=by) != 1:
            raise TransitionError("it was over before")
        record(
            appeal.notice.case, Act.APPEAL_ENDED, by=by, public=appeal.party_id is not None, only_for=_heard_by(appeal)
        )


def _heard_by(appeal: Appeal) -> list[int] | None:
    return [appeal.party_id] if appeal.party_id is not None else None
