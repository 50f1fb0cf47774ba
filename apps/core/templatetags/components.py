"""KERN components as template tags; each has its file in templates/components/."""

from collections import Counter
from decimal import Decimal
from typing import Any

from django import forms, template
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.boundfield import BoundField
from django.utils import formats, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import sockets
from apps.core.bilingual import localised
from apps.core.sockets import Door

register = template.Library()
register.filter("localised", localised)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A decorative KERN icon."""
    modifier = f" kern-icon--{size}" if size else ""
    return format_html('<span class="kern-icon kern-icon--{}{}" aria-hidden="true"></span>', name, modifier)


@register.filter
def kern_level(tag: str) -> str:
    """The KERN word for how bad a message of Django is: info, success, warning, danger."""
    return {"error": "danger", "debug": "info", "": "info"}.get(tag, tag)


# Which markup of templates/components/field.html a widget takes: the first that fits.
KINDS: dict[type[forms.Widget], str] = {
    forms.HiddenInput: "hidden", forms.CheckboxSelectMultiple: "checkboxes", forms.RadioSelect: "radios",
    forms.CheckboxInput: "checkbox", forms.Select: "select", forms.FileInput: "file", forms.MultiWidget: "multi",
}  # fmt: skip


def field_kind(bound: BoundField) -> str:
    """Which markup of templates/components/field.html a form field takes."""
    return next((kind for widget, kind in KINDS.items() if isinstance(bound.field.widget, widget)), "input")


CONTROL_CLASS = {
    "select": "kern-form-input__select",
    "checkbox": "kern-form-check__checkbox",
    "checkboxes": "kern-form-check__checkbox",
    "radios": "kern-form-check__radio",
}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, extra: str = "") -> dict[str, Any]:
    """A form field with label, hint, error and KERN classes, whatever its widget."""
    kind = field_kind(bound)
    css = CONTROL_CLASS.get(kind, "kern-form-input__input")
    error = bool(bound.errors)
    described = " ".join(filter(None, [
        f"{bound.auto_id}_helptext" if bound.help_text else "",
        f"{bound.auto_id}_error" if error else "",
        bound.field.widget.attrs.get("aria-describedby", ""),
    ]))  # fmt: skip
    attributes: dict[str, Any] = {"class": f"{css} {css}--error" if error else css}
    if kind not in ("radios", "checkboxes", "multi"):
        if described:
            attributes["aria-describedby"] = described
        if bound.field.required:
            attributes["aria-required"] = "true"
    if error and kind not in ("radios", "checkboxes"):
        attributes["aria-invalid"] = "true"
    # KERN asks for novalidate and aria-required instead of the browser's own bubbles.
    bound.form.use_required_attribute = False
    optional = not bound.field.required and kind not in ("checkbox", "hidden")
    return {
        "field": bound,
        "kind": kind,
        "control": None if kind in ("radios", "checkboxes") else bound.as_widget(attrs=attributes),
        "options": list(bound) if kind in ("radios", "checkboxes") else [],
        "css": css,
        "error": error,
        "described": described,
        "optional": optional and not getattr(bound.field, "hide_optional", False),
        "extra": extra,
    }


@register.inclusion_tag("components/error_summary.html", takes_context=True)
def error_summary(context: template.Context, *form_list: Any) -> dict[str, Any]:
    """The box at the top that lists every error with a link to its field."""
    entries: list[dict[str, str]] = []
    for form in _flatten(form_list):
        if not getattr(form, "is_bound", False):
            continue
        for name, errors in form.errors.items():
            target, label = "", ""
            if name != NON_FIELD_ERRORS and name in form.fields:
                target = _focus_id(form[name])
                # An entry of a group says which one it is: "Hund 2".
                label = ", ".join(str(part) for part in (getattr(form, "title", ""), form[name].label) if part)
            entries.extend({"text": str(text), "target": target, "label": label} for text in errors)
    # Two lines that say the same say where each belongs.
    counted = Counter(entry["text"] for entry in entries)
    for entry in entries:
        if counted[entry["text"]] > 1 and entry["label"]:
            entry["text"] = f"{entry['label']}: {entry['text']}"
    return {"entries": entries}


def _focus_id(bound: BoundField) -> str:
    kind = field_kind(bound)
    if kind in ("radios", "checkboxes", "multi"):
        return f"{bound.auto_id}_0"
    return bound.id_for_label or bound.auto_id


def _flatten(items: Any) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        if isinstance(item, (list, tuple)):
            flat.extend(_flatten(item))
        elif item:
            flat.append(item)
    return flat


@register.filter
def long_day(value: Any) -> str:
    """A day with its weekday: „Dienstag, 24. November" or "Tuesday 24 November"."""
    return formats.date_format(value, "l, j. F" if translation.get_language() == "de" else "l j F")


@register.filter
def short_day(value: Any) -> str:
    """The same in few letters: „Di, 24. Nov." or "Tue 24 Nov"."""
    return formats.date_format(value, "D, j. M." if translation.get_language() == "de" else "D j M")


@register.filter
def euro(amount: Decimal | str | None) -> str:
    """``168.00`` as ``168,00 €`` (German) or ``€168.00`` (English)."""
    if amount is None or amount == "":
        return ""
    number = formats.number_format(Decimal(amount), 2, force_grouping=True)
    return f"€{number}" if translation.get_language() == "en" else f"{number} €"


@register.filter
def filesize_kb(size: int) -> str:
    """A file's size in words: ``86 kB``, ``1,4 MB``."""
    if size < 1_000_000:
        return f"{max(size // 1000, 1)} kB"
    return f"{formats.number_format(Decimal(size) / 1_000_000, 1)} MB"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """``mapping[key]`` or nothing."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag(takes_context=True)
def staff_links(context: template.Context) -> list[Door]:
    """What apps put into the navigation of the staff area."""
    request = context["request"]
    return [door for plugged in sockets.staff_links for door in plugged(request)]
