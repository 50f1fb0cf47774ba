"""Counters, when they are open, and the times that are taken."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.appointments.states import (
    ACTIVE,
    CONFIRMABLE,
    LAPSING,
    MAKING_WAY,
    Audience,
    BookedBy,
    BookingStatus,
    CancelledBy,
)
from apps.cases.models import Case
from apps.catalogue.models import Office, Service
from apps.core.references import new_reference


class BookableService(models.Model):
    """A service one can make an appointment for, and how long a visit takes."""

    service = models.OneToOneField(
        Service, on_delete=models.PROTECT, related_name="bookable", verbose_name=_("Leistung")
    )
    minutes = models.PositiveSmallIntegerField(_("Minuten"), validators=[MinValueValidator(1), MaxValueValidator(480)])
    minutes_per_further_person = models.PositiveSmallIntegerField(
        _("Minuten je weitere Person"), default=0, validators=[MaxValueValidator(480)]
    )
    max_persons = models.PositiveSmallIntegerField(
        _("höchstens Personen"), default=5, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    active = models.BooleanField(_("buchbar"), default=True)

    class Meta:
        verbose_name = _("buchbare Leistung")
        verbose_name_plural = _("buchbare Leistungen")
        ordering = ["service__name_de"]
        constraints = [models.CheckConstraint(condition=Q(minutes__gte=1), name="bookable_takes_time")]

    def __str__(self) -> str:
        return str(self.service.name)


class OfficePolicy(models.Model):
    """How an office takes appointments; an office without one takes none."""

    office = models.OneToOneField(Office, on_delete=models.CASCADE, related_name="policy", verbose_name=_("Standort"))
    horizon_days = models.PositiveSmallIntegerField(
        _("Tage im Voraus"), default=60, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    lead_minutes = models.PositiveIntegerField(
        _("Vorlauf in Minuten"), default=60, help_text=_("So kurz vorher kann noch online gebucht werden."),
        validators=[MaxValueValidator(60 * 24 * 30)],
    )  # fmt: skip
    buffer_minutes = models.PositiveSmallIntegerField(
        _("Puffer nach jedem Termin in Minuten"), default=0, validators=[MaxValueValidator(120)]
    )
    grid_minutes = models.PositiveSmallIntegerField(
        _("Raster in Minuten"), default=12, help_text=_("Termine beginnen in diesem Abstand."),
        validators=[MinValueValidator(1), MaxValueValidator(240)],
    )  # fmt: skip
    active = models.BooleanField(_("nimmt Termine an"), default=True)

    class Meta:
        verbose_name = _("Terminregeln eines Standorts")
        verbose_name_plural = _("Terminregeln der Standorte")
        ordering = ["office__name_de"]
        constraints = [models.CheckConstraint(condition=Q(grid_minutes__gte=1), name="policy_grid_positive")]

    def __str__(self) -> str:
        return str(self.office)


class Counter(models.Model):
    """A place at which one person at a time is served."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="counters", verbose_name=_("Standort"))
    name = models.CharField(_("Bezeichnung"), max_length=40, help_text=_("So wird er aufgerufen, z. B. „Platz 4“."))
    services = models.ManyToManyField(
        BookableService, related_name="counters", blank=True, verbose_name=_("kann bedienen")
    )
    active = models.BooleanField(_("in Betrieb"), default=True)

    class Meta:
        verbose_name = _("Platz")
        verbose_name_plural = _("Plätze")
        ordering = ["office__name_de", "name"]
        constraints = [models.UniqueConstraint(fields=["office", "name"], name="counter_name_unique")]

    def __str__(self) -> str:
        return f"{self.office}, {self.name}"


class OpeningRule(models.Model):
    """Counters of an office that are open every week at certain hours, and for whom."""

    WEEKDAYS = [
        (0, _("Montag")), (1, _("Dienstag")), (2, _("Mittwoch")), (3, _("Donnerstag")), (4, _("Freitag")),
        (5, _("Samstag")), (6, _("Sonntag")),
    ]  # fmt: skip

    office = models.ForeignKey(
        Office, on_delete=models.CASCADE, related_name="opening_rules", verbose_name=_("Standort")
    )
    counters = models.ManyToManyField(Counter, related_name="opening_rules", verbose_name=_("Plätze"))
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=WEEKDAYS), verbose_name=_("Wochentage"), size=7)
    # Times of day in Wolfsburg.
    opens = models.TimeField(_("von"))
    closes = models.TimeField(_("bis"))
    valid_from = models.DateField(_("gilt ab"))
    valid_until = models.DateField(_("gilt bis"), null=True, blank=True)
    audience = models.CharField(_("für"), max_length=8, choices=Audience.choices, default=Audience.PUBLIC)

    class Meta:
        verbose_name = _("Öffnungsregel")
        verbose_name_plural = _("Öffnungsregeln")
        ordering = ["office__name_de", "valid_from", "opens"]
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="opening_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="opening_period_in_order"
            ),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="opening_audience_known"),
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def clean(self) -> None:
        """The same as the database demands, as sentences beside the fields."""
        if self.opens and self.closes and self.closes <= self.opens:
            raise ValidationError({"closes": _("Das Ende muss nach dem Anfang liegen.")})
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": _("Das Ende muss nach dem Anfang liegen.")})


