"""A notice's life: created with the decision, tried again, opened by its parties.

Making its document is in rendering.py, which only workers load.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from apps.accounts.models import LetterForm, User
from apps.cases.addressee import Addressee, addressee_at, addressees_of, share_an_address
from apps.cases.facts import about
from apps.cases.looks import looked
from apps.cases.models import Case, record
from apps.cases.states import Act, Purpose, Way
from apps.core import bell, facts
from apps.core.countries import HOME
from apps.core.deadlines import provision_ends
from apps.core.models import EmailStatus, FactKind, OutgoingEmail
from apps.core.references import CHECK_CODES
from apps.core.sockets import Socket
from apps.core.transitions import TransitionError, Who, move
from apps.notices.copies import given, promise_again
from apps.notices.models import HEARING, Delivery, Letter, LetterPreview, Notice
from apps.notices.states import WORKFLOW, Arrival, NoticeStatus

RENDER_TASK = "notices.render"
PREVIEW_TASK = "notices.preview"
# Before that nothing can have come back.
MAIL_IS_OUT = Q(notification=None) | Q(notification__status=EmailStatus.SENT)
# It came back, or did not arrive.
FAILED = Q(returned_on__isnull=False) | Q(arrival=Arrival.NEVER)
TEMPLATE_VERSION = 1
# With a delivery whose letter has gone out (posted, or the mail that tells of it), and the day of that; None: it turned
# out that the mail reaches nobody. In the transaction that says so, as with one that the post has brought back.
letter_out: Socket[Callable[[Delivery, dt.date | None], None]] = Socket()
letter_returned: Socket[Callable[[Delivery], None]] = Socket()


@dataclass(frozen=True)
class Draft:
    """A letter that is to be made: its frozen context (JSON) with the address field in ``recipients``, and where it goes.

    That is to one addressee, or to several at one address who get one letter (``also_to``).
    """

    context: dict[str, Any]
    to: Addressee
    is_copy: bool = False
    also_to: tuple[Addressee, ...] = ()

    @property
    def frozen(self) -> dict[str, Any]:
        """The context with how many lines of the address field are names, for each addressee."""
        return self.context | {"names": [len(one.party.name_lines) for one in (self.to, *self.also_to)]}

    @property
    def way(self) -> Way:
        """Together by post only: whoever fetches a letter here fetches one of their own."""
        return Way.POST if self.also_to else self.to.way


def create_notice(
    case: Case, *, template: str, title: str, result: dict[str, str], letters: Iterable[Draft], by: User | None
) -> Notice:
    """Write the notice and its letters in the caller's transaction and ring for their rendering after the commit.

    What stands in a letter is frozen: whatever changes later, it stays what was decided.
    """
    last = case.notices.aggregate(last=Max("number"))["last"] or 0
    notice = Notice.objects.create(
        case=case,
        number=last + 1,
        title=title,
        result_de=result["de"],
        result_en=result["en"],
        decided_by=by,
    )
    record(case, Act.NOTICE_CREATED, by=by, public=False, title=title, hearing=template == HEARING)
    for draft in letters:
        write_letter(notice, template=template, draft=draft)
    return notice


def write_letter(notice: Notice, *, template: str, draft: Draft) -> Letter:
    """Add a letter to a notice, in the caller's transaction, and ring for it after the commit."""
    letter = Letter.objects.create(
        notice=notice, template=template, template_version=TEMPLATE_VERSION, context=draft.frozen,
        check_code=CHECK_CODES.new(),
    )  # fmt: skip
    delivery = Delivery.objects.create(
        letter=letter,
        principal=draft.to.principal,
        party=draft.to.party,
        is_copy=draft.is_copy,
        recipients=draft.context["recipients"],
        way=draft.way,
        abroad=draft.to.contact.country != HOME,
    )
    delivery.also_to.set([other.party for other in draft.also_to])
    bell.ring(RENDER_TASK, letter.pk)
    return letter


def preview_letter(
    case: Case, *, template: str, letters: list[dict[str, Any]], typed: dict[str, list[str]], by: User
) -> LetterPreview:
    """Let a worker make the letters that a decision would send, to be looked at; nothing else happens.

    ``letters`` are their contexts, none for a decision without a letter. ``typed`` is what the decision was made from, by
    name of the field. The clerk's earlier previews of the case go.
    """
    with transaction.atomic():
        case.previews.filter(made_by=by).delete()
        preview = LetterPreview.objects.create(case=case, made_by=by, typed=typed, template=template, letters=letters)
        if letters:
            bell.ring(PREVIEW_TASK, preview.pk)
    return preview


