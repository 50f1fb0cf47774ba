"""What has to agree about letters: documents with their hashes, deliveries with their proofs, and that nothing waits for ever."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, F, Func, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.business_calendar import today
from apps.core.reconciliation import in_batches
from apps.core.sockets import Reconciliation, reconciliations
from apps.notices.models import AccessibleCopy, Delivery, Letter, LetterDocument
from apps.notices.states import NoticeStatus

# Whatever works, a letter is made within minutes, and the outgoing post is emptied within a week.
LONGEST_MAKING = dt.timedelta(hours=1)
LONGEST_SENDING = dt.timedelta(days=7)


def _documents_that_differ() -> Iterator[str]:
    """The database computes the hashes: documents need not travel."""
    computed = Func(Func(F("content"), function="sha256"), Value("hex"), function="encode", output_field=CharField())
    compared = LetterDocument.objects.annotate(computed=computed).select_related("letter__notice__case")
    slim = compared.only("sha256", "letter__sha256", "letter__status", "letter__notice__case__reference")
    for document in in_batches(slim):
        of_letter = document.letter.sha256 if document.letter.status == NoticeStatus.DONE else ""
        if not document.sha256 == of_letter == vars(document)["computed"]:
            yield _name(document.letter)
    for letter in in_batches(_letters().filter(status=NoticeStatus.DONE, document=None)):
        yield _name(letter)


def _letters_that_wait() -> Iterator[str]:
    for letter in in_batches(_letters().filter(_unfinished(), created_at__lt=timezone.now() - LONGEST_MAKING)):
        yield _name(letter)
    late = AccessibleCopy.objects.filter(_unfinished(), asked_at__lt=timezone.now() - LONGEST_MAKING)
    for copy in in_batches(late.filter(delivery__letter__status=NoticeStatus.DONE)):
        yield _name(copy.delivery.letter)


def _deliveries_without_proof() -> Iterator[str]:
    """Nothing says that they reached anybody, or are on their way: not posted, not fetched, and no mail has told of them; or they
    came back, or did not arrive, and nobody has written again."""
    told = Q(notified_on__isnull=False) & (Q(available_until=None) | Q(available_until__gte=today() - LONGEST_SENDING))
    silent = Delivery.objects.worth_sending().filter(
        letter__status=NoticeStatus.DONE, letter__done_at__lt=timezone.now() - LONGEST_SENDING, posted_on=None, opened_at=None,
    ).exclude(told & Q(unreachable_at=None) & ~Q(way="post"))  # fmt: skip
    before = today() - LONGEST_SENDING
    lost = Delivery.objects.failed().filter(Q(returned_on__lt=before) | Q(returned_on=None, posted_on__lt=before))
    for found in (silent, lost):
        for delivery in in_batches(found.select_related("letter__notice__case").defer("letter__context")):
            yield _name(delivery.letter)


def _unfinished() -> Q:
    return Q(status__in=[NoticeStatus.PENDING, NoticeStatus.DEAD])


def _letters() -> QuerySet[Letter]:
    return Letter.objects.select_related("notice__case").defer("context")


def _name(letter: Any) -> str:
    return f"{letter.notice.case.reference} {letter.pk}"


for key, describe, differences in (
    ("documents", _("Bescheide, deren Datei nicht die ist, die ausgestellt wurde"), _documents_that_differ),
    ("letters_waiting", _("Briefe, die seit mehr als einer Stunde nicht erstellt sind"), _letters_that_wait),
    ("deliveries", _("Zustellungen ohne Nachweis seit mehr als sieben Tagen"), _deliveries_without_proof),
):
    reconciliations.plug(Reconciliation(key, describe, differences))
