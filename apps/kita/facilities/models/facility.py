"""A Kita or childminder, with what people find it by."""

import datetime as dt
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import HasPlace, User
from apps.accounts.requests import Viewer
from apps.core import search
from apps.core.bilingual import Bilingual
from apps.core.business_calendar import today
from apps.core.text import normalised
from apps.kita.facilities.models.carriers import Carrier, CarrierAgreement
from apps.kita.facilities.models.city import LATITUDE, LONGITUDE, District
from apps.kita.facilities.states import CARRIER, FACILITY, Age, BarrierFree, FacilityKind
from apps.kita.facilities.words import words_of

# How long a text about a facility may be, in characters.
MOST_TEXT = 4000
# Addresses under /kitas/ that other pages have.
RESERVED = frozenset(["regeln", "anmelden", "karte", "haus"])


class Concept(models.Model):
    """What a facility puts weight on."""

    slug = models.SlugField(unique=True)
    name_de = models.CharField(_("Name (Deutsch)"), max_length=60)
    name_en = models.CharField(_("Name (Englisch)"), max_length=60)
    # {"de": […], "en": […]}
    words = models.JSONField(_("Suchwörter"), default=dict, blank=True)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("Schwerpunkt")
        verbose_name_plural = _("Schwerpunkte")
        ordering = ["name_de"]

    def __str__(self) -> str:
        return str(self.name)


class FacilityQuerySet(models.QuerySet["Facility"]):
    def published(self) -> "FacilityQuerySet":
        """Facilities that people may find."""
        return self.filter(published=True)

    def kept_by(self, user: Viewer) -> "FacilityQuerySet":
        """Those that somebody leads, or whose carrier they work for; none for anybody else."""
        if not (user.is_authenticated and user.works_here):
            return self.none()
        places: dict[str, list[int]] = {FACILITY: [], CARRIER: []}
        for held in user.membership_list:
            if held.place is not None and held.place.kind in places:
                places[held.place.kind].append(held.place.pk)
        return self.filter(Q(place__in=places[FACILITY]) | Q(carrier__place__in=places[CARRIER]))

    def for_list(self) -> "FacilityQuerySet":
        """With everything a list of them shows, in one query."""
        # Here and not above: groups are of facilities.
        from apps.kita.facilities.models.groups import Group

        groups = Group.objects.filter(facility=OuterRef("pk")).for_list(today()).order_by("age", "name")
        names = ("age", "integrative", "free", "begins", "ends")
        facts = groups.values(facts=JSONObject(**{name: name for name in names}))
        return self._with_concepts().annotate(groups_shown=ArraySubquery(facts))

    def for_page(self) -> "FacilityQuerySet":
        """With everything the page of one shows, in two queries."""
        from apps.kita.facilities.models.groups import Group

        return self._with_concepts().prefetch_related(Prefetch("groups", Group.objects.for_page(today())))

    def _with_concepts(self) -> "FacilityQuerySet":
        concepts = Concept.objects.filter(facilities=OuterRef("pk")).order_by("name_de")
        facts = concepts.values(facts=JSONObject(slug="slug", de="name_de", en="name_en"))
        joined = CarrierAgreement.objects.in_force(today()).filter(carrier=OuterRef("carrier"))
        return self.select_related("carrier", "district").annotate(
            concepts_shown=ArraySubquery(facts), joins_procedure=Exists(joined)
        )


