"""What parties have said about themselves: how letters may reach them, and who acts for them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Party
from apps.cases.states import MandateEnd
from apps.core.business_calendar import today

# Wrong codes before one is void.
ACCESS_TRIES = 5


class Consent(models.Model):
    """That a party agrees to fetch letters in the portal (§ 41 Abs. 2a VwVfG, § 122a AO, § 37 Abs. 2a SGB X).

    What was agreed to stands in it word by word, in the language it was read in.
    """

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="consents")
    wording = models.TextField(_("Wortlaut"))
    version = models.CharField(_("Fassung"), max_length=20)
    given_at = models.DateTimeField(_("erteilt am"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("widerrufen am"), null=True, blank=True)

    class Meta:
        verbose_name = _("Einwilligung in den Abruf")
        verbose_name_plural = _("Einwilligungen in den Abruf")
        ordering = ["given_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["party"], condition=Q(withdrawn_at=None), name="consent_once"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")), name="consent_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.given_at:%d.%m.%Y}"

    @property
    def is_given(self) -> bool:
        return self.withdrawn_at is None


class MandateQuerySet(models.QuerySet["Mandate"]):
    def in_force(self) -> "MandateQuerySet":
        """Not revoked, and not past their last day."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=today()), revoked_at=None)


class Mandate(models.Model):
    """A Vollmacht: one party acts for another (§ 14 VwVfG, § 80 AO, § 13 SGB X).

    With power of receipt the notice goes to the representative, and only that delivery counts.
    """

    principal = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="mandates")
    representative = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="represents")
    receives = models.BooleanField(_("mit Empfangsvollmacht"), default=False)
    valid_until = models.DateField(_("gilt bis"), null=True, blank=True)
    granted_at = models.DateTimeField(_("erteilt am"), default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(_("widerrufen am"), null=True, blank=True)

    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("Vollmacht")
        verbose_name_plural = _("Vollmachten")
        ordering = ["granted_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("representative")), name="mandate_for_another"),
            # One in force at a time: it must be certain who is written to.
            models.UniqueConstraint(fields=["principal"], condition=Q(revoked_at=None), name="mandate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.principal_id} → {self.representative_id}"

    @property
    def ended(self) -> Any:
        """How it ended; None while it is in force."""
        if self.revoked_at is not None:
            return MandateEnd.REVOKED
        return MandateEnd.OVER if self.valid_until is not None and self.valid_until < today() else None


class AccessCodeQuerySet(models.QuerySet["AccessCode"]):
    def open(self) -> "AccessCodeQuerySet":
        """Codes that may still be used."""
        return self.filter(used_at=None, expires_at__gt=timezone.now(), tries__lt=ACCESS_TRIES)


class AccessCode(models.Model):
    """A code on paper with which a party connects an account: whoever holds the letter is who it was written to.

    Only its hash is stored. It is used once, expires, and ends after some wrong tries.
    """

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="access_codes")
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = AccessCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Zugangscode")
        verbose_name_plural = _("Zugangscodes")
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["expires_at"], name="access_code_expiry_idx")]

    def __str__(self) -> str:
        return f"{self.party_id} {self.expires_at:%d.%m.%Y}"
