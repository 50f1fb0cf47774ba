"""Who waits for a time that others give back, and how long people have to wait."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core import signing
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.appointments.models.bookings import Booking
from apps.appointments.models.offices import BookableService, OpeningRule
from apps.appointments.states import WishStatus
from apps.cases.models import Case
from apps.catalogue.models import Office

WISH_SALT = "appointments.wish"
# The longest horizon there is.
WISH_DAYS = 400


class WishQuerySet(models.QuerySet["Wish"]):
    def in_line(self) -> "WishQuerySet":
        """Those who wait, the first one first."""
        today = timezone.localdate()
        return self.filter(status=WishStatus.WAITING, last_day__gte=today).order_by("waiting_since", "pk")


class Wish(models.Model):
    """When somebody could come, for what, and where to write to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    services = models.ManyToManyField(BookableService, related_name="wishes")
    persons = models.PositiveSmallIntegerField(_("Personen"), default=1)
    office = models.ForeignKey(
        Office, on_delete=models.CASCADE, null=True, blank=True, related_name="wishes", verbose_name=_("Standort")
    )
    first_day = models.DateField(_("frühestens am"))
    last_day = models.DateField(_("spätestens am"))
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=OpeningRule.WEEKDAYS), verbose_name=_("Wochentage"))
    # Times of day in Wolfsburg between which the visit may begin.
    earliest = models.TimeField(_("ab"))
    latest = models.TimeField(_("bis"))
    status = models.CharField(max_length=8, choices=WishStatus.choices, default=WishStatus.NEW)
    waiting_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(_("Name"), max_length=240, blank=True)
    email = models.EmailField(_("E-Mail-Adresse"), blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    language = models.CharField(max_length=2, default="de")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="wishes"
    )
    # An appointment that goes when an earlier one comes.
    replaces = models.ForeignKey(Booking, on_delete=models.SET_NULL, null=True, blank=True, related_name="wishes")

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name = _("Wunsch auf der Warteliste")
        verbose_name_plural = _("Warteliste")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=WishStatus.values), name="wish_status_known"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="wish_days_in_order"),
            models.CheckConstraint(condition=Q(latest__gte=F("earliest")), name="wish_hours_in_order"),
            models.CheckConstraint(
                condition=~Q(status=WishStatus.WAITING) | Q(waiting_since__isnull=False), name="wish_waits_since"
            ),
        ]
        indexes = [models.Index(fields=["waiting_since"], condition=Q(status="waiting"), name="wish_line_idx")]

    def __str__(self) -> str:
        return f"{self.first_day:%d.%m.%Y}–{self.last_day:%d.%m.%Y}"

    @property
    def waits(self) -> bool:
        """Whether a time may still come."""
        return self.status == WishStatus.WAITING and self.last_day >= timezone.localdate()

    def record_move(self, old: str, new: str, *, by: Any, **data: Any) -> None:
        """The row's own times are the record."""

    @property
    def token(self) -> str:
        """The signed part of the link to one's wish."""
        return signing.dumps(str(self.pk), salt=WISH_SALT)

    def get_absolute_url(self) -> str:
        """The page on which one looks at the wish and ends it."""
        return reverse("appointments:wish", args=[self.token])


class Passed(models.Model):
    """A freed time was offered to a wish and not taken: it goes to the next in line, not round again."""

    wish = models.ForeignKey(Wish, on_delete=models.CASCADE, related_name="passed")
    counter = models.ForeignKey("appointments.Counter", on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wish", "counter", "starts_at"], name="passed_once")]

    def __str__(self) -> str:
        return f"{self.starts_at:%d.%m.%Y %H:%M}"


class Invitation(models.Model):
    """The city asks somebody to come for their case: to fetch what was decided, to show a document."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="invitations")
    service = models.ForeignKey(BookableService, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    # When an appointment for it was confirmed.
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "service"], name="invitation_once")]

    def __str__(self) -> str:
        return str(self.service)


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
