"""Widgets for the stock pages of the staff area."""

from typing import Any

from django import forms
from django.db import models

# The browser's own pickers: the admin's have shortcuts whose labels are not translated.
NATIVE_PICKERS: Any = {
    models.DateTimeField: {
        "form_class": forms.DateTimeField,
        "widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    },
    models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    models.TimeField: {"widget": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")},
}
# Plain check boxes instead of two list boxes that no screen reader understands.
CHECKBOXES: Any = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
