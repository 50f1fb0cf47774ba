"""Files."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core import uploads
from apps.formbuilder.types.base import Field, FieldType


class StoredUploadField(forms.Field):
    """The ids of files already stored for a draft; the bytes are checked before they get here."""

    widget = forms.FileInput

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        """What the browser offers to choose from; what comes is looked at all the same."""
        return {**super().widget_attrs(widget), "accept": uploads.ACCEPT}

    def clean(self, value: Any) -> list[str]:
        ids = [str(v) for v in value or []]
        if self.required and not ids:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return ids


class Upload(FieldType):
    """Files, stored as their ids."""

    key = "upload"
    always_sent = False
    missing = _("Diese Datei fehlt noch: {label}")

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return StoredUploadField(**options)

    def sent(self, form: Any, item: Field, field: forms.Field) -> Any:
        return form.stored_files.get(item.key, [])

    def as_typed(self, value: Any) -> str | list[str] | None:
        return None

    def plain(self, item: Field, value: Any) -> str:
        return ""

    def may_be_answered(self, item: Field, value: Any) -> bool:
        return False
