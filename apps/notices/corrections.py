"""Putting right what was noted of a delivery, and noting what is known of its arrival; each time with a trace.

The periods follow by themselves (periods.py), for this addressee only.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import LetterForm, User
from apps.cases.models import Case
from apps.cases.states import Act, Way
from apps.core.transitions import TransitionError
from apps.notices.models import CorrectedFact, Delivery, DeliveryCorrection
from apps.notices.states import Arrival
from apps.notices.transitions import is_out, note


def correct_posting(delivery: Delivery, *, on: dt.date | None, reason: str, by: User | None) -> None:
    """It went to the post on another day than was noted, or (None) has not gone yet: then it waits in the outgoing post again.

    Raises TransitionError where it is not in the post (any more) as far as is known, or that day is what stands there.
    """
    with transaction.atomic():
        current = _held(delivery)
        if not current.posting_may_change or current.posted_on == on:
            raise TransitionError("it is not in the post, or was posted on that day")
        _trace(current, CorrectedFact.POSTING, reason, by, was_on=current.posted_on, became_on=on)
        in_it = current.copies.filter(given_on=current.posted_on).exclude(form=LetterForm.READ_ALOUD)
        current.posted_on, current.posted_by = on, by if on is not None else None
        if on is None:
            note(current, "posting_undone")
            if not (current.by_post or current.was_retrieved):
                # Whoever opened the copy of what was thought to be posted has fetched nothing in time: it has to go by post.
                current.way = Way.POST
            in_it.update(given_on=None, given_by=None)
        else:
            in_it.update(given_on=on)
        current.save(update_fields=["posted_on", "posted_by", "way"])
        is_out(current, None)
        mailed = current.notified_on if current.unreachable_at is None else None
        for day in (mailed, current.retrieved_on, on):
            if day is not None:
                is_out(current, day)


def arrived(delivery: Delivery, *, how: str, on: dt.date | None, reason: str, by: User | None) -> None:
    """What is known of its arrival (``Arrival``, or empty: what the law presumes), and the day where it is another one.

    The fiction does not hold for what arrived later or not at all; in doubt the authority has to prove it (§ 41 Abs. 2 Satz 3
    VwVfG, § 122 Abs. 2 AO, § 37 Abs. 2 Satz 3 SGB X). Where the mail about a letter in the portal came later or not at all, it
    is the day of retrieval that counts (§ 122a Abs. 4 AO, § 37 Abs. 2a SGB X). Raises TransitionError where nothing can be said
    of it, or that stands there.
    """
    with transaction.atomic():
        current = _held(delivery)
        nowhere = how == Arrival.NEVER and current.posted_on is None
        same = (current.arrival, current.arrived_on) == (how, on)
        in_portal = current.posted_on is None and how == Arrival.LATER and on != current.retrieved_on
        odd = nowhere or same or in_portal or (how == Arrival.LATER) != (on is not None)
        if not current.arrival_may_change or odd:
            raise TransitionError("it is not out, or that is what stands there")
        said = {"was": current.arrival, "was_on": current.arrived_on, "became": how, "became_on": on}
        _trace(current, CorrectedFact.ARRIVAL, reason, by, **said)
        current.arrival, current.arrived_on = how, on
        current.save(update_fields=["arrival", "arrived_on"])
        note(current, f"arrival_{how or 'presumed'}")


def undo_return(delivery: Delivery, *, reason: str, by: User | None) -> None:
    """It did not come back: its periods run as before. Raises TransitionError unless it counts as come back and nothing followed."""
    with transaction.atomic():
        current = _held(delivery)
        if not current.return_may_change:
            raise TransitionError("it did not come back, or was written again")
        _trace(current, CorrectedFact.RETURN, reason, by, was_on=current.returned_on)
        current.returned_on = current.returned_by = None
        current.save(update_fields=["returned_on", "returned_by"])
        note(current, "return_undone")


def _held(delivery: Delivery) -> Delivery:
    """The delivery as it stands, nobody else's until the transaction ends."""
    Case.objects.held(delivery.notice.case_id)
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("letter__notice__case__service")
    return locked.get(pk=delivery.pk)


def _trace(delivery: Delivery, fact: CorrectedFact, reason: str, by: User | None, **said: Any) -> None:
    DeliveryCorrection.objects.create(delivery=delivery, fact=fact, reason=reason, by=by, at=timezone.now(), **said)
    delivery.letter.record(Act.NOTICE_CORRECTED, by=by, only_for=delivery.letter.addressees)
