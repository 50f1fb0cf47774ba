"""Groups of a facility, when they are there for children, how many places they have and how many are free."""

import datetime as dt

import pgtrigger
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.kita.facilities.models.facility import Facility
from apps.kita.facilities.states import Age

# How long a published vacancy is shown after its month has begun.
LAPSES_AFTER = dt.timedelta(days=92)


class GroupQuerySet(models.QuerySet["Group"]):
    def with_places(self, day: dt.date) -> "GroupQuerySet":
        """Annotated with ``places`` as of a day, None where nothing is known."""
        latest = Capacity.objects.filter(group=OuterRef("pk"), valid_from__lte=day).order_by("-valid_from", "-pk")
        return self.annotate(places=Subquery(latest.values("places")[:1]))

    def for_page(self, day: dt.date) -> "GroupQuerySet":
        """With places, hours (``times_shown``) and published free places by start (``vacancies_shown``), in one query."""
        times = CareTime.objects.filter(group=OuterRef("pk")).order_by("begins", "ends")
        vacancies = Vacancy.objects.current(day).filter(group=OuterRef("pk")).order_by("start")
        return self.with_places(day).annotate(
            times_shown=ArraySubquery(times.values(facts=JSONObject(begins="begins", ends="ends"))),
            vacancies_shown=ArraySubquery(vacancies.values(facts=JSONObject(start="start", places="places"))),
        )

    def for_list(self, day: dt.date) -> "GroupQuerySet":
        """Annotated with ``begins`` and ``ends``, the first and last hour of care, and with ``free``: published free places.

        Those of its best month: a place that is free from May on is free from June on as well. None where there are none.
        """
        vacancies = Vacancy.objects.current(day).filter(group=OuterRef("pk"))
        times = CareTime.objects.filter(group=OuterRef("pk"))
        return self.annotate(
            free=Subquery(vacancies.order_by("-places").values("places")[:1]),
            begins=Subquery(times.order_by("begins").values("begins")[:1]),
            ends=Subquery(times.order_by("-ends").values("ends")[:1]),
        )


class Group(models.Model):
    """A group of children in a facility."""

    facility = models.ForeignKey(Facility, on_delete=models.CASCADE, related_name="groups", verbose_name=_("Kita"))
    name = models.CharField(_("Name"), max_length=60)
    age = models.CharField(_("Alter"), max_length=12, choices=Age.choices)
    integrative = models.BooleanField(
        _("integrativ"), default=False, help_text=_("Für Kinder mit und ohne Behinderung zusammen.")
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("Gruppe")
        verbose_name_plural = _("Gruppen")
        ordering = ["facility", "age", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(age__in=Age.values), name="group_age_known"),
            models.UniqueConstraint(fields=["facility", "name"], name="group_name_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.facility}, {self.name}"

    @property
    def hours_shown(self) -> list[str]:
        """When children are looked after: „07:30–16:00" (needs ``for_page``)."""
        return [f"{time['begins'][:5]}–{time['ends'][:5]}" for time in self.__dict__["times_shown"]]

    @property
    def free_shown(self) -> list[tuple[dt.date, int]]:
        """Published free places: the month from which, and how many (needs ``for_page``)."""
        found = self.__dict__["vacancies_shown"]
        return [(dt.date.fromisoformat(vacancy["start"]), vacancy["places"]) for vacancy in found]


class CareTime(models.Model):
    """From when until when children of a group can be looked after each day: what a contract is about."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="care_times")
    begins = models.TimeField(_("von"))
    ends = models.TimeField(_("bis"))

    class Meta:
        verbose_name = _("Betreuungszeit")
        verbose_name_plural = _("Betreuungszeiten")
        ordering = ["group", "begins", "ends"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="care_ends_after_it_begins"),
            models.UniqueConstraint(fields=["group", "begins", "ends"], name="care_time_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"

    def clean(self) -> None:
        """Raises ValidationError for an end that is not after the beginning."""
        if self.begins and self.ends and self.ends <= self.begins:
            raise ValidationError({"ends": _("Das liegt nicht nach „von“.")})


def _demand_first_of_month(day: dt.date | None, name: str) -> None:
    if day is not None and day.day != 1:
        said = _("Bitte geben Sie den Ersten eines Monats an, zum Beispiel 01.08.2027.")
        raise ValidationError({name: ValidationError(said, "first")})


class Capacity(models.Model):
    """How many places a group has from a month on; never changed, only followed by a newer one."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="capacities")
    valid_from = models.DateField(_("gilt ab"))
    places = models.PositiveSmallIntegerField(_("Zahl der Plätze"), validators=[MaxValueValidator(200)])
    uncertain = models.PositiveSmallIntegerField(
        _("davon bis 1. Mai ungewiss"), default=0,
        help_text=_(
            "Wird ein Kind zwischen Juli und September sechs, können die Eltern den Schulbesuch um ein Jahr hinausschieben. Sie erklären das bis zum 1. Mai. Zählen Sie diese Plätze oben mit und geben Sie hier an, wie viele es sind. Freie Plätze dürfen Sie deshalb nicht zurückhalten."
        ),
    )  # fmt: skip
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("Platzzahl")
        verbose_name_plural = _("Platzzahlen")
        ordering = ["group", "-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(uncertain__lte=F("places")), name="capacity_uncertain_of_places"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="capacity_from_first_of_month"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="never_changed", fields=["group", "valid_from", "places", "uncertain", "recorded_at"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.places} ({self.valid_from:%m.%Y})"

    def clean(self) -> None:
        """Raises ValidationError for what is no month, or more that is uncertain than there is."""
        _demand_first_of_month(self.valid_from, "valid_from")
        if self.places is not None and self.uncertain is not None and self.uncertain > self.places:
            said = _("Das sind mehr, als die Gruppe Plätze hat.")
            raise ValidationError({"uncertain": ValidationError(said, "too_many")})


class VacancyQuerySet(models.QuerySet["Vacancy"]):
    def current(self, day: dt.date) -> "VacancyQuerySet":
        """What is published: of each group and start the newest, unless it says none.

        What was free from a month that is past still is, until it is taken back; after ``LAPSES_AFTER`` it counts as taken.
        """
        same = Vacancy.objects.filter(group=OuterRef("group"), start=OuterRef("start"))
        newest = Subquery(same.order_by("-published_at", "-pk").values("pk")[:1])
        return self.filter(pk=newest, start__gt=day - LAPSES_AFTER, places__gt=0)


class Vacancy(models.Model):
    """So many places of a group are free for a month, as it was published; never changed, only followed by a newer one."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="vacancies")
    start = models.DateField(_("frei ab"))
    places = models.PositiveSmallIntegerField(_("freie Plätze"), validators=[MaxValueValidator(200)])
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    published_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = VacancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Freie Plätze")
        verbose_name_plural = _("Freie Plätze")
        ordering = ["group", "start", "-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(start__day=1), name="vacancy_from_first_of_month"),
        ]
        indexes = [models.Index(fields=["group", "start", "-published_at"], name="vacancy_newest_idx")]
        triggers = [pgtrigger.ReadOnly(name="never_changed", fields=["group", "start", "places", "published_at"])]

    def __str__(self) -> str:
        return f"{self.places} ({self.start:%m.%Y})"

    def clean(self) -> None:
        """Raises ValidationError for what is no month."""
        _demand_first_of_month(self.start, "start")
