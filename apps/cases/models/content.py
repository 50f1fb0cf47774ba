"""What lies in a case: what happened, what was said, notes, files, and who has looked."""

from collections.abc import Iterable
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Place, User
from apps.cases.models.case import Case, Party
from apps.cases.states import OF_A_HEARING, Act, Direction, Purpose
from apps.core.models import OutgoingEmail, PrivateFile


class HeardQuerySet[M: models.Model](models.QuerySet[M]):
    def heard_by(self, parties: Iterable[int]) -> Self:
        """What is for all parties, and what is for one of these (ids; see audience.standing_for)."""
        return self.filter(Q(only_for=None) | Q(only_for__overlap=list(parties)))


def _only_for() -> Any:
    """Of which parties (ids) it is; empty where it is for all of them. Staff see everything."""
    return ArrayField(models.BigIntegerField(), null=True, blank=True)


class TimelineEntry(models.Model):
    """One thing that happened; never changed."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="timeline")
    at = models.DateTimeField(default=timezone.now)
    act = models.CharField(max_length=16, choices=Act.choices)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Whether parties see it at all, and which.
    public = models.BooleanField(default=True)
    only_for = _only_for()
    data = models.JSONField(default=dict, blank=True)
    email = models.ForeignKey(
        OutgoingEmail, on_delete=models.SET_NULL, null=True, blank=True, related_name="timeline_entries"
    )

    objects = HeardQuerySet["TimelineEntry"].as_manager()

    class Meta:
        verbose_name = _("Eintrag im Verlauf")
        verbose_name_plural = _("Verlauf")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["case", "at"], name="timeline_case_idx")]
        # What happened is not rewritten; only references to people and mails that are deleted may go.
        triggers = [
            pgtrigger.ReadOnly(name="never_rewritten", fields=["case", "at", "act", "public", "only_for", "data"])
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """What people read."""
        of_hearing = OF_A_HEARING.get(self.act) if self.data.get("hearing") else None
        return str(of_hearing or self.get_act_display())


class Message(models.Model):
    """Something said between the city and the citizen."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    # A question that waits for an answer has a day; the answer points back at it.
    question_due = models.DateField(null=True, blank=True)
    answer_to = models.OneToOneField("self", on_delete=models.CASCADE, null=True, blank=True, related_name="answer")
    email = models.ForeignKey(OutgoingEmail, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    only_for = _only_for()
    # Said by whoever came by a mailed link: who that is, nobody has shown.
    unproved = models.BooleanField(default=False, db_default=False)

    # Set by ``audience.conversation_of``.
    said_by = ""

    objects = HeardQuerySet["Message"].as_manager()

    class Meta:
        verbose_name = _("Nachricht")
        verbose_name_plural = _("Nachrichten")
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.created_at:%d.%m.%Y}"


class Note(models.Model):
    """A note among colleagues; never shown to the citizen."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Notiz")
        verbose_name_plural = _("Notizen")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.created_at:%d.%m.%Y}"


class Attachment(models.Model):
    """A file in a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")
    file = models.OneToOneField(PrivateFile, on_delete=models.PROTECT, related_name="attachment")
    label = models.CharField(max_length=200)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="attachments")
    created_at = models.DateTimeField(default=timezone.now)
    only_for = _only_for()

    objects = HeardQuerySet["Attachment"].as_manager()

    class Meta:
        verbose_name = _("Anlage")
        verbose_name_plural = _("Anlagen")
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.label


class Look(models.Model):
    """That a member of staff has read something in a case; kept for a year."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="looks")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Where they were what let them: a citizen may know the office, not the person.
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    # Of a protected address: whose, and why.
    party = models.ForeignKey(Party, on_delete=models.CASCADE, null=True, blank=True, related_name="looks")
    reason = models.CharField(_("Grund"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("Einsicht")
        verbose_name_plural = _("Einsichten")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose=Purpose.ADDRESS, party__isnull=False) & ~Q(reason="")
                | ~Q(purpose=Purpose.ADDRESS) & Q(party=None, reason=""),
                name="look_at_address_has_reason",
            )
        ]
        indexes = [models.Index(fields=["at"], name="look_at_idx")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.at:%d.%m.%Y %H:%M}"
