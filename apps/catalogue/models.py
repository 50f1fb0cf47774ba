"""What the city does for people: services, life situations, offices, fees.

The texts follow the modules of XZuFi (name, short text, full text, documents, requirements,
costs, procedure, duration, deadline, legal basis), so that an import stays possible.
"""

import datetime as dt
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Department, TrustLevel
from apps.core import search
from apps.core.bilingual import Bilingual
from apps.core.business_calendar import today
from apps.core.text import normalised


class OutcomeType(models.TextChoices):
    """What an application ends in; it decides what the clerk's decision is called."""

    PERMIT = "permit", _("Bescheid")
    TAX_ASSESSMENT = "tax_assessment", _("Abgabenbescheid")
    CERTIFICATE = "certificate", _("Bescheinigung")
    FORWARDED = "forwarded", _("Weiterleitung an eine andere Behörde")
    NONE = "none", _("kein Bescheid")


class Regime(models.TextChoices):
    """The procedural law a service follows (handbook of the Land: NVwVfG § 1, NKAG § 11)."""

    VWVFG = "vwvfg", "VwVfG"
    AO = "ao", "AO"
    SGBX = "sgbx", "SGB X"
    NONE = "", "–"


class OnlineAvailability(models.TextChoices):
    FORM = "form", _("Online-Antrag")
    APPOINTMENT = "appointment", _("mit Termin")
    EXTERNAL = "external", _("auf einer anderen Seite")
    NONE = "none", _("nicht online")


class LifeSituation(models.Model):
    """A moment in life that brings several services with it."""

    slug = models.SlugField(unique=True)
    name_de = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    summary_de = models.CharField(max_length=200)
    summary_en = models.CharField(max_length=200)
    icon = models.CharField(max_length=30, default="info")
    position = models.PositiveSmallIntegerField(default=0)

    name = Bilingual("name")
    summary = Bilingual("summary")

    class Meta:
        verbose_name = _("Lebenslage")
        verbose_name_plural = _("Lebenslagen")
        ordering = ["position"]

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse("catalogue:life_situation", args=[self.slug])


class Office(models.Model):
    """A place people go to."""

    slug = models.SlugField(unique=True)
    name_de = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    street = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    opening_hours_de = models.TextField(blank=True)
    opening_hours_en = models.TextField(blank=True)
    directions_de = models.TextField(blank=True)
    directions_en = models.TextField(blank=True)
    accessibility_de = models.TextField(blank=True)
    accessibility_en = models.TextField(blank=True)
    hint_de = models.TextField(blank=True)
    hint_en = models.TextField(blank=True)

    name = Bilingual("name")
    opening_hours = Bilingual("opening_hours")
    directions = Bilingual("directions")
    accessibility = Bilingual("accessibility")
    hint = Bilingual("hint")

    class Meta:
        verbose_name = _("Standort")
        verbose_name_plural = _("Standorte")
        ordering = ["name_de"]

    def __str__(self) -> str:
        return str(self.name)


class ServiceQuerySet(models.QuerySet["Service"]):
    def published(self) -> "ServiceQuerySet":
        """Services that people may find."""
        return self.filter(published=True)

    def for_page(self) -> "ServiceQuerySet":
        """With everything the service page shows, in a fixed number of queries."""
        return self.select_related("department").prefetch_related(
            "offices",
            Prefetch("fees", queryset=Fee.objects.valid_on(today()), to_attr="current_fees"),
        )


