"""A field of a form, and what its type knows of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import localised
from apps.formbuilder.conditions import Condition
from apps.formbuilder.reading import DefinitionError, Text

# By the name that definitions use.
FIELD_TYPES: dict[str, "FieldType"] = {}


@dataclass(frozen=True)
class Choice:
    value: str
    label: Text


@dataclass(frozen=True, eq=False)
class Field:
    """One question, or a group of them. Each is its own: a parsed definition lives as long as the process."""

    key: str
    type: str
    label: Text
    hint: Text | None = None
    required: bool = True
    missing: Text | None = None
    when: Condition | None = None
    choices: tuple[Choice, ...] = ()
    fields: tuple["Field", ...] = ()
    item_label: Text | None = None
    min_items: int = 1
    max_items: int = 1
    max_length: int | None = None
    min_value: str | None = None
    max_value: str | None = None
    # Of a date: the key of another one, asked before, that it may not lie before.
    not_before: str | None = None
    # Of a postcode or a text: the key of the country asked before. What Germany demands of it holds only there.
    country: str | None = None
    # Of a text or a postcode: a name of patterns.py.
    pattern: str | None = None
    invalid: Text | None = None
    autocomplete: str | None = None
    prefill: str | None = None
    width: str | None = None
    # Of a number: what people may write behind it, a name of patterns.py.
    unit: str | None = None

    @property
    def field_type(self) -> "FieldType":
        """What knows how to ask, store and show it."""
        return FIELD_TYPES[self.type]

    @property
    def is_group(self) -> bool:
        return self.type == "group"

    def entry_title(self, index: int) -> str:
        """Of a group: what its entries are called, „Hund 2"."""
        return f"{localised(self.item_label or self.label)} {index + 1}"


class FieldType:
    """A type of field: how it is read from a definition, asked, stored, shown, compared and checked.

    A new one is a subclass in a file that ``types/__init__.py`` imports. What is stored is JSON.
    """

    # As definitions call it.
    key: ClassVar[str]
    # Whether there is something to answer here itself.
    asks: ClassVar[bool] = True
    # Whether browsers send it whenever they show it, also empty.
    always_sent: ClassVar[bool] = True
    # How many characters an answer may have, unless the field says so; None: it is no text.
    longest: ClassVar[int | None] = None
    # What is said when the answer is missing.
    missing: ClassVar[Any] = _("Diese Angabe fehlt: {label}")

    def __init_subclass__(cls) -> None:
        if "key" not in cls.__dict__ or cls.key in FIELD_TYPES:
            raise TypeError(f"{cls.__name__} needs a key of its own")
        FIELD_TYPES[cls.key] = cls()

    def read(self, raw: dict[str, Any], where: str) -> None:
        """Look at what only this type understands in a definition; raises DefinitionError."""
        for bound in ("min_value", "max_value"):
            value = raw.get(bound)
            if value is None:
                continue
            try:
                if not isinstance(value, str):
                    raise ValueError("bounds are texts")
                self.read_bound(value)
            except (ValueError, ArithmeticError) as error:
                raise DefinitionError(f"{where}: {bound} {value!r} is no bound of a {self.key} field") from error

    def read_bound(self, text: str) -> Any:
        """A bound as a value to compare with; raises ValueError."""
        return text

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        """The Django field that asks it; ``options`` are label, hint, required and messages."""
        raise NotImplementedError

    def form_field(self, item: Field) -> forms.Field:
        """The Django field with everything that any field has."""
        said = item.missing and localised(item.missing)
        options: dict[str, Any] = {
            "label": localised(item.label),
            "help_text": localised(item.hint) if item.hint else "",
            "required": item.required,
            "error_messages": {"required": said or format_lazy(self.missing, label=localised(item.label))},
        }
        if item.invalid:
            options["error_messages"]["invalid"] = localised(item.invalid)
        built = self.build(item, options)
        if item.autocomplete:
            built.widget.attrs["autocomplete"] = item.autocomplete
        if item.width:
            built.widget.attrs["data-width"] = item.width
        return built

    def adapt(self, item: Field, field: forms.Field, values: Mapping[str, Any]) -> None:
        """Make the Django field ask less (or more) because of what was answered before."""

    def sent(self, form: Any, item: Field, field: forms.Field) -> Any:
        """What a browser has sent, or what stands for it."""
        return field.widget.value_from_datadict(form.data, {}, form.add_prefix(item.key))

    def to_stored(self, value: Any) -> Any:
        """What a cleaned value is stored as."""
        return value

    def from_stored(self, value: Any) -> Any:
        """What a form begins with for a stored value, which may be empty (None, "")."""
        return value

    def as_typed(self, value: Any) -> str | list[str] | None:
        """A stored value as a browser would send it; None where it would send nothing."""
        # Stored answers may be older than the field: whatever they are, a browser would send text.
        return value if isinstance(value, str) else str(value)

    def plain(self, item: Field, value: Any) -> str:
        """A stored answer (not an empty one) as a person would say it."""
        return str(value)

    def may_be_answered(self, item: Field, value: Any) -> bool:
        """Whether the stored answer can be ``value``: a condition on anything else would never hold."""
        return isinstance(value, str)

    def may_be_compared(self, bound: Any) -> bool:
        """Whether an answer can be more or less than ``bound``."""
        return False
