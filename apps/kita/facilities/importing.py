"""Kitas from a CSV file: what it would change, what is wrong with it, and doing it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
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
    PostcodeField,
    PublishedTextField,
)
from apps.core.transitions import TransitionConflict
from apps.kita.facilities.models import MOST_TEXT, Carrier, Concept, District, Facility, FacilityImport
from apps.kita.facilities.states import BarrierFree, FacilityKind

MOST_ROWS = 1000
# What a cell may say, and what it means.
YES_NO = {"ja": True, "nein": False}


class Named(PlainCharField):
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
        typed = PlainCharField.to_python(self, value)
        return [self.thing(part.strip()) for part in str(typed).split(",") if part.strip()]


with translation.override("de"):
    # The table is German whatever the page is.
    KIND_NAMES = {str(kind.label): kind.value for kind in FacilityKind}
    BARRIER_NAMES = {str(value.label): value.value for value in BarrierFree}


def _yes_no() -> Named:
    """Nothing said is None: what is there stays, or what is usual."""
    return Named(YES_NO, required=False)


def _long() -> PlainCharField:
    return PlainCharField(max_length=MOST_TEXT, required=False, widget=forms.Textarea)


class RowForm(forms.Form):
    """A row: its columns as they are called in the file, in the order in which they are written."""

    kennung = forms.CharField(max_length=80, validators=[validate_slug])
    name = PublishedTextField(max_length=120)
    art = Named(KIND_NAMES)
    traeger = Named()
    ortschaft = Named()
    strasse = PublishedTextField(max_length=120)
    hausnummer = PublishedTextField(max_length=12)
    plz = PostcodeField()
    ort = PublishedTextField(max_length=60)
    anschrift_oeffentlich = _yes_no()
    breite = GermanDecimalField(required=False)
    laenge = GermanDecimalField(required=False)
    telefon = PhoneField(max_length=40, required=False)
    e_mail = MailAddressField(max_length=254, required=False)
    internet = forms.URLField(max_length=200, required=False, assume_scheme="https")
    oeffnet = GermanTimeField()
    schliesst = GermanTimeField()
    fruehdienst_ab = GermanTimeField(required=False)
    spaetdienst_bis = GermanTimeField(required=False)
    schichtarbeit = _yes_no()
    schliesstage = GermanIntegerField(required=False)
    barrierefrei = Named(BARRIER_NAMES, required=False)
    schwerpunkte = SeveralNamed(required=False)
    mittagessen = GermanDecimalField(required=False)
    beschreibung = _long()
    beschreibung_englisch = _long()
    veroeffentlicht = _yes_no()

    def __init__(self, data: Any, *, known: dict[str, dict[str, Any]]) -> None:
        super().__init__(data)
        for name, things in known.items():
            field: Any = self.fields[name]
            field.things = things


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
    # As it was when this was planned.
    is_new: bool = False
    concepts: list[Concept] = field(default_factory=list)
    # Column, what it was, what it will be.
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)


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
    def digest(self) -> str:
        """What it would do, as a fingerprint: whoever presses has seen this and nothing else."""
        said = repr([(row.line, row.name, row.is_new, row.changes, row.errors) for row in self.rows])
        return hashlib.sha256(said.encode()).hexdigest()

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
    facilities = Facility.objects.select_related("carrier", "district").prefetch_related("concepts")
    existing = {facility.slug: facility for facility in facilities}
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
    usual = {
        "anschrift_oeffentlich": values["art"] == FacilityKind.KITA,
        "schichtarbeit": False,
        "veroeffentlicht": True,
    }
    for column, value in usual.items():
        if values[column] is None:
            # Nothing said: what is there stays. Of a new one: the address of a Kita is public, that of a home is not.
            values[column] = value if before is None else getattr(before, FIELDS[column])
    concepts = sorted(values["schwerpunkte"], key=lambda concept: concept.name_de)
    for column, name in FIELDS.items():
        value = _stored(name, values[column])
        if before is None or getattr(before, name) != value:
            was = _cell(facility, column) if before is not None else ""
            setattr(facility, name, value)
            row.changes.append((column, was, _cell(facility, column)))
    if before is not None and {concept.pk for concept in before.concepts.all()} != {c.pk for c in concepts}:
        row.changes.append(("schwerpunkte", _cell(before, "schwerpunkte"), ", ".join(c.name_de for c in concepts)))
    try:
        # Each link was looked up above, and the constraints say what clean() says.
        links = {"carrier", "district", "place"}
        facility.full_clean(exclude=links, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        row.errors = [
            (_BY_FIELD.get(name, "") if name != NON_FIELD_ERRORS else "", text)
            for name, texts in error.message_dict.items() for text in texts
        ]  # fmt: skip
    row.facility, row.is_new, row.concepts = facility, before is None, concepts
    return row


def _stored(name: str, value: Any) -> Any:
    """As the facility keeps it: degrees as numbers, no text as an empty one, nothing said about access as unknown."""
    if name in ("latitude", "longitude") and value is not None:
        return float(value)
    if name == "barrier_free":
        return value or BarrierFree.UNKNOWN
    return value


def perform(upload: FacilityImport, *, seen: str, by: User) -> Plan:
    """Do what a file says, all of it or nothing, and once; ``seen`` is the digest of the plan that was shown.

    Raises TransitionConflict if it was done before, would do something else by now, or somebody else was quicker.
    """
    try:
        with transaction.atomic():
            # In one order, and before anything is written, so that nobody waits in a circle and nothing changes meanwhile.
            list(Facility.objects.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
            waiting = FacilityImport.objects.select_for_update().filter(pk=upload.pk, applied_at=None)
            if not waiting.exists():
                raise TransitionConflict("it was done before")
            doing = plan(bytes(upload.content))
            if not doing.does_something or doing.digest != seen:
                raise TransitionConflict("it is another plan by now")
            for row in [*doing.new, *doing.changed]:
                _save(row)
            FacilityImport.objects.filter(pk=upload.pk).update(applied_at=timezone.now(), applied_by=by)
    except IntegrityError as error:
        raise TransitionConflict("somebody else was quicker") from error
    return doing


def _save(row: Row) -> None:
    facility = row.facility
    if facility is None:
        return
    changed = [FIELDS[column] for column, _was, _becomes in row.changes if column in FIELDS]
    if row.is_new:
        facility.save()
    elif changed:
        facility.save(update_fields=changed)
    facility.concepts.set(row.concepts)
    facility.index()


def as_file(facilities: Iterable[Facility]) -> bytes:
    """Facilities as such a file, to be changed and sent back."""
    # What is read back knows German names only.
    with translation.override("de"):
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
