"""Letters in another form on request (§ 8 NBGG): who wants which, asking for one, passing it on."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import LetterForm, User
from apps.cases.addressee import Addressee, addressee_at
from apps.cases.models import Case, Party
from apps.cases.states import Act
from apps.core import bell
from apps.core.transitions import TransitionConflict, TransitionError, Who, move
from apps.notices.models import AccessibleCopy, Delivery
from apps.notices.states import WORKFLOW, NoticeStatus

COPY_TASK = "notices.copy"


def wished_by(addressee: Addressee) -> str:
    """The form (``LetterForm``) in which somebody wants letters besides: said to the office in this case, or in the profile."""
    profile = getattr(addressee.account, "profile", None)
    return addressee.contact.letter_form or (profile.letter_form if profile is not None else "")


def ask_for(delivery: Delivery, form: str, *, party: Party, by: User | None) -> AccessibleCopy:
    """A letter in another form for one of those who get it: made once; one that failed is tried again."""
    with transaction.atomic():
        copy, made = AccessibleCopy.objects.get_or_create(delivery=delivery, party=party, form=LetterForm(form))
        if made and by is not None:
            delivery.letter.record(Act.COPY_ASKED, by=by, only_for=[party.pk])
        if copy.status == NoticeStatus.DEAD:
            # Two who ask at once ask for the same.
            with suppress(TransitionConflict):
                move(
                    copy,
                    WORKFLOW,
                    NoticeStatus.PENDING,
                    who=Who.STAFF,
                    changes={"tries": 0, "next_try": timezone.now()},
                )
        if not copy.is_done:
            bell.ring(COPY_TASK, copy.pk)
    return copy


def for_whom(delivery: Delivery) -> list[Party]:
    """Those who get a letter, and may each need another form of it."""
    return [delivery.party, *delivery.also_to.all()]


def as_wished(delivery: Delivery, addressee: Addressee) -> None:
    """Have the forms made that those who get a finished letter want of every letter, or were promised for this one.

    ``addressee`` is who gets it in the first place, as they are written to today.
    """
    for party in for_whom(delivery):
        to = addressee if party == delivery.party else addressee_at(delivery.principal, party)
        if form := wished_by(to):
            ask_for(delivery, form, party=party, by=None)
    for copy in delivery.copies.light().filter(status=NoticeStatus.PENDING):
        bell.ring(COPY_TASK, copy.pk)


def promise_again(back: Delivery, delivery: Delivery) -> None:
    """What was asked for of a letter that is written anew is made of the new one, too."""
    for copy in back.copies.light().filter(party__in=for_whom(delivery)):
        AccessibleCopy.objects.get_or_create(delivery=delivery, party=copy.party, form=copy.form)


def given(copies: Iterable[AccessibleCopy], *, on: dt.date, by: User | None) -> int:
    """Write down that the office has read copies to their addressees, or given them to the post; returns for how many that was news."""
    count = 0
    for copy in copies:
        with transaction.atomic():
            Case.objects.held(copy.delivery.notice.case_id)
            waiting = AccessibleCopy.objects.filter(pk=copy.pk, status=NoticeStatus.DONE, given_on=None)
            if waiting.update(given_on=on, given_by=by):
                copy.delivery.letter.record(Act.COPY_GIVEN, by=by, only_for=[copy.party_id])
                count += 1
    return count


def give(copy: AccessibleCopy, *, on: dt.date, by: User | None) -> None:
    """One of them. Raises TransitionError if it is not there yet, or was given before."""
    if not given([copy], on=on, by=by):
        raise TransitionError("it is not there yet, or was given before")