class Service(models.Model):
    """A Leistung of the city."""

    slug = models.SlugField(unique=True, max_length=80)
    leika = models.CharField(_("LeiKa-Schlüssel"), max_length=14, blank=True)
    name_de = models.CharField(_("Name (Deutsch)"), max_length=120)
    name_en = models.CharField(_("Name (Englisch)"), max_length=120)
    summary_de = models.CharField(_("Kurztext (Deutsch)"), max_length=300)
    summary_en = models.CharField(_("Kurztext (Englisch)"), max_length=300)
    description_de = models.TextField(_("Volltext (Deutsch)"))
    description_en = models.TextField(_("Volltext (Englisch)"))
    easy_language = models.TextField(_("Leichte Sprache"), blank=True)
    easy_language_reviewed = models.BooleanField(_("Leichte Sprache geprüft"), default=False)
    # Lists of {"de": …, "en": …}.
    requirements = models.JSONField(_("Voraussetzungen"), default=list, blank=True)
    documents = models.JSONField(_("Unterlagen"), default=list, blank=True)
    steps = models.JSONField(_("Ablauf"), default=list, blank=True)
    legal_basis = models.JSONField(_("Rechtsgrundlagen"), default=list, blank=True)
    keywords = models.JSONField(_("Suchwörter"), default=dict, blank=True)
    cost_de = models.CharField(_("Kosten (Deutsch)"), max_length=300)
    cost_en = models.CharField(_("Kosten (Englisch)"), max_length=300)
    duration_de = models.CharField(_("Dauer (Deutsch)"), max_length=300)
    duration_en = models.CharField(_("Dauer (Englisch)"), max_length=300)
    deadline_de = models.CharField(_("Frist (Deutsch)"), max_length=300, blank=True)
    deadline_en = models.CharField(_("Frist (Englisch)"), max_length=300, blank=True)
    privacy_de = models.TextField(_("Datenschutz (Deutsch)"))
    privacy_en = models.TextField(_("Datenschutz (Englisch)"))
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="services")
    offices = models.ManyToManyField(Office, blank=True, related_name="services")
    life_situations = models.ManyToManyField(LifeSituation, blank=True, related_name="services")
    online = models.CharField(_("Online"), max_length=12, choices=OnlineAvailability.choices, default="none")
    online_url = models.URLField(_("Adresse"), blank=True)
    outcome_type = models.CharField(_("Ergebnis"), max_length=16, choices=OutcomeType.choices, default="none")
    regime = models.CharField(_("Verfahrensrecht"), max_length=6, choices=Regime.choices, blank=True)
    trust_level = models.PositiveSmallIntegerField(
        _("Vertrauensniveau"), choices=TrustLevel.choices, default=TrustLevel.BASIC
    )
    processing_working_days = models.PositiveSmallIntegerField(_("Bearbeitung in Arbeitstagen"), null=True, blank=True)
    popular = models.BooleanField(_("auf der Startseite"), default=False)
    published = models.BooleanField(_("veröffentlicht"), default=True)
    search_de = SearchVectorField(null=True, editable=False)
    search_en = SearchVectorField(null=True, editable=False)
    # Everyday words and the name, normalised; compared letter by letter to forgive typos.
    words_de = models.TextField(blank=True, editable=False)
    words_en = models.TextField(blank=True, editable=False)

    name = Bilingual("name")
    summary = Bilingual("summary")
    description = Bilingual("description")
    cost = Bilingual("cost")
    duration = Bilingual("duration")
    deadline = Bilingual("deadline")
    privacy = Bilingual("privacy")

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("Leistung")
        verbose_name_plural = _("Leistungen")
        ordering = ["name_de"]
        indexes = [
            GinIndex(fields=["search_de"], name="service_search_de_idx"),
            GinIndex(fields=["search_en"], name="service_search_en_idx"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse("catalogue:service", args=[self.slug])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and bring the search index of the row up to date."""
        self.words_de = self._words("de")
        self.words_en = self._words("en")
        super().save(*args, **kwargs)
        self._index()

    def _words(self, language: str) -> str:
        keywords = (self.keywords or {}).get(language, [])
        return normalised(" | ".join([getattr(self, f"name_{language}"), *keywords]))

    def _index(self) -> None:
        texts = {
            language: {
                "A": getattr(self, f"words_{language}"),
                "B": normalised(getattr(self, f"summary_{language}")),
                "D": normalised(getattr(self, f"description_{language}")),
            }
            for language in ("de", "en")
        }
        type(self).objects.filter(pk=self.pk).update(**search.index(texts))

    @property
    def description_paragraphs(self) -> list[str]:
        """The full text as paragraphs."""
        return [p.strip() for p in str(self.description).split("\n\n") if p.strip()]

    @property
    def easy_language_lines(self) -> list[str]:
        """Leichte Sprache has one sentence a line."""
        return [line.strip() for line in self.easy_language.splitlines() if line.strip()]


class FeeQuerySet(models.QuerySet["Fee"]):
    def valid_on(self, day: dt.date) -> "FeeQuerySet":
        """For each key the fee in force on ``day``: the latest that had begun."""
        latest = (
            Fee.objects.filter(key=models.OuterRef("key"), valid_from__lte=day).order_by("-valid_from").values("pk")[:1]
        )
        return self.filter(pk=models.Subquery(latest))

    def snapshot(self, service: "Service", day: dt.date) -> list[dict[str, Any]]:
        """The service's fees in force on a day, as they are kept with what was asked for on it."""
        return [
            {"key": f.key, "label_de": f.label_de, "label_en": f.label_en,
             "amount": str(f.amount) if f.amount is not None else None,
             "valid_from": f.valid_from.isoformat(), "legal_basis": f.legal_basis}
            for f in self.valid_on(day).filter(service=service)
        ]  # fmt: skip


class Fee(models.Model):
    """An amount with the day from which it holds; never changed, only followed by a newer one."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="fees")
    key = models.SlugField(max_length=90)
    label_de = models.CharField(max_length=160)
    label_en = models.CharField(max_length=160)
    unit_de = models.CharField(max_length=60, blank=True)
    unit_en = models.CharField(max_length=60, blank=True)
    # Empty: not known here. Pages then say "Gebühr nach Gebührenordnung" and nobody guesses.
    amount = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    valid_from = models.DateField()
    legal_basis = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    label = Bilingual("label")
    unit = Bilingual("unit")

    objects = FeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Gebühr")
        verbose_name_plural = _("Gebühren")
        ordering = ["service", "position", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["key", "valid_from"], name="fee_key_from_unique"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="fee_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.valid_from:%d.%m.%Y})"
