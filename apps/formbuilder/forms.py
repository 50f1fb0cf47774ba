"""Definitions as Django forms: one form class per step or group, made once per process."""

import datetime as dt
from collections.abc import Mapping
from copy import copy
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import localised
from apps.formbuilder.definition import Definition, Field, Step


class StepForm(forms.Form):
    """The fields of a step (or of one entry of a group); conditions decide which exist.

    ``answers`` are the stored values that conditions may look at besides the form's own. A form that ``remembers`` fills
    in what is stored for fields that were not on the page; an entry of a group may have been another one then.
    """

    definition_fields: tuple[Field, ...] = ()
    # Of an entry of a group: which one it is.
    title = ""

    def __init__(self, *args: Any, answers: Mapping[str, Any] | None = None,
                 files: Mapping[str, list[str]] | None = None, remembers: bool = True, **kwargs: Any) -> None:  # fmt: skip
        self.known: dict[str, Any] = dict(answers or {})
        self.stored_files = dict(files or {})
        kwargs["use_required_attribute"] = False
        super().__init__(*args, **kwargs)
        if self.is_bound and remembers and (known := self._known_before()):
            data: Any = copy(self.data)
            data.update(known)
            self.data = data
        if not self.is_bound:
            self._hide_unasked()

    def _known_before(self) -> dict[str, Any]:
        """What is stored for fields that were not on the page, by name: they appear with it.

        A browser sends every text field it shows, also an empty one.
        """
        return {
            self.add_prefix(item.key): self.fields[item.key].prepare_value(self.initial[item.key])
            for item in self.definition_fields
            if item.field_type.always_sent and item.key in self.initial and self.add_prefix(item.key) not in self.data
        }

    def _hide_unasked(self) -> None:
        """Before anything is typed: show what the stored answers call for."""
        values = dict(self.known)
        for item in self.definition_fields:
            if item.when is not None and not item.when.holds(values):
                self.fields.pop(item.key, None)
                values.pop(item.key, None)
            elif item.key in self.initial:
                values[item.key] = item.field_type.to_stored(self.initial[item.key])

    def _clean_fields(self) -> None:
        """Clean field by field, in order; a field whose condition fails is absent, not empty."""
        values = dict(self.known)
        for item in self.definition_fields:
            form_field = self.fields.get(item.key)
            if form_field is None:
                continue
            if item.when is not None and not item.when.holds(values):
                del self.fields[item.key]
                values.pop(item.key, None)
                continue
            kind = item.field_type
            kind.adapt(item, form_field, values)
            try:
                value = form_field.clean(kind.sent(self, item, form_field))
                self._demand_order(item, value, values)
            except forms.ValidationError as error:
                self.add_error(item.key, error)
                values.pop(item.key, None)
            else:
                self.cleaned_data[item.key] = value
                values[item.key] = kind.to_stored(value)

    def _demand_order(self, item: Field, value: Any, values: Mapping[str, Any]) -> None:
        """Whether a day lies where it should after another one; raises ValidationError."""
        other = values.get(item.not_before or "")
        if not isinstance(value, dt.date) or not other or value >= (earliest := dt.date.fromisoformat(other)):
            return
        fields = {f.key: f for f in self.definition_fields}
        label = localised(fields[item.not_before].label) if item.not_before in fields else ""
        raise forms.ValidationError(
            _("Dieser Tag liegt vor dem %(day)s („%(label)s“)."), code="order",
            params={"day": earliest.strftime("%d.%m.%Y"), "label": label},
        )  # fmt: skip

    def stored(self) -> dict[str, Any]:
        """The cleaned values as JSON."""
        types = {item.key: item.field_type for item in self.definition_fields}
        return {key: types[key].to_stored(value) for key, value in self.cleaned_data.items()}


@lru_cache(maxsize=512)
def _form_class(fields: tuple[Field, ...], language: str) -> type[StepForm]:
    """The form class for some fields in one language; made once."""
    base: dict[str, Any] = {"definition_fields": tuple(f for f in fields if f.field_type.asks)}
    for item in base["definition_fields"]:
        base[item.key] = item.field_type.form_field(item)
    return type("DefinedStepForm", (StepForm,), base)


def form_class(fields: tuple[Field, ...]) -> type[StepForm]:
    """The form class for the plain fields among ``fields``."""
    return _form_class(fields, get_language() or "de")


def taken(item: Field, value: Any, answers: Mapping[str, Any]) -> Any:
    """What a field would store of a value that is known otherwise; None where it would refuse it."""
    kind = item.field_type
    field = kind.form_field(item)
    kind.adapt(item, field, answers)
    try:
        return kind.to_stored(field.clean(kind.to_stored(value)))
    except forms.ValidationError:
        return None


def visible_steps(definition: Definition, answers: Mapping[str, Any]) -> list[Step]:
    """The steps that the answers so far call for."""
    return [s for s in definition.steps if s.when is None or s.when.holds(answers)]