def retry(letter: Letter, *, by: User | None) -> None:
    """Try a given-up letter again; the clerk has asked for it."""
    with transaction.atomic():
        letter.attempts.all().delete()
        move(letter, WORKFLOW, NoticeStatus.PENDING, who=Who.STAFF, by=by, changes={"next_try": timezone.now()})
        bell.ring(RENDER_TASK, letter.pk)


def takes_the_place(delivery: Delivery) -> None:
    """An earlier letter of the same kind to the same party that has not gone out stays in the office; in the caller's transaction."""
    earlier = Delivery.objects.filter(
        letter__notice__case=delivery.notice.case_id, letter__template=delivery.letter.template,
        principal=delivery.principal, posted_on=None, opened_at=None, again=None,
    ).exclude(pk=delivery.pk).order_by("-letter__created_at")  # fmt: skip
    Delivery.objects.filter(pk__in=earlier.values("pk")[:1]).update(again=delivery)


def opened(delivery: Delivery, *, by: User) -> None:
    """Write down that somebody has fetched the document; the addressee's first time counts (§ 41 Abs. 2a VwVfG)."""
    if by.pk == delivery.party.account_id:
        first = Delivery.objects.filter(pk=delivery.pk, opened_at=None).update(opened_at=timezone.now())
        if first and delivery.letter.done_at is not None:
            is_out(delivery, timezone.localdate())
            note(delivery, "retrieved", days=(timezone.now() - delivery.letter.done_at).days)
    looked(delivery.notice.case, by=by, purpose=Purpose.LETTER)
    own = by.pk == delivery.party.account_id or delivery.also_to.filter(account=by.pk).exists()
    delivery.letter.record(Act.NOTICE_OPENED, by=by, public=own, only_for=delivery.letter.addressees)


def told(email: OutgoingEmail, status: str) -> None:
    """What became of the mail that a letter can be fetched (plugged into ``mail_fates``).

    Sent, it begins the ten days of § 41 Abs. 2a Satz 4 VwVfG: the first is the day after it (§ 187 Abs. 1 BGB), and the
    last one a working day (§ 31 Abs. 3 VwVfG). When it reaches nobody, the letter goes by post.
    """
    told_of = Delivery.objects.filter(notification=email)
    if status == EmailStatus.SENT:
        # Whoever was quicker than the mail has got it all the same.
        told_of.update(notified_on=timezone.localdate(email.sent_at or timezone.now()))
    waiting = told_of.filter(opened_at=None, posted_on=None)
    for delivery in waiting.select_related("letter__notice__case__service"):
        changes: dict[str, Any] = {"unreachable_at": timezone.now()}
        sent_on = None
        if status == EmailStatus.SENT:
            sent_on = timezone.localdate(email.sent_at or timezone.now())
            last = provision_ends(sent_on) if delivery.retrieval_ends else None
            changes = {"unreachable_at": None, "available_until": last}
        elif delivery.by_post:
            continue
        Delivery.objects.filter(pk=delivery.pk).update(**changes)
        if not delivery.by_post:
            is_out(delivery, sent_on)


def came_back(delivery: Delivery, *, by: User | None) -> None:
    """A clerk has learned that the mail reached nobody, though it was sent: the letter goes by post.

    Raises TransitionError when there is nothing (more) to stop.
    """
    with transaction.atomic():
        unheard = Delivery.objects.filter(
            MAIL_IS_OUT, pk=delivery.pk, letter__status=NoticeStatus.DONE, way=Way.PORTAL, opened_at=None,
            posted_on=None, unreachable_at=None,
        )  # fmt: skip
        if unheard.update(unreachable_at=timezone.now()) != 1:
            raise TransitionError("it was fetched, posted or stopped before")
        is_out(delivery, None)
        record(delivery.notice.case, Act.EMAIL_BACK, by=by, public=False, title=delivery.notice.title)


