"""Rounds in which places are given, and the criteria by which."""

import datetime as dt
from typing import Any

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import Bilingual
from apps.core.business_calendar import next_working_day
from apps.kita.rules.states import Basis, TieBreak

# Both months as a range of days, so that the database sees to it that no month is in two rounds.
STARTS = Func("first_start", "last_start", Value("[]"), function="daterange", output_field=DateRangeField())


class RoundQuerySet(models.QuerySet["Round"]):
    def of_start(self, month: dt.date) -> "RoundQuerySet":
        """The round in which places for a month (its first day) are given."""
        return self.filter(first_start__lte=month, last_start__gte=month)

    def to_come(self, day: dt.date) -> "RoundQuerySet":
        """Those whose places have not been given yet, by date."""
        return self.filter(allocation_on__gte=day).order_by("allocation_on")


class Round(models.Model):
    """Places for some months are given at once, among the children who were registered until a day."""

    first_start = models.DateField(_("Plätze ab"), help_text=_("Der Erste eines Monats."))
    last_start = models.DateField(_("bis einschließlich"), help_text=_("Der Erste eines Monats."))
    registration_until = models.DateField(
        _("Anmeldeschluss"),
        help_text=_("Fällt er auf ein Wochenende oder einen Feiertag, gilt der nächste Arbeitstag."),
    )
    evidence_until = models.DateField(_("Nachweise bis"), help_text=_("So lange können Nachweise nachgereicht werden."))
    allocation_on = models.DateField(_("Vergabe am"))
    tie_break = models.CharField(
        _("bei gleichen Punkten"), max_length=8, choices=TieBreak.choices, default=TieBreak.OLDER
    )

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("Vergaberunde")
        verbose_name_plural = _("Vergaberunden")
        ordering = ["first_start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_start__day=1, last_start__day=1, last_start__gte=F("first_start")),
                name="round_starts_in_order",
            ),
            models.CheckConstraint(
                condition=Q(evidence_until__gte=F("registration_until"), allocation_on__gte=F("evidence_until"),
                            first_start__gte=F("allocation_on")),
                name="round_days_in_order",
            ),
            models.CheckConstraint(condition=Q(tie_break__in=TieBreak.values), name="round_tie_break_known"),
            ExclusionConstraint(
                name="round_month_once",
                expressions=[(STARTS, RangeOperators.OVERLAPS)],
                violation_error_message=_("Für einen dieser Monate gibt es schon eine Runde."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        first, last = (formats.date_format(day, "F Y") for day in (self.first_start, self.last_start))
        return first if first == last else f"{first} – {last}"

    @property
    def registration_ends(self) -> dt.date:
        """The last day on which one can register: a Saturday's, Sunday's or holiday's is the next working day.

        § 26 Abs. 3 Satz 1 SGB X; the day ends at 24 o'clock in Wolfsburg.
        """
        return next_working_day(self.registration_until)

    @property
    def evidence_ends(self) -> dt.date:
        """The last day on which evidence counts (§ 26 Abs. 3 Satz 1 SGB X)."""
        return next_working_day(self.evidence_until)

    def is_open(self, at: dt.datetime) -> bool:
        """Whether a registration that comes at a moment is in time for it."""
        return timezone.localdate(at) <= self.registration_ends

    def clean(self) -> None:
        """Raises ValidationError, at their field, for days that are not in order."""
        wrong: dict[str, Any] = {}
        month = _("Bitte geben Sie den Ersten eines Monats an, zum Beispiel 01.08.2027.")
        order = [
            ("last_start", "first_start", _("Das liegt vor „Plätze ab“.")),
            # As they count: the next working day of each.
            ("evidence_ends", "registration_ends", _("Das liegt vor dem Anmeldeschluss.")),
            ("allocation_on", "evidence_ends", _("Das liegt vor dem letzten Tag für Nachweise.")),
            ("first_start", "allocation_on", _("Das liegt vor der Vergabe.")),
        ]
        given = all(
            [self.first_start, self.last_start, self.registration_until, self.evidence_until, self.allocation_on]
        )
        for name, other, said in order if given else ():
            if getattr(self, name) < getattr(self, other):
                wrong[name.replace("_ends", "_until")] = said
        for name in ("first_start", "last_start"):
            day = getattr(self, name)
            if day and day.day != 1:
                wrong[name] = month
        if wrong:
            raise ValidationError(wrong)


class CriterionQuerySet(models.QuerySet["Criterion"]):
    def valid_on(self, day: dt.date) -> "CriterionQuerySet":
        """For each key the version in force on ``day``: the latest that had begun, unless it ended the criterion."""
        latest = Criterion.objects.filter(key=OuterRef("key"), valid_from__lte=day).order_by("-valid_from", "-pk")
        return self.filter(pk=Subquery(latest.values("pk")[:1]), points__gt=0).order_by("-points", "key")


class Criterion(models.Model):
    """For what a child gets points; never changed, only followed by a newer version. No points end it."""

    key = models.SlugField(max_length=40)
    name_de = models.CharField(_("Name (Deutsch)"), max_length=120)
    name_en = models.CharField(_("Name (Englisch)"), max_length=120)
    explanation_de = models.TextField(_("Erklärung (Deutsch)"), blank=True)
    explanation_en = models.TextField(_("Erklärung (Englisch)"), blank=True)
    points = models.PositiveSmallIntegerField(
        _("Punkte"), validators=[MaxValueValidator(1000)], help_text=_("Null beendet das Kriterium.")
    )
    basis = models.CharField(_("Grundlage"), max_length=10, choices=Basis.choices, default=Basis.DECLARED)
    # Of several of a family that are met, the one with most points counts.
    family = models.SlugField(
        _("Gruppe von Kriterien"), max_length=40, blank=True,
        help_text=_("Von Kriterien derselben Gruppe zählt nur das mit den meisten Punkten."),
    )  # fmt: skip
    evidence_de = models.TextField(_("Nachweis (Deutsch)"), blank=True)
    evidence_en = models.TextField(_("Nachweis (Englisch)"), blank=True)
    resolution = models.CharField(_("Beschluss des Rates"), max_length=200)
    valid_from = models.DateField(_("gilt ab"))

    name = Bilingual("name")
    explanation = Bilingual("explanation")
    evidence = Bilingual("evidence")

    objects = CriterionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Kriterium")
        verbose_name_plural = _("Kriterien")
        ordering = ["key", "-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="criterion_basis_known"),
            models.UniqueConstraint(fields=["key", "valid_from"], name="criterion_key_from_unique"),
        ]
        triggers = [pgtrigger.ReadOnly(name="never_changed")]

    def __str__(self) -> str:
        return f"{self.name} ({self.valid_from:%d.%m.%Y})"
