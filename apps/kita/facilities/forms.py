"""What parents look for."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import localised
from apps.core.business_calendar import today
from apps.core.fields import GermanDecimalField, GermanIntegerField, MailAddressField, PhoneField, PlainCharField
from apps.core.search import MAX_QUERY
from apps.core.typing import ModelForm
from apps.kita.facilities.models import Capacity, District, Facility, Landmark
from apps.kita.facilities.states import FacilityKind

# Hours between which parents choose, from the hours of the shifts at the works to those of shops.
EARLY = ("06:00", "06:30", "07:00", "07:30", "08:00")
LATE = ("13:00", "14:00", "15:00", "16:00", "17:00", "18:00")
ANY = ("", _("alle"))
MOST_CSV_BYTES = 1_000_000
ANY_TIME = ("", _("egal"))


class FinderForm(forms.Form):
    """Filters of the list; what is left empty filters nothing. Choices are what there is."""

    q = PlainCharField(
        label=_("Suchwort"), max_length=MAX_QUERY, required=False,
        widget=forms.TextInput(attrs={
            "type": "search", "autocomplete": "off", "hx-get": reverse_lazy("kita:list"),
            "hx-trigger": "input changed delay:300ms", "hx-include": "closest form", "hx-target": "#ergebnisse",
            "hx-swap": "outerHTML", "hx-replace-url": "true",
        }),
    )  # fmt: skip
    ortschaft = forms.ChoiceField(label=_("Stadtteil"), required=False)
    alter = forms.ChoiceField(
        label=_("Alter des Kindes"), required=False,
        choices=[ANY, ("krippe", _("unter 3 Jahre (Krippe)")), ("kindergarten", _("ab 3 Jahren (Kindergarten)"))],
    )  # fmt: skip
    ab = forms.ChoiceField(
        label=_("Betreuung ab"), required=False, choices=[ANY_TIME, *((time, time) for time in EARLY)]
    )
    bis = forms.ChoiceField(
        label=_("Betreuung bis"), required=False, choices=[ANY_TIME, *((time, time) for time in LATE)]
    )
    art = forms.ChoiceField(
        label=_("Art"), required=False,
        choices=[ANY, ("kita", _("Kita")), ("tagespflege", _("Kindertagespflege"))],
    )  # fmt: skip
    traeger = forms.ChoiceField(label=_("Träger"), required=False)
    schwerpunkt = forms.ChoiceField(label=_("Schwerpunkt"), required=False)
    entfernung = forms.ChoiceField(label=_("Nach Entfernung sortieren, von"), required=False)
    frei = forms.BooleanField(label=_("mit gemeldeten freien Plätzen"), required=False)
    barrierefrei = forms.BooleanField(label=_("barrierefrei"), required=False)
    integrativ = forms.BooleanField(label=_("mit integrativer Gruppe"), required=False)
    schicht = forms.BooleanField(label=_("mit Betreuung für Schichtarbeit"), required=False)

    # What is always seen; the others are behind "Mehr Filter".
    first = ("ortschaft", "alter", "entfernung")
    more = ("ab", "bis", "art", "traeger", "schwerpunkt", "frei", "barrierefrei", "integrativ", "schicht")

    def __init__(
        self, data: Any, *, facilities: Iterable[Facility], districts: Sequence[District], landmarks: Sequence[Landmark]
    ) -> None:
        super().__init__(data)
        carriers = {facility.carrier.slug: facility.carrier.name for facility in facilities}
        concepts = {c["slug"]: str(localised(c)) for facility in facilities for c in facility.focus}
        parts = [(district.slug, district.full_name) for district in districts]
        self._choose("ortschaft", parts)
        self._choose("traeger", sorted(carriers.items(), key=lambda entry: entry[1]))
        self._choose("schwerpunkt", sorted(concepts.items(), key=lambda entry: entry[1]))
        near = [(_("Stadtteile"), parts), (_("Orte in der Stadt"), [(f"ort-{p.slug}", str(p)) for p in landmarks])]
        fields: dict[str, Any] = self.fields
        fields["entfernung"].choices = [("", _("nein, von A bis Z")), *near]
        for field in fields.values():
            # None of them has to be filled in: the tag "field" need not say so of each.
            field.hide_optional = True

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = [ANY, *choices]

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.first]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.more]

    @property
    def wants_more(self) -> bool:
        """Whether one of the filters that are folded away is in use, or wrong."""
        return any(self.data.get(name) for name in self.more) or bool(set(self.errors) & set(self.more))

    def chosen(self) -> dict[str, Any]:
        """What was asked for and is there to be asked for; nothing for a form that was not sent."""
        if not self.is_bound:
            return {}
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


class CsvFileForm(forms.Form):
    """A table of Kitas, from the office."""

    file = forms.FileField(
        label=_("CSV-Datei"), help_text=_("Höchstens 1 MB und 1000 Zeilen. Es wird noch nichts geändert."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": _("Bitte wählen Sie die Datei aus."),
            "empty": _("Diese Datei ist leer. Bitte wählen Sie die Datei noch einmal aus."),
        },
    )  # fmt: skip

    def __init__(self, *args: Any, refused: ValidationError | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused

    def clean(self) -> dict[str, Any]:
        """A file that was dropped while it came in is too large, not missing."""
        data = super().clean() or {}
        if self.refused is not None or (data.get("file") is not None and data["file"].size > MOST_CSV_BYTES):
            self.errors.pop("file", None)
            self.add_error("file", _("Die Datei ist größer als 1 MB."))
        return data


class HouseForm(ModelForm):
    """What a Kita says of itself; the rest the office keeps."""

    class Meta:
        model = Facility
        fields = (
            "description_de", "description_en", "phone", "email", "website", "accessibility_de", "accessibility_en",
            "closing_days", "lunch", "address_public",
        )  # fmt: skip
        field_classes: ClassVar[dict[str, Any]] = {
            "description_de": PlainCharField, "description_en": PlainCharField, "accessibility_de": PlainCharField,
            "accessibility_en": PlainCharField, "phone": PhoneField, "email": MailAddressField,
            "closing_days": GermanIntegerField, "lunch": GermanDecimalField,
        }  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {
            **{name: forms.Textarea(attrs={"rows": 4})
               for name in ("description_de", "description_en", "accessibility_de", "accessibility_en")},
            "closing_days": forms.TextInput(attrs={"inputmode": "numeric", "data-width": "5"}),
            "lunch": forms.TextInput(attrs={"inputmode": "decimal", "data-width": "5"}),
        }  # fmt: skip


def months_ahead(count: int = 24) -> list[tuple[str, str]]:
    """This month and those that follow: the first day of each (ISO), and its name."""
    first = today().replace(day=1)
    days = [dt.date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(count)]
    return [(day.isoformat(), formats.date_format(day, "F Y")) for day in days]


def _month(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=months_ahead, coerce=dt.date.fromisoformat)


def _number(label: Any, help_text: Any = "", **options: Any) -> GermanIntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric", "data-width": "5"})
    return GermanIntegerField(label=label, help_text=help_text, min_value=0, max_value=200, widget=widget, **options)


class VacancyForm(forms.Form):
    """Free places of a group from a month on."""

    start = _month(_("Frei ab"))
    places = _number(_("Freie Plätze"), _("Null nimmt zurück, was Sie für diesen Monat gemeldet haben."))

    def __init__(self, *args: Any, most: int | None, **kwargs: Any) -> None:
        """``most`` is how many places the group has, None where nobody knows."""
        super().__init__(*args, **kwargs)
        self.most = most

    def clean_places(self) -> int:
        """No more are free than there are."""
        places: int = self.cleaned_data["places"]
        if self.most is not None and places > self.most:
            said = _("Die Gruppe hat %(most)d Plätze. Ändern Sie zuerst die Zahl der Plätze.")
            raise ValidationError(said, "too_many", {"most": self.most})
        return places


class CapacityForm(forms.Form):
    """The places of a group from a month on."""

    valid_from = _month(_("Gilt ab"))
    places = _number(_("Zahl der Plätze"))
    uncertain = _number(_("Davon bis 1. Mai ungewiss"), Capacity._meta.get_field("uncertain").help_text, required=False)

    def clean(self) -> dict[str, Any]:
        """No more is uncertain than there is; nothing said is none."""
        data = super().clean() or {}
        if "uncertain" in data:
            data["uncertain"] = data["uncertain"] or 0
            if data["uncertain"] > data.get("places", data["uncertain"]):
                self.add_error("uncertain", _("Das sind mehr, als die Gruppe Plätze hat."))
        return data


KINDS = {
    "kita": frozenset([FacilityKind.KITA]),
    "tagespflege": frozenset([FacilityKind.CHILDMINDER, FacilityKind.LARGE_CHILDMINDER]),
}
