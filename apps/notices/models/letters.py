"""Notices: a frozen letter, its document, the attempts to render it."""

import datetime as dt
import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.cases.models import Case, Hearing, Party, record
from apps.cases.states import Act, JoinedBy, Way
from apps.catalogue.models import Regime
from apps.core.bilingual import Bilingual
from apps.core.business_calendar import today
from apps.core.models import EmailStatus, OutgoingEmail
from apps.notices.states import Arrival, NoticeStatus

# The template of letters that hear somebody.
HEARING = "hearing"


class LegalRemedyQuerySet(models.QuerySet["LegalRemedy"]):
    def valid_on(self, key: str, day: dt.date) -> "LegalRemedy | None":
        """The instruction on legal remedies in force for ``key`` on ``day``."""
        return self.filter(key=key, valid_from__lte=day).order_by("-valid_from").first()


class LegalRemedy(models.Model):
    """A Rechtsbehelfsbelehrung (§ 37 Abs. 6 VwVfG, § 157 Abs. 1 AO, § 36 SGB X): data, not code.

    Whether taxes are preceded by a Widerspruch is the city's decision (§ 80 Abs. 3 NJG).
    """

    key = models.CharField(
        _("Verfahrensrecht"), max_length=20, choices=[c for c in Regime.choices if c[0] != Regime.NONE]
    )
    text = models.TextField(_("Belehrung"))
    # Not part of the instruction, which must stay short to be right: printed in its own place, where there is a charge.
    hint = models.TextField(_("Hinweis"), blank=True)
    valid_from = models.DateField(_("gilt ab"))

    objects = LegalRemedyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Rechtsbehelfsbelehrung")
        verbose_name_plural = _("Rechtsbehelfsbelehrungen")
        ordering = ["key", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["key", "valid_from"], name="remedy_key_from_unique")]

    def __str__(self) -> str:
        return f"{self.get_key_display()} ({self.valid_from:%d.%m.%Y})"


class Notice(models.Model):
    """A decision of the city on its way to those it concerns: one letter, or one for each of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notices")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    # The result in one sentence, shown before the PDF; both languages.
    result_de = models.CharField(max_length=300)
    result_en = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    result = Bilingual("result")

    class Meta:
        verbose_name = _("Bescheid")
        verbose_name_plural = _("Bescheide")
        ordering = ["case", "number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="notice_number_unique")]

    def __str__(self) -> str:
        return f"{self.title} {self.case.reference}-{self.number}"

    @property
    def retrieval_ends(self) -> bool:
        """Whether the law gives the citizen only some days to fetch it (§ 41 Abs. 2a VwVfG; not § 122a AO, § 37 SGB X)."""
        service = self.case.service
        return service is not None and service.regime == Regime.VWVFG


class LetterQuerySet(models.QuerySet["Letter"]):
    def waiting(self) -> "LetterQuerySet":
        """Letters whose document is still to be made and may be tried now."""
        return self.filter(status=NoticeStatus.PENDING, next_try__lte=timezone.now())


class Letter(models.Model):
    """What stands in a notice for one addressee, or for several who get one letter; frozen when the decision is made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="letters")
    template = models.CharField(max_length=40)
    template_version = models.PositiveSmallIntegerField()
    context = models.JSONField()
    status = models.CharField(max_length=8, choices=NoticeStatus.choices, default=NoticeStatus.PENDING)
    sha256 = models.CharField(max_length=64, blank=True)
    # Printed in it: whoever holds the letter can have it checked. Those written before that have none.
    check_code = models.CharField(max_length=24, null=True, unique=True, editable=False)  # noqa: DJ001  # many have none
    next_try = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("Brief")
        verbose_name_plural = _("Briefe")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=NoticeStatus.values), name="notice_status_known"),
            models.CheckConstraint(
                condition=Q(status=NoticeStatus.DONE, done_at__isnull=False) & ~Q(sha256="")
                | ~Q(status=NoticeStatus.DONE) & Q(sha256="", done_at=None),
                name="notice_done_has_document",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try"], condition=Q(status="pending"), name="notice_pending_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.get_status_display()}"

    def record_move(self, old: str, new: str, *, by: User | None, **data: Any) -> None:
        """A document that is there shows in the case's timeline."""
        if new == NoticeStatus.DONE:
            self.record(Act.NOTICE_READY, only_for=self.addressees)

    def record(self, act: str, **more: Any) -> None:
        """Write down in the case's timeline what happened to it; ``more`` as for ``record`` of cases."""
        record(self.notice.case, act, title=self.notice.title, hearing=self.is_hearing, **more)

    @property
    def is_hearing(self) -> bool:
        """Whether it decides nothing, but asks somebody before that."""
        return self.template == HEARING

    @property
    def addressees(self) -> list[int]:
        """The parties (ids) that may know of it: whose it is, and who gets it."""
        found = set()
        for delivery in self.deliveries.all():
            found |= {delivery.principal_id, delivery.party_id, *(party.pk for party in delivery.also_to.all())}
        return sorted(found)

    @property
    def is_done(self) -> bool:
        return self.status == NoticeStatus.DONE

    @property
    def is_pending(self) -> bool:
        return self.status == NoticeStatus.PENDING


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: Viewer) -> "DeliveryQuerySet":
        """What is addressed to oneself, and what goes out of the cases of one's department."""
        return self.filter(self._to(user) | Q(letter__notice__case__in=Case.objects.worked_by(user)))

    def to(self, user: Viewer) -> "DeliveryQuerySet":
        """What is addressed to somebody, alone or with others."""
        return self.filter(self._to(user))

    def _to(self, user: Viewer) -> Q:
        if not user.is_authenticated:
            return Q(pk__in=[])
        # Whoever has only shown that they read a mailbox gets no letters here (see JoinedBy).
        proved = ~Q(party__joined_by=JoinedBy.MAIL)
        others = Delivery.also_to.through.objects.filter(proved, delivery=OuterRef("pk"), party__account=user)
        return Q(party__account=user) & proved | Q(Exists(others))

    def to_post(self) -> "DeliveryQuerySet":
        """Finished letters that still have to go out by post.

        Those meant for the post, those whose retrieval ended unused (§ 41 Abs. 2a Satz 4 VwVfG), and those
        of which nobody could be told.
        """
        unheard = Q(opened_at=None) & (Q(available_until__lt=today()) | Q(unreachable_at__isnull=False))
        waiting = self.filter(Q(way=Way.POST) | unheard, letter__status=NoticeStatus.DONE, posted_on=None)
        return waiting.worth_sending()

    def with_remedy(self) -> "DeliveryQuerySet":
        """With what the letter says of remedies, and without the rest of it."""
        return self.defer("letter__context").annotate(remedy=KeyTextTransform("remedy", "letter__context"))

    def failed(self) -> "DeliveryQuerySet":
        """What came back or did not arrive, and was not written anew; hearings aside, which begin anew."""
        back = Q(returned_on__isnull=False) | Q(arrival=Arrival.NEVER)
        return self.filter(back, again=None).exclude(letter__template=HEARING)

    def worth_sending(self) -> "DeliveryQuerySet":
        """Without those in whose place another was written, and hearings of those whom nothing is to be asked any more."""
        asked = Hearing.objects.waiting().filter(party=OuterRef("principal"))
        return self.filter(~Q(letter__template=HEARING) | Exists(asked), again=None)


