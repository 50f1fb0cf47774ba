"""A letter in a form in which its addressee can perceive it: large print, Braille, words to be read aloud (§ 8 NBGG)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import LetterForm, User
from apps.cases.models import Party
from apps.notices.models.letters import Delivery
from apps.notices.states import NoticeStatus

# How a file of each form is called, and what it is.
FILES = {
    LetterForm.LARGE_PRINT: ("pdf", "application/pdf"),
    LetterForm.BRAILLE: ("brf", "application/octet-stream"),
    LetterForm.BRAILLE_CONTRACTED: ("brf", "application/octet-stream"),
    LetterForm.READ_ALOUD: ("txt", "text/plain; charset=utf-8"),
}


class CopyQuerySet(models.QuerySet["AccessibleCopy"]):
    def light(self) -> "CopyQuerySet":
        """Without the files themselves: for lists."""
        return self.defer("content")

    def waiting(self) -> "CopyQuerySet":
        """Those still to be made that may be tried now; the letter itself comes first."""
        due = self.filter(status=NoticeStatus.PENDING, next_try__lte=timezone.now())
        return due.filter(delivery__letter__status=NoticeStatus.DONE)

    def to_give(self) -> "CopyQuerySet":
        """What the office still has to read to somebody, or to send: what goes with a letter of the outgoing post is noted there."""
        made = self.filter(status=NoticeStatus.DONE, given_on=None, delivery__again=None)
        sent = Q(delivery__posted_on__isnull=False)
        return made.filter(Q(form=LetterForm.READ_ALOUD) | sent)


class AccessibleCopy(models.Model):
    """The same words as a delivered letter, in another form; beside the letter, whose effects it has none of."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="copies")
    # Who needs it: that is for nobody else among those who get the letter.
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=18, choices=LetterForm.choices)
    status = models.CharField(max_length=8, choices=NoticeStatus.choices, default=NoticeStatus.PENDING)
    # Counted in a commit of its own before each try.
    tries = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(default=timezone.now)
    content = models.BinaryField(default=b"", blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    # When the office read it to them, or gave it to the post; what is fetched here is given by being there.
    given_on = models.DateField(null=True, blank=True)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = CopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Barrierefreie Fassung")
        verbose_name_plural = _("Barrierefreie Fassungen")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "party", "form"], name="copy_unique"),
            models.CheckConstraint(condition=Q(form__in=LetterForm.values), name="copy_form_known"),
            models.CheckConstraint(condition=Q(status__in=NoticeStatus.values), name="copy_status_known"),
            models.CheckConstraint(
                condition=Q(status=NoticeStatus.DONE) & ~Q(content=b"") | ~Q(status=NoticeStatus.DONE) & Q(content=b""),
                name="copy_done_has_content",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try"], condition=Q(status="pending"), name="copy_pending_idx"),
            models.Index(fields=["delivery"], condition=Q(given_on=None), name="copy_to_give_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.get_form_display()}"

    @property
    def is_done(self) -> bool:
        return self.status == NoticeStatus.DONE

    @property
    def is_pending(self) -> bool:
        return self.status == NoticeStatus.PENDING

    @property
    def is_read_aloud(self) -> bool:
        return self.form == LetterForm.READ_ALOUD

    @property
    def is_print(self) -> bool:
        """Whether any printer prints it."""
        return self.form == LetterForm.LARGE_PRINT

    @property
    def media_type(self) -> str:
        return FILES[LetterForm(self.form)][1]

    @property
    def filename(self) -> str:
        """Name of the downloaded file: no name of a person in it."""
        stem = self.delivery.filename.removesuffix(".pdf")
        return f"{stem}-{self.get_form_display()}.{FILES[LetterForm(self.form)][0]}".replace(" ", "-")
