"""Kitas from a CSV file: what it would change, what is wrong with it, and doing it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core import csv_files
from apps.core.fields import (
    GermanDecimalField,
    GermanIntegerField,
    GermanTimeField,
    MailAddressField,
    PhoneField,
    PlainCharField,
    PublishedTextField,
)
from apps.core.transitions import TransitionConflict
from apps.kita.facilities.models import Carrier, Concept, District, Facility, FacilityImport
from apps.kita.facilities.states import BarrierFree, FacilityKind

MOST_ROWS = 1000
# What a cell may say, and what it means.
YES_NO = {"ja": True, "nein": False}


class Named(forms.CharField):
    """One of the things that have names, by its name."""

    default_error_messages = {"unknown": gettext_lazy("„%(typed)s“ gibt es nicht. Möglich sind: %(names)s")}

    def __init__(self, choices: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.things = choices or {}

    def to_python(self, value: Any) -> Any:
        """The thing; raises ValidationError that says which there are."""
        typed = str(super().to_python(value))
        return self.thing(typed) if typed else None

    def thing(self, typed: str) -> Any:
        """What is called so; raises ValidationError."""
        known = {name.casefold(): thing for name, thing in self.things.items()}
        if typed.casefold() not in known:
            params = {"typed": typed[:60], "names": ", ".join(list(self.things)[:20])}
            raise ValidationError(self.error_messages["unknown"], "unknown", params)
        return known[typed.casefold()]

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], "required")

    def run_validators(self, value: Any) -> None:
        """None: what is named so is there."""


class SeveralNamed(Named):
    """Several of them, parted by commas."""

    def to_python(self, value: Any) -> Any:
        """The things; raises ValidationError for the first that is none."""
        typed = forms.CharField.to_python(self, value)
        return [self.thing(part.strip()) for part in str(typed).split(",") if part.strip()]


def _yes_no(*, default: bool) -> Named:
    return Named(YES_NO, required=False, empty_value="ja" if default else "nein")


class RowForm(forms.Form):
    """A row: its columns as they are called in the file, in the order in which they are written."""

    kennung = forms.CharField(max_length=80, validators=[validate_slug])
    name = PublishedTextField(max_length=120)
    art = Named({str(kind.label): kind.value for kind in FacilityKind})
    traeger = Named()
    ortschaft = Named()
    strasse = PlainCharField(max_length=120)
    hausnummer = PlainCharField(max_length=12)
    plz = forms.RegexField(r"^\d{5}$", error_messages={"invalid": gettext_lazy("Eine Postleitzahl hat fünf Ziffern.")})
    ort = PlainCharField(max_length=60)
    anschrift_oeffentlich = _yes_no(default=True)
    breite = GermanDecimalField(required=False)
    laenge = GermanDecimalField(required=False)
    telefon = PhoneField(max_length=40, required=False)
    e_mail = MailAddressField(max_length=254, required=False)
    internet = forms.URLField(max_length=200, required=False, assume_scheme="https")
    oeffnet = GermanTimeField()
    schliesst = GermanTimeField()
    fruehdienst_ab = GermanTimeField(required=False)
    spaetdienst_bis = GermanTimeField(required=False)
    schichtarbeit = _yes_no(default=False)
    schliesstage = GermanIntegerField(required=False)
    barrierefrei = Named({str(value.label): value.value for value in BarrierFree}, required=False)
    schwerpunkte = SeveralNamed(required=False)
    mittagessen = GermanDecimalField(required=False)
    beschreibung = PublishedTextField(max_length=4000, required=False)
    beschreibung_englisch = PublishedTextField(max_length=4000, required=False)
    veroeffentlicht = _yes_no(default=True)

    def __init__(self, data: Any, *, known: dict[str, dict[str, Any]]) -> None:
        super().__init__(data)
        for name, things in known.items():
            self.fields[name].things = things  # type: ignore[attr-defined]  # a Named field, see above


# Which column fills which field of the facility; concepts are set apart.
FIELDS = {
    "kennung": "slug", "name": "name", "art": "kind", "traeger": "carrier", "ortschaft": "district", "strasse": "street",
    "hausnummer": "house_number", "plz": "postcode", "ort": "city", "anschrift_oeffentlich": "address_public",
    "breite": "latitude", "laenge": "longitude", "telefon": "phone", "e_mail": "email", "internet": "website",
    "oeffnet": "opens", "schliesst": "closes", "fruehdienst_ab": "early_from", "spaetdienst_bis": "late_until",
    "schichtarbeit": "shift_care", "schliesstage": "closing_days", "barrierefrei": "barrier_free",
    "mittagessen": "lunch", "beschreibung": "description_de", "beschreibung_englisch": "description_en",
    "veroeffentlicht": "published",
}  # fmt: skip
COLUMNS = tuple(RowForm.base_fields)
_BY_FIELD = {name: column for column, name in FIELDS.items()}


@dataclass
class Row:
    """What a row of the file would do: ``errors`` as (column, sentence); else which columns it changes."""

    line: int
    name: str
    facility: Facility | None = None
    concepts: list[Concept] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.facility is not None and self.facility.pk is None


@dataclass
class Plan:
    """What a file would do; nothing of it is done while one row is wrong."""

    rows: list[Row]

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if row.errors]

    @property
    def new(self) -> list[Row]:
        return [row for row in self.rows if not row.errors and row.is_new]

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if not row.errors and not row.is_new and row.changes]

    @property
    def same(self) -> list[Row]:
        return [row for row in self.rows if not row.errors and not row.is_new and not row.changes]

    @property
    def does_something(self) -> bool:
        return not self.wrong and bool(self.new or self.changed)


def plan(content: bytes) -> Plan:
    """What a file would do now. Raises csv_files.NotCsv for one that cannot be read."""
    rows = csv_files.read(content, columns=COLUMNS, most=MOST_ROWS)
    known: dict[str, dict[str, Any]] = {
        "traeger": {carrier.name: carrier for carrier in Carrier.objects.all()},
        "ortschaft": {district.name: district for district in District.objects.all()},
        "schwerpunkte": {concept.name_de: concept for concept in Concept.objects.all()},
    }
    existing = {facility.slug: facility for facility in Facility.objects.prefetch_related("concepts")}
    seen: dict[str, int] = {}
    planned = []
    for line, cells in rows:
        row = _row(line, cells, known, existing)
        slug = cells["kennung"]
        if slug and slug in seen:
            said = _("Diese Kennung steht schon in Zeile %(line)d.") % {"line": seen[slug]}
            row.errors.append(("kennung", said))
        seen.setdefault(slug, line)
        planned.append(row)
    return Plan(planned)


def _row(line: int, cells: dict[str, str], known: dict[str, dict[str, Any]], existing: dict[str, Facility]) -> Row:
    form = RowForm(cells, known=known)
    row = Row(line, cells["name"] or cells["kennung"])
    if not form.is_valid():
        row.errors = [(column, str(text)) for column, texts in form.errors.items() for text in texts]
        return row
    values = form.cleaned_data
    before = existing.get(values["kennung"])
    facility = before or Facility()
    concepts = sorted(values["schwerpunkte"], key=lambda concept: concept.slug)
    for column, name in FIELDS.items():
        value = _stored(name, values[column])
        if before is None or getattr(before, name) != value:
            row.changes.append(column)
        setattr(facility, name, value)
    if before is not None and {concept.pk for concept in before.concepts.all()} != {c.pk for c in concepts}:
        row.changes.append("schwerpunkte")
    try:
        # Each link was looked up above, and the constraints say what clean() says.
        facility.full_clean(exclude={"carrier", "district"}, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        row.errors = [
            (_BY_FIELD.get(name, "") if name != NON_FIELD_ERRORS else "", text)
            for name, texts in error.message_dict.items() for text in texts
        ]  # fmt: skip
    row.facility, row.concepts = facility, concepts
    return row


def _stored(name: str, value: Any) -> Any:
    """As the facility keeps it: degrees as numbers, no text as an empty one, nothing said about access as unknown."""
    if name in ("latitude", "longitude") and value is not None:
        return float(value)
    if name == "barrier_free":
        return value or BarrierFree.UNKNOWN
    return value


def perform(upload: FacilityImport, *, by: User) -> Plan:
    """Do what a file says, all of it or nothing, and once.

    Raises TransitionConflict if it was done before, or would do nothing now.
    """
    with transaction.atomic():
        waiting = FacilityImport.objects.select_for_update().filter(pk=upload.pk, applied_at=None)
        if not waiting.exists():
            raise TransitionConflict("it was done before")
        doing = plan(bytes(upload.content))
        if not doing.does_something:
            raise TransitionConflict("there is nothing to do, or something is wrong by now")
        for row in [*doing.new, *doing.changed]:
            _save(row)
        FacilityImport.objects.filter(pk=upload.pk).update(applied_at=timezone.now(), applied_by=by)
    return doing


def _save(row: Row) -> None:
    facility = row.facility
    if facility is None:
        return
    facility.save()
    facility.concepts.set(row.concepts)
    facility.index()


def as_file(facilities: Iterable[Facility]) -> bytes:
    """Facilities as such a file, to be changed and sent back."""
    return csv_files.written(COLUMNS, [[_cell(facility, column) for column in COLUMNS] for facility in facilities])


def _cell(facility: Facility, column: str) -> str:
    if column == "schwerpunkte":
        return ", ".join(concept.name_de for concept in facility.concepts.all())
    value = getattr(facility, FIELDS[column])
    if column in ("art", "barrierefrei"):
        return str(getattr(facility, f"get_{FIELDS[column]}_display")())
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if value is None:
        return ""
    if column in ("breite", "laenge", "mittagessen"):
        return str(value).replace(".", ",")
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)
