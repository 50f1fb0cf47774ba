"""Who has looked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Place
from apps.cases.models.case import Case, Party
from apps.cases.states import Purpose


class Look(models.Model):
    """That a member of staff has read something in a case; kept for a year."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="looks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
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
