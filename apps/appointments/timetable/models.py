"""Offices, their counters, when those are open and for whom."""

import datetime as dt
import secrets

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Department
from apps.accounts.requests import Viewer
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office, Service


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


class OfficePolicyQuerySet(models.QuerySet["OfficePolicy"]):
    def worked_by(self, user: Viewer) -> "OfficePolicyQuerySet":
        """Offices whose counters the member of staff serves."""
        return self.filter(department__in=user.department_ids) if user.is_authenticated else self.none()


class OfficePolicy(models.Model):
    """How an office takes appointments; an office without one takes none."""

    office = models.OneToOneField(Office, on_delete=models.CASCADE, related_name="policy", verbose_name=_("Standort"))
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Dienststelle"),
        help_text=_("Wer hier arbeitet, bedient die Schalter dieses Standorts."),
    )  # fmt: skip
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
    # Part of the terminal's address: whoever knows it draws numbers without the limits for people at home.
    terminal_key = models.CharField(max_length=43, unique=True, default=secrets.token_urlsafe, editable=False)

    objects = OfficePolicyQuerySet.as_manager()

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
    tickets = models.PositiveSmallIntegerField(
        _("Wartenummern je Tag"), default=10, help_text=_("Nur für Zeiten ohne Termin."),
        validators=[MaxValueValidator(500)],
    )  # fmt: skip
    home_tickets = models.PositiveSmallIntegerField(
        _("davon höchstens von unterwegs"), default=5, validators=[MaxValueValidator(500)],
        help_text=_("Die übrigen bleiben denen, die ohne Internet kommen."),
    )  # fmt: skip

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

    def applies_on(self, day: dt.date) -> bool:
        """Whether it opens anything on a day; that a holiday closes all is not its business."""
        begun = self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
        return begun and day.weekday() in self.weekdays

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
