"""What is kept for figures: how long people had to wait for an appointment, and which days are counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.appointments.timetable.models import BookableService
from apps.catalogue.models import Office


class LeadTime(models.Model):
    """How many days ahead the third free time of an office lay on one day: what people wait for an appointment."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="lead_times")
    service = models.ForeignKey(BookableService, on_delete=models.CASCADE, related_name="lead_times")
    day = models.DateField()
    # None: there were not three within the horizon.
    days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "service", "day"], name="lead_time_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


class ClosedDay(models.Model):
    """A day whose facts are written (facts.py): each is closed once."""

    day = models.DateField(unique=True)

    class Meta:
        verbose_name = _("abgeschlossener Tag")
        verbose_name_plural = _("abgeschlossene Tage")

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"
