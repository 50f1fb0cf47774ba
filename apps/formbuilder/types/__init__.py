"""The types of fields a form may have."""

from apps.formbuilder.types.address import Country, Postcode
from apps.formbuilder.types.base import FieldType
from apps.formbuilder.types.choices import Choice, Choices
from apps.formbuilder.types.contact import Email, Telephone
from apps.formbuilder.types.date import Date
from apps.formbuilder.types.licence_plate import LicencePlate
from apps.formbuilder.types.numbers import Amount, Integer
from apps.formbuilder.types.structure import Group, Info
from apps.formbuilder.types.text import Text, Textarea
from apps.formbuilder.types.upload import Upload
from apps.formbuilder.types.yes_no import Boolean, Confirm

# By the name that definitions use. A new type is added here.
FIELD_TYPES: dict[str, FieldType] = {
    one.key: one()
    for one in (
        Amount,
        Boolean,
        Choice,
        Choices,
        Confirm,
        Country,
        Date,
        Email,
        Group,
        Info,
        Integer,
        LicencePlate,
        Postcode,
        Telephone,
        Text,
        Textarea,
        Upload,
    )
}

__all__ = ["FIELD_TYPES", "FieldType"]
