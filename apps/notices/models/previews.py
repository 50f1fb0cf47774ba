"""Letters as a decision would send them, to be looked at before it is made."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases.models import Case
from apps.notices.states import NoticeStatus


class LetterPreview(models.Model):
    """The letters to be looked at before the decision that would send them; it delivers nothing.

    Gone with the decision, or after a day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="previews")
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # What the clerk typed, by name of the field: to go on from, and to decide from.
    typed = models.JSONField()
    template = models.CharField(max_length=40, blank=True)
    # The context of each letter; none for a decision without one.
    letters = models.JSONField(default=list)
    status = models.CharField(max_length=8, choices=NoticeStatus.choices, default=NoticeStatus.PENDING)
    # Counted in a commit of its own before each try.
    tries = models.PositiveSmallIntegerField(default=0)
    content = models.BinaryField(default=b"", blank=True)
    # Words with a character that no font of ours has.
    unprintable = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Vorschau eines Bescheids")
        verbose_name_plural = _("Vorschauen von Bescheiden")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=NoticeStatus.values), name="preview_status_known"),
            models.CheckConstraint(
                condition=Q(status=NoticeStatus.DONE) & ~Q(content=b"") | ~Q(status=NoticeStatus.DONE) & Q(content=b""),
                name="preview_done_has_document",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="preview_created_idx")]

    def __str__(self) -> str:
        return f"{self.case.reference} {self.created_at:%d.%m.%Y %H:%M}"

    @property
    def is_done(self) -> bool:
        return self.status == NoticeStatus.DONE

    @property
    def is_pending(self) -> bool:
        return bool(self.letters) and self.status == NoticeStatus.PENDING

    @property
    def may_be_released(self) -> bool:
        """Whether everything there is to be seen can be seen."""
        return self.is_done or not self.letters


class PreviewPage(models.Model):
    """A page of a previewed letter as a picture."""

    preview = models.ForeignKey(LetterPreview, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField()
    # Which of the letters it belongs to, counted from one.
    letter = models.PositiveSmallIntegerField(default=1)
    picture = models.BinaryField()

    class Meta:
        verbose_name = _("Seite")
        verbose_name_plural = _("Seiten")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["preview", "number"], name="preview_page_unique")]

    def __str__(self) -> str:
        return str(self.number)
