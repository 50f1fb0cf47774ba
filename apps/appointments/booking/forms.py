"""What people say when they make an appointment."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.appointments.booking.models import LONGEST_DAYS, Booking
from apps.appointments.booking.states import BookedBy
from apps.appointments.timetable.availability import Visit, rules, visit_of
from apps.appointments.timetable.models import BookableService, OpeningRule
from apps.catalogue.models import Office
from apps.core import references
from apps.core.business_calendar import today
from apps.core.fields import (
    GermanDateField,
    GermanIntegerField,
    GermanTimeField,
    MailAddressField,
    PhoneField,
    PlainCharField,
)

MOST_SERVICES = 5
# What several pages say of a limit.
TOO_MUCH_MAIL = _("Heute ging schon zu viel Post an diese Adresse oder von Ihrem Anschluss. Bitte rufen Sie an: 115")
TOO_MANY = _("Mehr Termine auf einmal gehen für diese Adresse nicht. Bitte sagen Sie einen ab oder rufen Sie an: 115")
TOO_MANY_WISHES = _("Für diese Adresse warten schon zwei Wünsche. Bitte beenden Sie einen davon oder rufen Sie an: 115")
# And of a day or a time of day that is missing or none.
DAY: dict[str, Any] = {
    "required": _("Der Tag fehlt. Beispiel: 24.12.2026"),
    "invalid": _("Bitte geben Sie einen Tag ein. Beispiel: 24.12.2026"),
}
TIME: dict[str, Any] = {
    "required": _("Die Uhrzeit fehlt. Beispiel: 08:00"),
    "invalid": _("Bitte geben Sie eine Uhrzeit ein. Beispiel: 08:00"),
}


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
    personen = GermanIntegerField(
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
        queryset=Office.objects.filter(policy__active=True),
        to_field_name="slug",
        required=False,
        empty_label=_("egal wo"),
        error_messages={"invalid_choice": _("Diesen Standort gibt es nicht. Bitte wählen Sie neu.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = rules().services
        services: Any = self.fields["leistung"]
        services.choices = [(slug, b.service.name) for slug, b in self.offered.items()]

    @property
    def visit(self) -> Visit:
        """What was chosen, once the form is valid."""
        return visit_of(self.cleaned_data["leistung"], self.cleaned_data["personen"])

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


class ArrivalForm(forms.Form):
    """The number of an appointment, to say that one is there."""

    nummer = PlainCharField(
        label=_("Terminnummer"),
        max_length=20,
        help_text=_("Sie steht in der Bestätigung. Beispiel: 3PE-E79-K49"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "data-width": "10"}),
        error_messages={"required": _("Die Terminnummer fehlt. Sie steht in Ihrer Bestätigung.")},
    )

    def clean_nummer(self) -> str:
        """As it is stored, however it was typed."""
        reference = references.normalise(self.cleaned_data["nummer"])
        if reference is None:
            raise forms.ValidationError(_("Diese Nummer ist nicht vollständig oder enthält einen Tippfehler."))
        return reference


class StaffVisitForm(VisitForm):
    """The same for staff, at the offices they serve."""

    def __init__(self, *args: Any, offices: list[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["standort"]
        field.queryset = Office.objects.filter(pk__in=[o.pk for o in offices])


class StaffDetailsForm(forms.Form):
    """Who comes, as said on the telephone or at the counter; some way to reach them."""

    name = PlainCharField(label=_("Name"), max_length=240, error_messages={"required": _("Der Name fehlt.")})
    phone = PhoneField(label=_("Telefon"), required=False)
    email = MailAddressField(label=_("E-Mail-Adresse"), max_length=254, required=False)
    booked_by = forms.ChoiceField(
        label=_("Wie kam der Wunsch?"),
        widget=forms.RadioSelect,
        choices=[(BookedBy.PHONE, BookedBy.PHONE.label), (BookedBy.COUNTER, BookedBy.COUNTER.label)],
        initial=BookedBy.PHONE,
        error_messages={"required": _("Bitte wählen Sie, wie der Wunsch kam.")},
    )


class NoteForm(forms.Form):
    """What the city has to say about a change."""

    note = PlainCharField(
        label=_("Nachricht an die Person"),
        max_length=500,
        required=False,
        help_text=_("Steht in der E-Mail. Ohne E-Mail-Adresse steht sie auf der Liste „Anrufen“."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConcernedForm(NoteForm):
    """What becomes of appointments that a change concerns."""

    chosen = forms.MultipleChoiceField(
        label=_("Termine"), widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Bitte wählen Sie Termine aus."),
            "invalid_choice": _("Einer der Termine ist nicht mehr dabei. Bitte wählen Sie neu."),
        },
    )  # fmt: skip
    what = forms.ChoiceField(
        label=_("Was soll geschehen?"),
        widget=forms.RadioSelect,
        choices=[
            ("counter", _("Zur selben Zeit an einen anderen Platz (niemand muss Bescheid bekommen)")),
            ("cancel", _("Absagen und Bescheid geben")),
            ("keep", _("Trotzdem bedienen")),
        ],
        error_messages={"required": _("Bitte wählen Sie, was geschehen soll.")},
    )

    field_order = ["chosen", "what", "note"]

    def __init__(self, *args: Any, bookings: list[Booking], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bookings = {str(b.pk): b for b in bookings}
        chosen: Any = self.fields["chosen"]
        chosen.choices = [(pk, b.reference) for pk, b in self.bookings.items()]

    def clean_chosen(self) -> list[Booking]:
        return [self.bookings[pk] for pk in self.cleaned_data["chosen"]]


class EmailForm(forms.Form):
    """Where a code goes that proves that somebody reads it."""

    proof_email = MailAddressField(
        label=_("E-Mail-Adresse"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Ihre E-Mail-Adresse fehlt. Beispiel: name@beispiel.de")},
    )


class CodeAndNumberForm(ArrivalForm):
    """Number and code as they were printed or said."""

    code = PlainCharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Sechs Ziffern. Er steht auf dem Zettel oder wurde Ihnen gesagt."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "data-width": "10"}),
        error_messages={"required": _("Der Code fehlt. Er hat sechs Ziffern.")},
    )


class DetailsForm(forms.Form):
    """Who comes, and where the confirmation goes."""

    name = PlainCharField(
        label=_("Name"),
        max_length=240,
        help_text=_("So rufen wir Sie auf."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Ihr Name fehlt. Beispiel: Zoë Özdemir-Groß")},
    )
    email = MailAddressField(
        label=_("E-Mail-Adresse"),
        max_length=254,
        help_text=_("Dorthin schicken wir die Bestätigung und den Link zum Verschieben und Absagen."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Ihre E-Mail-Adresse fehlt. Beispiel: name@beispiel.de")},
    )
    phone = PhoneField(
        label=_("Telefon"),
        required=False,
        help_text=_("Nur für den Fall, dass wir den Termin ändern müssen."),
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
    )


class WishForm(VisitForm):
    """When somebody could come; the rest is as for a booking."""

    first_day = GermanDateField(label=_("Frühestens am"), error_messages=DAY)
    last_day = GermanDateField(label=_("Spätestens am"), error_messages=DAY)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("An welchen Tagen?"),
        choices=OpeningRule.WEEKDAYS[:6],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        initial=[0, 1, 2, 3, 4],
        error_messages={"required": _("Bitte wählen Sie mindestens einen Wochentag.")},
    )
    earliest = GermanTimeField(label=_("Nicht vor"), initial=dt.time(8), error_messages=TIME)
    latest = GermanTimeField(label=_("Beginn spätestens um"), initial=dt.time(17), error_messages=TIME)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Das Ende liegt vor dem Anfang."))
        for name, day in (("first_day", first), ("last_day", last)):
            if day and day < today():
                self.add_error(name, _("Dieser Tag ist schon vorbei."))
        if last and last > today() + dt.timedelta(days=LONGEST_DAYS):
            self.add_error("last_day", _("So weit im Voraus geht das nicht."))
        earliest, latest = data.get("earliest"), data.get("latest")
        if earliest and latest and latest < earliest:
            self.add_error("latest", _("Das Ende liegt vor dem Anfang."))
        return data


class CodeForm(forms.Form):
    """The code from the mail."""

    code = PlainCharField(
        label=_("Code aus der E-Mail"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "data-width": "10"}),
        error_messages={"required": _("Der Code fehlt. Er steht in der E-Mail und hat sechs Ziffern.")},
    )
