"""Letters in another form on request (§ 8 NBGG): who wants which, asking for one, passing it on."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import LetterForm, Profile, User
from apps.cases.addressee import Addressee
from apps.cases.models import Case
from apps.cases.states import Act
from apps.core import bell
from apps.core.transitions import TransitionError, Who, move
from apps.notices.models import AccessibleCopy, Delivery
from apps.notices.states import WORKFLOW, NoticeStatus

COPY_TASK = "notices.copy"


def wished_by(addressee: Addressee) -> str:
    """The form (``LetterForm``) in which somebody wants letters besides: said to the office in this case, or in the profile."""
    if addressee.contact.letter_form or addressee.account is None:
        return addressee.contact.letter_form
    return Profile.objects.filter(user=addressee.account).values_list("letter_form", flat=True).first() or ""


def ask_for(delivery: Delivery, form: str, *, by: User | None) -> AccessibleCopy:
    """A letter in another form: made once, in the caller's transaction; one that failed is tried again."""
    with transaction.atomic():
        copy, made = AccessibleCopy.objects.get_or_create(delivery=delivery, form=LetterForm(form))
        if made and by is not None:
            delivery.letter.record(Act.COPY_ASKED, by=by, only_for=delivery.letter.addressees)
        if copy.status == NoticeStatus.DEAD:
            move(copy, WORKFLOW, NoticeStatus.PENDING, who=Who.STAFF, changes={"tries": 0, "next_try": timezone.now()})
        if copy.is_pending:
            bell.ring(COPY_TASK, copy.pk)
    return copy


def given(copies: Iterable[AccessibleCopy], *, on: dt.date, by: User | None) -> int:
    """Write down that the office has read copies to their addressees, or given them to the post; returns for how many that was news."""
    count = 0
    for copy in copies:
        with transaction.atomic():
            Case.objects.held(copy.delivery.notice.case_id)
            waiting = AccessibleCopy.objects.filter(pk=copy.pk, status=NoticeStatus.DONE, given_on=None)
            if waiting.update(given_on=on, given_by=by):
                letter = copy.delivery.letter
                letter.record(Act.COPY_GIVEN, by=by, only_for=letter.addressees)
                count += 1
    return count


def give(copy: AccessibleCopy, *, on: dt.date, by: User | None) -> None:
    """One of them. Raises TransitionError if it is not there yet, or was given before."""
    if not given([copy], on=on, by=by):
        raise TransitionError("it is not there yet, or was given before")
