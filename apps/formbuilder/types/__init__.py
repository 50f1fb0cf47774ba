"""The types of fields a form may have."""

from apps.formbuilder.types import (  # noqa: F401  they register what they hold
    address,
    choices,
    contact,
    date,
    licence_plate,
    numbers,
    structure,
    text,
    upload,
    yes_no,
)
from apps.formbuilder.types.base import FIELD_TYPES, Choice, Field, FieldType

__all__ = ["FIELD_TYPES", "Choice", "Field", "FieldType"]
