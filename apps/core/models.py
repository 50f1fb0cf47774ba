"""What every app may use: private files, e-mails as rows, banners, the heartbeat."""

import uuid
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import Bilingual
from apps.core.transitions import Who, Workflow, by


class ScanState(models.TextChoices):
    NOT_SCANNED = "not_scanned", _("nicht geprüft (kein Virenscanner)")
    PENDING = "pending", _("Prüfung steht aus")
    CLEAN = "clean", _("geprüft")
    INFECTED = "infected", _("Schadsoftware gefunden")


def private_path(instance: "PrivateFile", filename: str) -> str:
    """Where a file lies below the private storage: nothing of the person's file name."""
    return f"uploads/{instance.id.hex[:2]}/{instance.id.hex}"


class PrivateFile(models.Model):
    """An uploaded file after all checks; reached only through the object it belongs to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.FileField(upload_to=private_path, max_length=120)
    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    scan = models.CharField(max_length=12, choices=ScanState.choices, default=ScanState.NOT_SCANNED)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Datei")
        verbose_name_plural = _("Dateien")

    def __str__(self) -> str:
        return self.name

    @property
    def viewable(self) -> bool:
        """Whether the file may be opened: not while a scan is due, never when it failed."""
        return self.scan in (ScanState.CLEAN, ScanState.NOT_SCANNED)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row and, once that is committed, the bytes."""
        storage, name = self.content.storage, str(self.content.name)
        result = super().delete(*args, **kwargs)
        transaction.on_commit(partial(storage.delete, name), robust=True)
        return result


class EmailStatus(models.TextChoices):
    PENDING = "pending", _("wird gesendet")
    SENT = "sent", _("gesendet")
    UNDELIVERABLE = "undeliverable", _("nicht zustellbar")
    DEAD = "dead", _("aufgegeben")


# What a clerk has to know: this mail did not and will not arrive by itself.
NOT_DELIVERED = (EmailStatus.UNDELIVERABLE, EmailStatus.DEAD)
EMAIL_WORKFLOW = Workflow(
    name="email",
    states=EmailStatus,
    moves={
        EmailStatus.PENDING: by(Who.PORTAL, EmailStatus.SENT, EmailStatus.UNDELIVERABLE, EmailStatus.DEAD),
        EmailStatus.DEAD: by(Who.STAFF, EmailStatus.PENDING),
    },
)


class OutgoingEmail(models.Model):
    """An e-mail to be sent: a row first, sent by a worker after the commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to_address = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    purpose = models.CharField(max_length=60)
    status = models.CharField(max_length=14, choices=EmailStatus.choices, default=EmailStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ausgehende E-Mail")
        verbose_name_plural = _("ausgehende E-Mails")
        indexes = [models.Index(fields=["next_try"], condition=Q(status="pending"), name="email_pending_idx")]
        constraints = [models.CheckConstraint(condition=Q(status__in=EmailStatus.values), name="email_status_known")]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.get_status_display()})"


class BannerLevel(models.TextChoices):
    INFO = "info", _("Hinweis")
    WARNING = "warning", _("Störung")
    DANGER = "danger", _("Ausfall")


class BannerQuerySet(models.QuerySet["Banner"]):
    def current(self) -> "BannerQuerySet":
        """Banners to be shown right now."""
        now = timezone.now()
        return self.filter(Q(until=None) | Q(until__gt=now), active=True, since__lte=now)


class Banner(models.Model):
    """A message on every page, set by an editor when something is out of order."""

    level = models.CharField(_("Art"), max_length=8, choices=BannerLevel.choices, default="info")
    text_de = models.CharField(_("Text (Deutsch)"), max_length=300)
    text_en = models.CharField(_("Text (Englisch)"), max_length=300)
    active = models.BooleanField(_("sichtbar"), default=True)
    since = models.DateTimeField(_("ab"), default=timezone.now)
    until = models.DateTimeField(_("bis"), null=True, blank=True)

    text = Bilingual("text")

    objects = BannerQuerySet.as_manager()

    class Meta:
        verbose_name = _("Hinweisbanner")
        verbose_name_plural = _("Hinweisbanner")
        ordering = ["-since"]

    def __str__(self) -> str:
        return str(self.text)


class Heartbeat(models.Model):
    """Written by each sweep: an old one means that beat, worker or broker is down."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


class Stamp(models.Model):
    """A number that the database raises when something in a group of tables changes."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class ReconciliationRun(models.Model):
    """A comparison of what has to agree (reconciliation.py); asked for every night, or by an administrator."""

    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Abgleich")
        verbose_name_plural = _("Abgleiche")
        ordering = ["-asked_at"]
        constraints = [
            # Two that ask at once get the same run.
            models.UniqueConstraint(
                fields=["done_at"], condition=Q(done_at=None), name="reconciliation_one_waits", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%d.%m.%Y %H:%M}"


class ReconciliationResult(models.Model):
    """How many differences one of the comparisons has found, and where; ids and references, never what is in them."""

    run = models.ForeignKey(ReconciliationRun, on_delete=models.CASCADE, related_name="results")
    key = models.CharField(max_length=40)
    found = models.PositiveIntegerField(default=0)
    examples = models.JSONField(default=list)
    failed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("Ergebnis eines Abgleichs")
        verbose_name_plural = _("Ergebnisse von Abgleichen")
        ordering = ["run", "pk"]
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="reconciliation_result_unique")]

    def __str__(self) -> str:
        return f"{self.key}: {self.found}"


class RetentionRun(models.Model):
    """What the nightly job erased: which rule, how many rows, when; never what was in them."""

    at = models.DateTimeField(default=timezone.now)
    rule = models.CharField(max_length=60)
    erased = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("Löschlauf")
        verbose_name_plural = _("Löschprotokoll")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.rule}: {self.erased}"


class FactKind(models.TextChoices):
    PHASE = "phase", _("Phase eines Vorgangs")
    QUESTION = "question", _("Rückfrage")
    DELIVERY = "delivery", _("Zustellung")
    CHARGE = "charge", _("Forderung")
    STEP = "step", _("Schritt eines Formulars")
    APPOINTMENT = "appointment", _("Termin")
    OPEN_TIME = "open_time", _("Öffnungszeit für Termine")
    NUMBER = "number", _("Wartenummer")


class Fact(models.Model):
    """That something happened, to count it: it survives the case, and names nobody.

    Keys are text, there is no way to a case or a person, and no time finer than the hour. Until its month is closed even that
    may tell who it was, so nobody of the staff may read it; closing leaves the month.
    """

    what = models.CharField(max_length=12, choices=FactKind.choices)
    month = models.DateField()
    hour = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    service = models.CharField(max_length=100, blank=True)
    department = models.CharField(max_length=60, blank=True)
    district = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=8, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    # Which step of a form, which office.
    detail = models.CharField(max_length=60, blank=True)
    # How long it took: hours in which the office works, or days.
    working_hours = models.PositiveIntegerField(null=True, blank=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    # How long somebody waited, an appointment takes, or an office is open for appointments.
    minutes = models.PositiveIntegerField(null=True, blank=True)
    # In euros.
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("Kennzahl")
        verbose_name_plural = _("Kennzahlen")
        indexes = [
            models.Index(fields=["month", "what"], name="fact_month_idx"),
            models.Index(fields=["month"], condition=Q(hour__isnull=False), name="fact_open_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.month:%m/%Y} {self.outcome}"