class Facility(HasPlace):
    """A Kita, or a place where children are looked after by a childminder."""

    place_kind = FACILITY
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Art"), max_length=20, choices=FacilityKind.choices, default=FacilityKind.KITA)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="facilities", verbose_name=_("Träger"))
    district = models.ForeignKey(
        District, on_delete=models.PROTECT, related_name="facilities", verbose_name=_("Ortschaft")
    )
    street = models.CharField(_("Straße"), max_length=120)
    house_number = models.CharField(_("Hausnummer"), max_length=12)
    postcode = models.CharField(_("Postleitzahl"), max_length=5)
    city = models.CharField(_("Ort"), max_length=60, default="Wolfsburg")
    address_public = models.BooleanField(
        _("Anschrift veröffentlichen"), default=False,
        help_text=_("Wer Kinder in der eigenen Wohnung betreut, muss dem zustimmen, sonst steht öffentlich nur der Stadtteil. Bei einer Auskunftssperre (§ 51 BMG) nie."),
    )  # fmt: skip
    latitude = models.FloatField(_("Breite (Grad)"), null=True, blank=True, validators=LATITUDE)
    longitude = models.FloatField(_("Länge (Grad)"), null=True, blank=True, validators=LONGITUDE)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    email = models.EmailField(_("E-Mail"), blank=True)
    website = models.URLField(_("Internetseite"), blank=True)
    description_de = models.TextField(_("Beschreibung (Deutsch)"), max_length=MOST_TEXT, blank=True)
    description_en = models.TextField(_("Beschreibung (Englisch)"), max_length=MOST_TEXT, blank=True)
    concepts = models.ManyToManyField(Concept, blank=True, related_name="facilities", verbose_name=_("Schwerpunkte"))
    # Times of day in Wolfsburg, Monday to Friday.
    opens = models.TimeField(_("öffnet um"))
    closes = models.TimeField(_("schließt um"))
    early_from = models.TimeField(_("Frühdienst ab"), null=True, blank=True)
    late_until = models.TimeField(_("Spätdienst bis"), null=True, blank=True)
    shift_care = models.BooleanField(_("Betreuung für Schichtarbeit"), default=False)
    closing_days = models.PositiveSmallIntegerField(
        _("Schließtage im Jahr"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    barrier_free = models.CharField(
        _("Barrierefreiheit"), max_length=8, choices=BarrierFree.choices, default=BarrierFree.UNKNOWN
    )
    accessibility_de = models.TextField(_("Zugang (Deutsch)"), max_length=MOST_TEXT, blank=True)
    accessibility_en = models.TextField(_("Zugang (Englisch)"), max_length=MOST_TEXT, blank=True)
    lunch = models.DecimalField(
        _("Mittagessen im Monat (€)"), max_digits=6, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    is_example = models.BooleanField(_("erfunden, nur als Beispiel"), default=False, editable=False)
    published = models.BooleanField(_("veröffentlicht"), default=True)
    search_de = SearchVectorField(null=True, editable=False)
    search_en = SearchVectorField(null=True, editable=False)
    words_de = models.TextField(blank=True, editable=False)
    words_en = models.TextField(blank=True, editable=False)

    description = Bilingual("description")
    accessibility = Bilingual("accessibility")

    objects = FacilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("Kita")
        verbose_name_plural = _("Kitas")
        ordering = ["name", "slug"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FacilityKind.values), name="facility_kind_known"),
            models.CheckConstraint(condition=Q(barrier_free__in=BarrierFree.values), name="facility_barrier_known"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="facility_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(early_from=None) | Q(early_from__lt=F("opens")), name="facility_early_is_before"
            ),
            models.CheckConstraint(
                condition=Q(late_until=None) | Q(late_until__gt=F("closes")), name="facility_late_is_after"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
                name="facility_point_is_whole",
            ),
        ]
        indexes = [
            GinIndex(fields=["search_de"], name="facility_search_de_idx"),
            GinIndex(fields=["search_en"], name="facility_search_en_idx"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("kita:facility", args=[self.slug])

    def clean(self) -> None:
        """Raises ValidationError, at their field, for hours that are not in order and half a point."""
        wrong: dict[str, Any] = {}
        if self.slug in RESERVED:
            wrong["slug"] = _("So heißt schon eine andere Seite.")
        if self.opens and self.closes and self.closes <= self.opens:
            wrong["closes"] = _("Das liegt nicht nach „öffnet um“.")
        if self.early_from and self.opens and self.early_from >= self.opens:
            wrong["early_from"] = _("Das liegt nicht vor „öffnet um“.")
        if self.late_until and self.closes and self.late_until <= self.closes:
            wrong["late_until"] = _("Das liegt nicht nach „schließt um“.")
        if (self.latitude is None) != (self.longitude is None):
            wrong["longitude" if self.longitude is None else "latitude"] = _("Bitte geben Sie Breite und Länge an.")
        if wrong:
            raise ValidationError(wrong)

    @property
    def first_hour(self) -> dt.time:
        """From when children can come, early care included."""
        return self.early_from or self.opens

    @property
    def last_hour(self) -> dt.time:
        """Until when children can stay, late care included."""
        return self.late_until or self.closes

    @property
    def point(self) -> tuple[float, float]:
        """Where it lies, latitude and longitude in degrees; where its address is not public, the middle of its district."""
        if self.address_public and self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        return self.district.latitude, self.district.longitude

    @property
    def address_hidden(self) -> bool:
        """Whether only its district is public."""
        return not self.address_public

    @property
    def takes_part(self) -> bool:
        """Whether its places are given in the common procedure (needs ``for_list`` or ``for_page``)."""
        return bool(self.__dict__["joins_procedure"])

    @property
    def focus(self) -> list[dict[str, str]]:
        """What it puts weight on, as slug and both names (needs ``for_list`` or ``for_page``)."""
        return list(self.__dict__["concepts_shown"])

    @property
    def group_facts(self) -> list[dict[str, Any]]:
        """Of each group ``age``, ``integrative``, first and last hour (``begins``, ``ends``; "08:00:00"), and ``free`` places
        that are published, or None (needs ``for_list``)."""
        return list(self.__dict__["groups_shown"])

    @property
    def ages(self) -> list[str]:
        """The labels of the ages it takes, each once."""
        taken = {group["age"] for group in self.group_facts}
        return [str(age.label) for age in Age if age in taken]

    @property
    def is_integrative(self) -> bool:
        """Whether one of its groups is for children with and without disabilities."""
        return any(group["integrative"] for group in self.group_facts)

    @property
    def free_places(self) -> int:
        """How many free places it has published: of each group as many as in its best month."""
        return sum(group["free"] or 0 for group in self.group_facts)

    def index(self) -> None:
        """Bring the search index of the row up to date; after its groups or concepts have changed as well.

        From the row as it is now: whoever calls may have read it before somebody else has hidden its address.
        """
        with transaction.atomic():
            facilities = type(self).objects.select_for_update(of=("self",)).select_related("carrier", "district")
            now = facilities.get(pk=self.pk)
            words = {language: normalised(" | ".join(words_of(now, language))) for language in ("de", "en")}
            texts = {
                language: {"A": words[language], "D": normalised(getattr(now, f"description_{language}"))}
                for language in ("de", "en")
            }
            columns = {f"words_{language}": text for language, text in words.items()}
            type(self).objects.filter(pk=self.pk).update(**columns, **search.index(texts))


class FacilityImport(models.Model):
    """A CSV file with facilities that the office has sent: first it is shown what it would do, then it is done."""

    content = models.BinaryField()
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("CSV-Datei mit Kitas")
        verbose_name_plural = _("CSV-Dateien mit Kitas")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.uploaded_at):%d.%m.%Y %H:%M}"