def posted(deliveries: Iterable[Delivery], *, on: dt.date, by: User | None, copies: Iterable[int] = ()) -> int:
    """Write down that letters were given to the post on a day; returns how many that was news for.

    ``copies`` (ids) names the other forms that lay in the envelopes.

    The day begins the period after which a letter counts as known (§ 41 Abs. 2 VwVfG, § 122 Abs. 2 AO).
    """
    count = 0
    for delivery in deliveries:
        with transaction.atomic():
            Case.objects.held(delivery.notice.case_id)
            waiting = Delivery.objects.filter(pk=delivery.pk, letter__status=NoticeStatus.DONE, posted_on=None)
            waiting = waiting.worth_sending()
            if waiting.update(posted_on=on, posted_by=by):
                letter = delivery.letter
                letter.record(Act.NOTICE_POSTED, by=by, only_for=letter.addressees, on=on.isoformat())
                note(delivery, "posted" if delivery.by_post else "posted_after_all")
                is_out(delivery, on)
                in_it = delivery.copies.light().filter(pk__in=copies).exclude(form=LetterForm.READ_ALOUD)
                given(in_it.select_related("delivery__letter__notice"), on=on, by=by)
                count += 1
    return count


def is_out(delivery: Delivery, on: dt.date | None) -> None:
    """Tell whoever wants to know that a letter went out on a day, or (None) that it did not reach anybody."""
    for told_of in letter_out:
        told_of(delivery, on)


def note(delivery: Delivery, outcome: str, **more: Any) -> None:
    """Count what became of a delivery."""
    if not delivery.is_copy:
        facts.note(FactKind.DELIVERY, **about(delivery.notice.case), outcome=outcome, detail=delivery.way, **more)


def returned(delivery: Delivery, *, on: dt.date, by: User | None) -> None:
    """The post has brought a letter back: it is not known to its addressee, and no period of theirs runs.

    Those of other addressees go on. Raises TransitionError unless it was posted, and not after that day.
    """
    with transaction.atomic():
        Case.objects.held(delivery.notice.case_id)
        out = Delivery.objects.filter(pk=delivery.pk, posted_on__lte=on, returned_on=None)
        if out.update(returned_on=on, returned_by=by) != 1:
            raise TransitionError("it was not posted, or came back before")
        note(delivery, "returned")
        delivery.letter.record(Act.NOTICE_BACK, by=by, public=False, on=on.isoformat())
        for told_of in letter_returned:
            told_of(delivery)


def send_again(delivery: Delivery, *, by: User | None) -> Letter:
    """Write a letter that came back or did not arrive anew, to where its addressee lives now; its words are those that were decided.

    One that was for several becomes one for each where they do not live at one address any more. Returns the first that
    was written. Raises TransitionError unless it failed and was not written again before, for a hearing, and when it went
    to a representative who is none any more: then the notice has to be made known to the party.
    """
    with transaction.atomic():
        Case.objects.held(delivery.notice.case_id)
        back = Delivery.objects.select_for_update().filter(FAILED, pk=delivery.pk, again=None).first()
        if back is None:
            raise TransitionError("it arrived as far as is known, or is on its way again")
        letter = back.letter
        if letter.is_hearing:
            raise TransitionError("a hearing begins anew: its day and its code hold no more")
        mandates = back.principal.mandates.in_force().filter(representative=back.party, receives=True)
        if back.party != back.principal and not mandates.exists():
            raise TransitionError("nobody receives for the party any more")
        addressees = _addressees_again(back)
        together = [addressees] if share_an_address(addressees) else [[addressee] for addressee in addressees]
        letters = []
        for first, *others in together:
            names = [line for named in (first, *others) for line in named.party.name_lines]
            context = letter.context | {"recipients": [*names, *first.contact.place_lines]}
            if first.party != first.principal:
                context["on_behalf_of"] = first.principal.name
            draft = Draft(context, first, is_copy=back.is_copy, also_to=tuple(others))
            letters.append(write_letter(letter.notice, template=letter.template, draft=draft))
            promise_again(back, letters[-1].deliveries.get())
        written = letters[0]
        Delivery.objects.filter(pk=back.pk).update(again=written.deliveries.get())
        letter.record(Act.NOTICE_AGAIN, by=by, public=False)
    return written


def _addressees_again(back: Delivery) -> list[Addressee]:
    """Whom a letter that came back was for, as they are written to by post today."""
    others = set(back.also_to.all())
    if not others:
        return [replace(addressee_at(back.principal, back.party), way=Way.POST)]
    written_to = addressees_of(back.notice.case)
    return [replace(one, way=Way.POST) for one in written_to if one.principal in {back.principal, *others}]
