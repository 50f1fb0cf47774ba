"""What people say when they make an appointment."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.appointments.models import BookableService, Counter
from apps.catalogue.models import Office
from apps.core.fields import PlainCharField

MOST_SERVICES = 5


class VisitForm(forms.Form):
    """What for, how many people, where; comes in the address, so that a choice can be bookmarked."""

    leistung = forms.MultipleChoiceField(
        label=_("Worum geht es?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Bitte wählen Sie, wofür Sie den Termin brauchen."),
            "invalid_choice": _("Für diese Leistung gibt es keine Termine. Bitte wählen Sie neu."),
        },
    )
    personen = forms.IntegerField(
        label=_("Wie viele Personen kommen?"),
        min_value=1,
        max_value=20,
        initial=1,
        widget=forms.NumberInput(attrs={"data-width": "5", "inputmode": "numeric"}),
        help_text=_("Zählen Sie alle mit, für die etwas erledigt werden soll."),
        error_messages={
            "required": _("Bitte geben Sie an, wie viele Personen kommen."),
            "invalid": _("Bitte geben Sie eine Zahl ein. Beispiel: 2"),
            "min_value": _("Mindestens eine Person muss kommen."),
            "max_value": _("Für so viele Personen rufen Sie uns bitte an: 115"),
        },
    )
    standort = forms.ModelChoiceField(
        label=_("Wo?"),
        queryset=Office.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("egal wo"),
        error_messages={"invalid_choice": _("Diesen Standort gibt es nicht. Bitte wählen Sie neu.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {b.service.slug: b for b in offered()}
        services: Any = self.fields["leistung"]
        services.choices = [(slug, b.service.name) for slug, b in self.offered.items()]
        offices: Any = self.fields["standort"]
        offices.queryset = Office.objects.filter(policy__active=True)

    def clean_leistung(self) -> list[BookableService]:
        """Few enough to be one visit."""
        chosen = [self.offered[slug] for slug in dict.fromkeys(self.cleaned_data["leistung"])]
        if len(chosen) > MOST_SERVICES:
            raise forms.ValidationError(
                _("Bitte wählen Sie höchstens %(most)s Leistungen für einen Termin."), params={"most": MOST_SERVICES}
            )
        return chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        persons, services = data.get("personen"), data.get("leistung")
        if persons and services:
            most = min(s.max_persons for s in services)
            if persons > most:
                text = ngettext(
                    "Bei dieser Auswahl kann nur eine Person kommen. Für mehr rufen Sie bitte an: 115",
                    "Bei dieser Auswahl können höchstens %(most)s Personen kommen. Für mehr rufen Sie bitte an: 115",
                    most,
                )
                self.add_error("personen", text % {"most": most})
        return data


def offered() -> QuerySet[BookableService]:
    """Services that at least one counter of an office with appointments can do."""
    able = Counter.objects.filter(services=OuterRef("pk"), active=True, office__policy__active=True)
    rows = BookableService.objects.filter(Exists(able), active=True, service__published=True)
    return rows.select_related("service").order_by("service__name_de")


class DetailsForm(forms.Form):
    """Who comes, and where the confirmation goes."""

    name = PlainCharField(
        label=_("Name"),
        max_length=240,
        help_text=_("So rufen wir Sie auf."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Ihr Name fehlt. Beispiel: Zoë Özdemir-Groß")},
    )
    email = forms.EmailField(
        label=_("E-Mail-Adresse"),
        max_length=254,
        help_text=_("Dorthin schicken wir die Bestätigung und den Link zum Verschieben und Absagen."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Ihre E-Mail-Adresse fehlt. Beispiel: name@beispiel.de"),
            "invalid": _("Diese E-Mail-Adresse ist nicht vollständig. Beispiel: name@beispiel.de"),
        },
    )
    phone = PlainCharField(
        label=_("Telefon"),
        max_length=40,
        required=False,
        help_text=_("Nur für den Fall, dass wir den Termin ändern müssen."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )


class CodeForm(forms.Form):
    """The code from the mail."""

    code = PlainCharField(
        label=_("Code aus der E-Mail"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "data-width": "10"}),
        error_messages={"required": _("Der Code fehlt. Er steht in der E-Mail und hat sechs Ziffern.")},
    )
