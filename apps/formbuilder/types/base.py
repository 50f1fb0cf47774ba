"""What a type of field knows of itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import localised
from apps.formbuilder.reading import DefinitionError

if TYPE_CHECKING:
    from apps.formbuilder.definition import Field


class FieldType:
    """A type of field: how it is read from a definition, asked, stored, shown, compared and checked.

    A new one is a subclass in a file of its own, registered in ``types/__init__.py``. What is stored is JSON.
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

    def build(self, item: "Field", options: dict[str, Any]) -> forms.Field:
        """The Django field that asks it; ``options`` are label, hint, required and messages."""
        raise NotImplementedError

    def form_field(self, item: "Field") -> forms.Field:
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

    def adapt(self, item: "Field", field: forms.Field, values: Mapping[str, Any]) -> None:
        """Make the Django field ask less (or more) because of what was answered before."""

    def sent(self, form: Any, item: "Field", field: forms.Field) -> Any:
        """What a browser has sent, or what stands for it."""
        return field.widget.value_from_datadict(form.data, {}, form.add_prefix(item.key))

    def to_stored(self, value: Any) -> Any:
        """What a cleaned value is stored as."""
        return value

    def from_stored(self, value: Any) -> Any:
        """What a form begins with for a stored value."""
        return value

    def as_typed(self, value: Any) -> str | list[str] | None:
        """A stored value as a browser would send it; None where it would send nothing."""
        # Stored answers may be older than the field: whatever they are, a browser would send text.
        return value if isinstance(value, str) else str(value)

    def plain(self, item: "Field", value: Any) -> str:
        """A stored answer (not an empty one) as a person would say it."""
        return str(value)

    def may_be_answered(self, item: "Field", value: Any) -> bool:
        """Whether the stored answer can be ``value``: a condition on anything else would never hold."""
        return isinstance(value, str)

    def may_be_compared(self, bound: Any) -> bool:
        """Whether an answer can be more or less than ``bound``."""
        return False
