"""The city as a map: its parts, and places from which people measure distances."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import Bilingual

# What a point on the map of Germany can be, in degrees.
LATITUDE = [MinValueValidator(47.0), MaxValueValidator(56.0)]
LONGITUDE = [MinValueValidator(5.0), MaxValueValidator(16.0)]


class District(models.Model):
    """A part of the city, as parents speak of it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("Name"), max_length=80)
    # Names of what lies in it, which people search for as well.
    parts = models.JSONField(_("Stadtteile und Orte darin"), default=list, blank=True)
    latitude = models.FloatField(_("Breite (Grad)"), validators=LATITUDE)
    longitude = models.FloatField(_("Länge (Grad)"), validators=LONGITUDE)
    # Corners of a sketch: [[latitude, longitude], …].
    outline = models.JSONField(_("Umriss"), default=list, blank=True)

    class Meta:
        verbose_name = _("Ortschaft")
        verbose_name_plural = _("Ortschaften")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """With what lies in it, where its name does not say that: „Mitte-West (Laagberg, Wohltberg …)"."""
        more = [part for part in self.parts if part not in self.name]
        return f"{self.name} ({', '.join(more)})" if more else self.name


class Landmark(models.Model):
    """A place that people measure distances from: a station, a gate of the works."""

    slug = models.SlugField(unique=True)
    name_de = models.CharField(_("Name (Deutsch)"), max_length=80)
    name_en = models.CharField(_("Name (Englisch)"), max_length=80)
    latitude = models.FloatField(_("Breite (Grad)"), validators=LATITUDE)
    longitude = models.FloatField(_("Länge (Grad)"), validators=LONGITUDE)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("Bezugspunkt")
        verbose_name_plural = _("Bezugspunkte")
        ordering = ["name_de"]

    def __str__(self) -> str:
        return str(self.name)
