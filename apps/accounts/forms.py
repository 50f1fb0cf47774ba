"""Forms around an account."""

import datetime as dt
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Profile, User
from apps.core.business_calendar import today
from apps.core.fields import PlainCharField


class SignupForm(AllauthSignupForm):
    """Registration: e-mail, name, password."""

    given_name = PlainCharField(
        label=_("Vorname"),
        max_length=120,
        required=False,
        help_text=_("Wenn Sie nur einen Namen haben, lassen Sie dieses Feld frei."),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family_name = PlainCharField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Ihr Name fehlt. Beispiel: Özdemir-Groß")},
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    field_order = ["given_name", "family_name", "email", "password1", "password2"]


class NameForm(forms.ModelForm):
    """The person's name and language."""

    given_name = PlainCharField(
        label=_("Vorname"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    family_name = PlainCharField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Ihr Name fehlt. Beispiel: Özdemir-Groß")},
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    language = forms.ChoiceField(label=_("Sprache"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ["given_name", "family_name", "language"]


class ProfileForm(forms.ModelForm):
    """What forms are prefilled with."""

    class Meta:
        model = Profile
        fields = ["street", "house_number", "postcode", "city", "birth_date", "phone"]
        widgets = {
            "street": forms.TextInput(attrs={"autocomplete": "address-line1"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "birth_date": forms.DateInput(format="%d.%m.%Y", attrs={"autocomplete": "bday", "inputmode": "numeric"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"] = forms.DateField(
            label=_("Geburtsdatum"),
            required=False,
            input_formats=["%d.%m.%Y", "%Y-%m-%d"],
            help_text=_("Beispiel: 24.12.1980"),
            widget=self.fields["birth_date"].widget,
            error_messages={"invalid": _("Dieses Datum gibt es nicht. Beispiel: 24.12.1980")},
        )

    def clean_birth_date(self) -> dt.date | None:
        """Nobody is born tomorrow."""
        value: dt.date | None = self.cleaned_data["birth_date"]
        if value and not dt.date(1900, 1, 1) <= value <= today():
            raise forms.ValidationError(_("Dieses Datum kann kein Geburtsdatum sein. Beispiel: 24.12.1980"))
        return value
