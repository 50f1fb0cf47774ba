"""That somebody acts against a notice: then nothing of the case is deleted before it is over."""

import datetime as dt

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases.models import Party
from apps.notices.models.letters import Notice


class AppealKind(models.TextChoices):
    OBJECTION = "objection", _("Widerspruch")  # § 68 VwGO, § 83 SGG
    TAX_OBJECTION = "tax", _("Einspruch")  # § 347 AO
    ACTION = "action", _("Klage")  # § 74 VwGO, § 47 FGO, § 87 SGG
    URGENT = "urgent", _("Eilantrag")  # § 80 Abs. 5 VwGO, § 86b SGG
    OTHER = "other", _("anderer Rechtsbehelf")


# Where they come in, and which have a period (§ 70, § 74 VwGO, § 355 AO, § 84, § 87 SGG).
TO_THE_AUTHORITY = (AppealKind.OBJECTION, AppealKind.TAX_OBJECTION)
WITH_A_PERIOD = (*TO_THE_AUTHORITY, AppealKind.ACTION)


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> "AppealQuerySet":
        """Those about which nobody has decided yet."""
        return self.filter(ended_on=None)


class Appeal(models.Model):
    """A Rechtsbehelf that has come in, with whoever decides about it; while it is open, the case cannot be deleted."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="appeals")
    # Who acts against it; nobody where somebody does who is no party of the case.
    party = models.ForeignKey(Party, on_delete=models.CASCADE, null=True, blank=True, related_name="appeals")
    kind = models.CharField(max_length=9, choices=AppealKind.choices)
    # The court or the authority that decides about it, and how it calls the matter.
    decider = models.CharField(max_length=200)
    reference = models.CharField(max_length=80, blank=True)
    # At the authority; of what goes to a court there, which the city may not know yet.
    received_on = models.DateField(null=True, blank=True)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField(default=timezone.now)
    ended_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("Rechtsbehelf")
        verbose_name_plural = _("Rechtsbehelfe")
        ordering = ["noted_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AppealKind.values), name="appeal_kind_known"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(received_on=None) | Q(ended_on__gte=F("received_on")),
                name="appeal_ends_after_it_came",
            ),
            models.CheckConstraint(
                condition=Q(received_on__isnull=False) | ~Q(kind__in=TO_THE_AUTHORITY),
                name="appeal_to_authority_has_day",
            ),
        ]
        indexes = [models.Index(fields=["notice"], condition=Q(ended_on=None), name="appeal_open_idx")]
        # Whatever deletes a case, this stops it.
        triggers = [
            pgtrigger.Protect(
                name="open_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__ended_on__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.noted_at:%d.%m.%Y}"

    @property
    def is_open(self) -> bool:
        return self.ended_on is None

    def is_late(self, ends_on: dt.date) -> bool | None:
        """Whether it came after the last day to act; None where that has no such day, or when it came is not known."""
        if self.received_on is None or self.kind not in WITH_A_PERIOD:
            return None
        return self.received_on > ends_on
