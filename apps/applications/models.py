"""Drafts and applications."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.cases.models import Case
from apps.cases.states import Channel
from apps.catalogue.models import Service
from apps.core.models import PrivateFile
from apps.formbuilder.models import FormVersion


class DraftQuerySet(models.QuerySet["Draft"]):
    def reachable(self, user: Viewer, browser: str) -> "DraftQuerySet":
        """One's own drafts, and those begun in this browser that nobody owns yet."""
        mine = Q(owner=user) if user.is_authenticated else Q(pk=None)
        begun = Q(owner=None, browser=browser) if browser else Q(pk=None)
        return self.filter(mine | begun)


class Draft(models.Model):
    """An application that is being filled in; its id is the later submission key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="drafts")
    form_version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="drafts")
    # Hash of the key in the cookie of the browser in which the draft was begun.
    browser = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.ONLINE)
    # Answers that hold, by key; and what was typed but not accepted yet, by step.
    answers = models.JSONField(default=dict, blank=True)
    typed = models.JSONField(default=dict, blank=True)
    step = models.CharField(max_length=40, blank=True)
    # Which steps were worked on, for figures: each counts once.
    noted = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Entwurf")
        verbose_name_plural = _("Entwürfe")
        ordering = ["-updated_at"]
        constraints = [
            models.CheckConstraint(condition=Q(owner__isnull=False) | ~Q(browser=""), name="draft_is_somebodys")
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.updated_at:%d.%m.%Y}"

    @property
    def captured(self) -> bool:
        """Filled in by a clerk for somebody at the counter, on paper or on the telephone."""
        return self.channel != Channel.ONLINE

    def get_absolute_url(self) -> str:
        """Where filling in goes on."""
        return reverse("applications:resume", args=[self.pk])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the draft and the files that only it had."""
        files = [u.file for u in self.uploads.select_related("file")]
        result = super().delete(*args, **kwargs)
        for file in files:
            if not hasattr(file, "attachment"):
                file.delete()
        return result

    def files_by_path(self) -> dict[str, list[str]]:
        """Ids of the uploads by field path."""
        result: dict[str, list[str]] = {}
        for upload in self.uploads.all():
            result.setdefault(upload.path, []).append(str(upload.file_id))
        return result


class DraftUpload(models.Model):
    """A file of a draft, at the field it was uploaded for (``registration``, ``dogs-0-photo``)."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="uploads")
    path = models.CharField(max_length=100)
    file = models.OneToOneField(PrivateFile, on_delete=models.CASCADE, related_name="draft_upload")

    class Meta:
        verbose_name = _("Datei eines Entwurfs")
        verbose_name_plural = _("Dateien von Entwürfen")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.file)


class Application(models.Model):
    """What an Antrag adds to its case: the answers under the form version they were given to."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="application")
    form_version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="applications")
    answers = models.JSONField()
    # What the fees were on the day of filing, so that they can be shown as they were.
    fees = models.JSONField(default=list, blank=True)
    # Set once, with the decision: outcome, reasons, validity, fee.
    decision = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = _("Antrag")
        verbose_name_plural = _("Anträge")

    def __str__(self) -> str:
        return str(self.case)
