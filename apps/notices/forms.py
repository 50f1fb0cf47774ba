"""What a clerk says about letters that go out by post, and what people send to have a letter checked."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.business_calendar import today
from apps.core.fields import GermanDateField, PlainCharField
from apps.core.references import CHECK_CODES
from apps.notices.models import Delivery


class OutboxForm(forms.Form):
    """A choice of the letters that are to be posted, and the day they went."""

    letters = forms.ModelMultipleChoiceField(
        label=_("Briefe"),
        queryset=Delivery.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Bitte wählen Sie mindestens einen Brief aus."),
            "invalid_choice": _("Ein gewählter Brief wartet nicht mehr. Bitte sehen Sie noch einmal hin."),
            "invalid_pk_value": _("Ein gewählter Brief wartet nicht mehr. Bitte sehen Sie noch einmal hin."),
        },
    )
    posted_on = GermanDateField(
        label=_("Zur Post gegeben am"),
        error_messages={"required": _("Bitte geben Sie an, wann Sie die Briefe zur Post gegeben haben.")},
    )

    def __init__(self, *args: Any, waiting: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["letters"]
        field.queryset = waiting
        self.initial.setdefault("posted_on", today())

    def clean_posted_on(self) -> dt.date | None:
        """Not in the future, and not before a chosen letter existed; not asked for printing."""
        day: dt.date | None = self.cleaned_data["posted_on"]
        if day is None:
            return None
        if day > today():
            raise forms.ValidationError(_("Dieser Tag liegt in der Zukunft."))
        chosen = self.cleaned_data.get("letters") or ()
        if any(to.letter.done_at and day < timezone.localdate(to.letter.done_at) for to in chosen):
            raise forms.ValidationError(_("An diesem Tag gab es einen der Briefe noch nicht."))
        return day


class ReturnForm(forms.Form):
    """The day a letter came back with the post."""

    returned_on = GermanDateField(
        label=_("Zurückgekommen am"),
        error_messages={"required": _("Bitte geben Sie an, wann der Brief zurückkam.")},
    )

    def __init__(self, *args: Any, delivery: Delivery, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delivery = delivery
        self.initial.setdefault("returned_on", today())

    def clean_returned_on(self) -> dt.date:
        """Not in the future, and not before it was posted."""
        day: dt.date = self.cleaned_data["returned_on"]
        if day > today():
            raise forms.ValidationError(_("Dieser Tag liegt in der Zukunft."))
        if self.delivery.posted_on is not None and day < self.delivery.posted_on:
            raise forms.ValidationError(_("An diesem Tag war der Brief noch nicht in der Post."))
        return day


class CheckCodeForm(forms.Form):
    """The code that stands at the end of a letter."""

    code = PlainCharField(
        label=_("Prüfcode"),
        max_length=60,
        help_text=_("Zwanzig Zeichen am Ende des Schreibens. Beispiel: 34AC-79DE-FHJK-MNPQ-RTVW"),
        widget=forms.TextInput(attrs={"data-width": "30", "autocapitalize": "characters", "autocomplete": "off"}),
        error_messages={"required": _("Bitte geben Sie den Prüfcode ein.")},
    )

    def clean_code(self) -> str:
        """The code as letters print it."""
        code = CHECK_CODES.normalise(self.cleaned_data["code"])
        if code is None:
            raise ValidationError(_("Das ist kein Prüfcode: Bitte vergleichen Sie jedes Zeichen mit dem Schreiben."))
        return code


class CheckFileForm(forms.Form):
    """The file of a letter, to be compared with the one that was issued."""

    file = forms.FileField(
        label=_("Datei des Schreibens"),
        help_text=_("Die PDF-Datei, wie Sie sie bekommen haben. Wir vergleichen sie und speichern sie nicht."),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        error_messages={
            "required": _("Bitte wählen Sie die Datei aus."),
            "empty": _("Diese Datei ist leer. Bitte wählen Sie die Datei noch einmal aus."),
        },
    )

    def __init__(self, *args: Any, refused: ValidationError | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused

    def clean(self) -> dict[str, Any]:
        """A file that was dropped while it came in is too large, not missing."""
        data = super().clean() or {}
        if self.refused is not None:
            self.errors.pop("file", None)
            self.add_error("file", self.refused)
        return data