class Delivery(models.Model):
    """A letter on its way to one of those it is addressed to; with its dates it says when the notice is known to them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="deliveries")
    # Whose notice it is, and who gets it: the same, or a representative.
    principal = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    # Who gets the same letter at the same address (§ 122 Abs. 7 AO).
    also_to = models.ManyToManyField(Party, related_name="+")
    # For their information, while the representative's delivery is the one that counts.
    is_copy = models.BooleanField(default=False)
    # The address field as it was when the decision was made.
    recipients = models.JSONField(default=list)
    # How it was to reach them when it was decided.
    way = models.CharField(
        max_length=8, default=Way.POST, choices=[(way.value, way.label) for way in (Way.PORTAL, Way.POST)]
    )
    # The mail that says the letter can be fetched, and the first time they did so.
    notification = models.ForeignKey(OutgoingEmail, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    # The last day of retrieval where the law ends it (§ 41 Abs. 2a VwVfG); counted from the mail that said so. Kept here,
    # since mails are erased.
    available_until = models.DateField(null=True, blank=True)
    # The day of that mail: the periods of AO and SGB X are counted from it.
    notified_on = models.DateField(null=True, blank=True)
    # To an address abroad, for which the fictions of inland letters do not hold.
    abroad = models.BooleanField(default=False, db_default=False)
    # When it turned out that the mail reaches nobody: from then on it is one for the post.
    unreachable_at = models.DateTimeField(null=True, blank=True)
    posted_on = models.DateField(null=True, blank=True)
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # When the post brought it back: nobody has got it.
    returned_on = models.DateField(null=True, blank=True)
    returned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # What is known of its arrival (§ 41 Abs. 2 Satz 3 VwVfG, § 122 Abs. 2 AO, § 37 Abs. 2 Satz 3 SGB X); empty: what the law presumes.
    arrival = models.CharField(max_length=5, choices=Arrival.choices, blank=True, default="", db_default="")
    arrived_on = models.DateField(null=True, blank=True)
    # The one that was made when it came back, or was not sent in time.
    again = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="instead_of")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("Zustellung")
        verbose_name_plural = _("Zustellungen")
        ordering = ["letter", "is_copy", "principal"]
        constraints = [
            models.CheckConstraint(
                condition=Q(returned_on=None) | Q(posted_on__isnull=False), name="delivery_returned_was_posted"
            ),
            models.CheckConstraint(
                condition=Q(arrival=Arrival.LATER, arrived_on__isnull=False)
                | Q(arrival__in=["", Arrival.NEVER], arrived_on=None),
                name="delivery_arrived_has_day",
            ),
        ]
        indexes = [
            # What to_post() can find at all: small, however many letters there are.
            models.Index(
                fields=["letter"],
                condition=Q(posted_on=None) & (Q(way="post") | Q(opened_at=None)),
                name="delivery_to_post_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.get_way_display()}"

    @property
    def notice(self) -> Notice:
        return self.letter.notice

    @property
    def by_post(self) -> bool:
        return self.way == Way.POST

    @property
    def retrieved_on(self) -> dt.date | None:
        """The day on which the addressee fetched it first, in Wolfsburg."""
        return timezone.localdate(self.opened_at) if self.opened_at is not None else None

    @property
    def was_retrieved(self) -> bool:
        """Whether it was fetched here, and in time where the law ends that (§ 41 Abs. 2a Satz 4 VwVfG)."""
        day, last = self.retrieved_on, self.available_until
        return not self.by_post and day is not None and (last is None or day <= last)

    @property
    def name(self) -> str:
        """To whom, in one line."""
        return ", ".join(self.recipients[:1]) or self.party.name

    @property
    def mail_may_come_back(self) -> bool:
        """Whether a clerk may learn that the mail about it reached nobody."""
        is_out = self.notification is None or self.notification.status == EmailStatus.SENT
        waits = self.opened_at is None and self.posted_on is None and self.unreachable_at is None
        return self.letter.is_done and not self.by_post and waits and is_out

    @property
    def may_come_back(self) -> bool:
        """Whether the post may bring it back."""
        return self.posted_on is not None and self.returned_on is None

    @property
    def posting_may_change(self) -> bool:
        """Whether the day of posting can still be put right."""
        return self.may_come_back and self.again_id is None and not self.arrival

    @property
    def arrival_may_change(self) -> bool:
        """Whether something can be said of its arrival: where the law presumes the day, and where it came by post."""
        service = self.notice.case.service
        presumed = self.notified_on is not None and service is not None and service.regime != Regime.VWVFG
        fetched = not self.by_post and self.unreachable_at is None and self.opened_at is not None
        is_out = self.posted_on is not None or (presumed and fetched)
        return is_out and self.returned_on is None and self.again_id is None and not self.letter.is_hearing

    @property
    def return_may_change(self) -> bool:
        """Whether it can still be said that it did not come back."""
        # Of a hearing that came back another may have begun.
        return self.returned_on is not None and self.again_id is None and not self.letter.is_hearing

    @property
    def has_failed(self) -> bool:
        """Whether it came back, or did not arrive: then it is known to nobody."""
        return self.returned_on is not None or self.arrival == Arrival.NEVER

    @property
    def waits_for_address(self) -> bool:
        """Whether it came back or did not arrive, and has not been written anew."""
        # Whose hearing came back is heard anew: its day and its code hold no more.
        return self.has_failed and self.again_id is None and not self.letter.is_hearing

    @property
    def retrieval_ends(self) -> bool:
        """Whether the law gives only some days to fetch it."""
        return not self.by_post and self.notice.retrieval_ends

    @property
    def retrieval_ended(self) -> bool:
        """Whether it may no longer be fetched, since it was not fetched in time.

        Once it has gone out by post they may read the copy here.
        """
        late = self.available_until is not None and self.available_until < today()
        return late and self.opened_at is None and self.posted_on is None

    @property
    def filename(self) -> str:
        """Name of the downloaded file: no name of a person in it."""
        return f"{self.notice.title}-{self.notice.case.reference}.pdf".replace(" ", "-")

    def get_absolute_url(self) -> str:
        return reverse("notices:document", args=[self.pk])


class LetterDocument(models.Model):
    """The finished PDF, written in the same commit as the letter's status; immutable."""

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, primary_key=True, related_name="document")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Dokument")
        verbose_name_plural = _("Dokumente")
        triggers = [pgtrigger.ReadOnly(name="never_changed")]

    def __str__(self) -> str:
        return self.sha256[:12]


class LetterAttempt(models.Model):
    """One try at rendering, counted in a commit of its own before the risky part."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField(default=timezone.now)
    # Stays empty when the process died in between.
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("Versuch")
        verbose_name_plural = _("Versuche")
        ordering = ["started_at"]

    def __str__(self) -> str:
        return f"{self.started_at:%d.%m.%Y %H:%M:%S} {self.error}".strip()
