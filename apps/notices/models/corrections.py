"""What was noted wrongly about a delivery, and what is known better since: the trace of it."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notices.models.letters import Delivery
from apps.notices.states import Arrival


class CorrectedFact(models.TextChoices):
    POSTING = "posting", _("Zur Post gegeben")
    ARRIVAL = "arrival", _("Zugang")
    RETURN = "return", _("Rückkehr mit der Post")


class DeliveryCorrection(models.Model):
    """What stood there before, what stands there since, why, and who has said so; never changed."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="corrections")
    fact = models.CharField(max_length=8, choices=CorrectedFact.choices)
    was = models.CharField(max_length=8, choices=Arrival.choices, blank=True)
    was_on = models.DateField(null=True, blank=True)
    became = models.CharField(max_length=8, choices=Arrival.choices, blank=True)
    became_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Berichtigung einer Zustellung")
        verbose_name_plural = _("Berichtigungen von Zustellungen")
        ordering = ["at", "pk"]
        triggers = [pgtrigger.ReadOnly(name="never_changed")]

    def __str__(self) -> str:
        return f"{self.get_fact_display()} {self.at:%d.%m.%Y}"