class Closure(models.Model):
    """Hours in which an office, or one of its counters, is closed against the rules."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="closures", verbose_name=_("Standort"))
    counter = models.ForeignKey(
        Counter, on_delete=models.CASCADE, related_name="closures", null=True, blank=True, verbose_name=_("Platz"),
        help_text=_("Leer heißt: der ganze Standort."),
    )  # fmt: skip
    begins = models.DateTimeField(_("von"))
    ends = models.DateTimeField(_("bis"))
    reason_de = models.CharField(_("Grund (Deutsch)"), max_length=200, blank=True)
    reason_en = models.CharField(_("Grund (Englisch)"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Schließung")
        verbose_name_plural = _("Schließungen")
        ordering = ["begins"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="closure_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.office} {timezone.localtime(self.begins):%d.%m.%Y}"

    def clean(self) -> None:
        if self.begins and self.ends and self.ends <= self.begins:
            raise ValidationError({"ends": _("Das Ende muss nach dem Anfang liegen.")})
        if self.counter and self.office_id and self.counter.office_id != self.office_id:
            raise ValidationError({"counter": _("Dieser Platz gehört zu einem anderen Standort.")})


class BookingQuerySet(models.QuerySet["Booking"]):
    def taking_time(self) -> "BookingQuerySet":
        """Bookings that take a counter's time right now; a lapsed hold takes none."""
        return self.filter(status__in=ACTIVE).exclude(status__in=MAKING_WAY, expires_at__lte=timezone.now())

    def lapsed(self) -> "BookingQuerySet":
        """What makes way, since its time is over."""
        return self.filter(status__in=MAKING_WAY, expires_at__lte=timezone.now())

    def of(self, user: Any) -> "BookingQuerySet":
        """The bookings of an account."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def confirmed(self) -> "BookingQuerySet":
        """Bookings that stand."""
        return self.filter(status=BookingStatus.CONFIRMED)


class CounterRange(Func):
    """A counter as a range of one number, so that the exclusion constraint needs no extension."""

    template = "int8range(%(expressions)s, '[]')"
    arity = 2


class Booking(models.Model):
    """A time at a counter: held, reserved, confirmed, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("Terminnummer"), max_length=11, unique=True, default=new_reference, editable=False)
    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, related_name="bookings")
    # What it takes of the counter, the office's buffer included.
    during = DateTimeRangeField()
    starts_at = models.DateTimeField(_("Beginn"))
    ends_at = models.DateTimeField(_("Ende"))
    services = models.ManyToManyField(BookableService, related_name="bookings")
    persons = models.PositiveSmallIntegerField(_("Personen"), default=1)
    status = models.CharField(_("Status"), max_length=9, choices=BookingStatus.choices, default=BookingStatus.HELD)
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)
    booked_by = models.CharField(_("gebucht"), max_length=7, choices=BookedBy.choices, default=BookedBy.ONLINE)
    expires_at = models.DateTimeField(null=True, blank=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="bookings"
    )
    name = models.CharField(_("Name"), max_length=240, blank=True)
    email = models.EmailField(_("E-Mail-Adresse"), blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    language = models.CharField(max_length=2, default="de")
    # The mailed code, hashed; it lapses with the reservation.
    code_hash = models.CharField(max_length=64, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    case = models.ForeignKey(Case, on_delete=models.SET_NULL, null=True, blank=True, related_name="bookings")
    # The sender's Idempotency-Key, hashed: the same request holds once.
    request_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    # The booking that goes when this one is certain.
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=7, choices=CancelledBy.choices, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    # When a change of ours concerns somebody without e-mail, until somebody has called them.
    call_since = models.DateTimeField(null=True, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("Termin")
        verbose_name_plural = _("Termine")
        ordering = ["starts_at", "counter"]
        constraints = [
            ExclusionConstraint(
                name="booking_counter_never_double",
                expressions=[
                    (CounterRange(F("counter"), F("counter")), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=ACTIVE),
            ),
            models.CheckConstraint(condition=Q(status__in=BookingStatus.values), name="booking_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=LAPSING, expires_at__isnull=False) | ~Q(status__in=LAPSING) & Q(expires_at=None),
                name="booking_lapses_only_unconfirmed",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_takes_time"),
            models.CheckConstraint(
                condition=~Q(status=BookingStatus.CANCELLED) | Q(cancelled_at__isnull=False),
                name="booking_cancelled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status__in=LAPSING), name="booking_lapse_idx"),
            models.Index(fields=["starts_at", "status"], name="booking_day_idx"),
            models.Index(fields=["user", "starts_at"], name="booking_user_idx"),
            models.Index(Upper("email"), condition=Q(status=BookingStatus.CONFIRMED), name="booking_address_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {timezone.localtime(self.starts_at):%d.%m.%Y %H:%M}"

    def record_move(self, old: str, new: str, *, by: Any, **data: Any) -> None:
        """The row's own times are the record."""

    @property
    def is_live(self) -> bool:
        """Held, reserved or offered, and not lapsed."""
        return self.status in CONFIRMABLE and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def lies_ahead(self) -> bool:
        """Confirmed and not over yet."""
        return self.status == BookingStatus.CONFIRMED and self.starts_at > timezone.now()

    @property
    def office(self) -> Office:
        return self.counter.office

    def get_absolute_url(self) -> str:
        """The page of whoever made it in this browser or account."""
        return reverse("appointments:booking", args=[self.pk])
