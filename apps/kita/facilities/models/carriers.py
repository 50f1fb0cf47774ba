"""Who runs facilities, and whether they take part in the common procedure."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import HasPlace, User
from apps.kita.facilities.states import CARRIER, CarrierKind


class Carrier(HasPlace):
    """Who runs facilities (Träger)."""

    place_kind = CARRIER
    slug = models.SlugField(unique=True)
    name = models.CharField(_("Name"), max_length=120, unique=True)
    kind = models.CharField(_("Art"), max_length=12, choices=CarrierKind.choices, default=CarrierKind.OTHER)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    email = models.EmailField(_("E-Mail"), blank=True)

    class Meta:
        verbose_name = _("Träger")
        verbose_name_plural = _("Träger")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CarrierKind.values), name="carrier_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name


class CarrierAgreementQuerySet(models.QuerySet["CarrierAgreement"]):
    def in_force(self, day: dt.date) -> "CarrierAgreementQuerySet":
        """Those that hold on a day."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)


class CarrierAgreement(models.Model):
    """A carrier has agreed that its places are given in the city's common procedure.

    Without one they are not: places of free carriers are theirs to give (VG Darmstadt 5 K 1831/15).
    """

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="agreements")
    valid_from = models.DateField(_("gilt ab"))
    valid_until = models.DateField(_("gilt bis"), null=True, blank=True)
    reference = models.CharField(_("Vereinbarung"), max_length=200, help_text=_("Aktenzeichen oder Datum"))
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CarrierAgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("Beitritt zum gemeinsamen Verfahren")
        verbose_name_plural = _("Beitritte zum gemeinsamen Verfahren")
        ordering = ["-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="agreement_period_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier}, {self.reference}"

    def clean(self) -> None:
        """Raises ValidationError for an end before the beginning."""
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": _("Das liegt vor „gilt ab“.")})
