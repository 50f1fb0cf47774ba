"""What a clerk says about letters that go out by post, and what people send to have a letter checked."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import LetterForm
from apps.cases.addressee import PRINCIPALS
from apps.cases.forms import ActForm
from apps.cases.models import Case, Party
from apps.core.business_calendar import today
from apps.core.fields import GermanDateField, PlainCharField, needed_by_choice
from apps.core.references import CHECK_CODES
from apps.notices.appeals import decided_notices
from apps.notices.models import Appeal, AppealKind, Delivery, Notice
from apps.notices.models.appeals import TO_THE_AUTHORITY
from apps.notices.periods import presumed_day
from apps.notices.states import Arrival


def not_ahead[Day: dt.date | None](day: Day) -> Day:
    """A day on which something has happened. Raises ValidationError for one in the future."""
    if day is not None and day > today():
        raise forms.ValidationError(_("Dieser Tag liegt in der Zukunft."))
    return day


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
        day: dt.date | None = not_ahead(self.cleaned_data["posted_on"])
        if day is None:
            return None
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
        day: dt.date = not_ahead(self.cleaned_data["returned_on"])
        if self.delivery.posted_on is not None and day < self.delivery.posted_on:
            raise forms.ValidationError(_("An diesem Tag war der Brief noch nicht in der Post."))
        return day


class CorrectionForm(forms.Form):
    """Why something that was noted of a delivery is put right."""

    reason = PlainCharField(
        label=_("Grund"), max_length=500, help_text=_("Der Grund wird mit Ihrem Namen und der Zeit festgehalten."),
        error_messages={"required": _("Bitte schreiben Sie, warum Sie das ändern.")},
    )  # fmt: skip

    def __init__(self, *args: Any, delivery: Delivery, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delivery = delivery


class PostingForm(CorrectionForm):
    """On which day a letter really went to the post, or that it has not gone."""

    OTHER_DAY, NOT_YET = "day", "not_yet"
    what = forms.ChoiceField(
        label=_("Was ist richtig?"),
        choices=[(OTHER_DAY, _("Der Brief ging an einem anderen Tag zur Post")),
                 (NOT_YET, _("Der Brief ist noch nicht bei der Post"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie aus, was richtig ist.")},
    )  # fmt: skip
    on = GermanDateField(label=_("Zur Post gegeben am"), required=False, help_text=_("Nur bei einem anderen Tag."))
    field_order = ("what", "on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed_by_choice([self.fields["on"]])

    def clean_on(self) -> dt.date | None:
        """Not in the future, and not before there was the letter."""
        day: dt.date | None = not_ahead(self.cleaned_data["on"])
        made = self.delivery.letter.done_at
        if day is not None and made is not None and day < timezone.localdate(made):
            raise forms.ValidationError(_("An diesem Tag gab es den Brief noch nicht."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("what") == self.NOT_YET:
            data["on"] = None
        elif data.get("what") == self.OTHER_DAY and "on" in data:
            if data["on"] is None:
                self.add_error("on", _("Bitte geben Sie den Tag an, an dem der Brief zur Post ging."))
            elif data["on"] == self.delivery.posted_on:
                self.add_error("on", _("Dieser Tag steht schon da."))
        return data


class ArrivalForm(CorrectionForm):
    """What is known of the arrival of a letter."""

    PRESUMED = "presumed"
    how = forms.ChoiceField(
        label=_("Was ist über die Ankunft bekannt?"), widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie aus, was richtig ist.")},
        choices=[(PRESUMED, _("Nichts Besonderes: Es gilt der Tag, den das Gesetz annimmt")),
                 (Arrival.LATER, _("Der Brief kam an einem anderen Tag an")),
                 (Arrival.NEVER, _("Der Brief kam nicht an"))],
    )  # fmt: skip
    on = GermanDateField(
        label=_("Angekommen am"), required=False,
        help_text=_("Nur bei einem anderen Tag. Wer bestreitet, dass der Brief ankam, muss das nicht beweisen; im Zweifel die Behörde."),
    )  # fmt: skip
    field_order = ("how", "on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.delivery.posted_on is None:
            # A mail that reaches nobody is noted as such: then the letter goes by post. This one was fetched.
            how: Any = self.fields["how"]
            how.choices = [how.choices[0], (Arrival.LATER, _("Die E-Mail dazu kam später oder gar nicht an"))]
            del self.fields["on"]
        needed_by_choice([field for name, field in self.fields.items() if name == "on"])
        self.initial = {"how": self.delivery.arrival, "on": self.delivery.arrived_on, **self.initial}

    def clean_how(self) -> str:
        """As deliveries keep it."""
        how: str = self.cleaned_data["how"]
        return "" if how == self.PRESUMED else how

    def clean_on(self) -> dt.date | None:
        """Not in the future, and not before it was on its way."""
        day: dt.date | None = not_ahead(self.cleaned_data["on"])
        sent = self.delivery.posted_on or self.delivery.notified_on
        if day is not None and sent is not None and day < sent:
            raise forms.ValidationError(_("An diesem Tag war der Brief noch nicht unterwegs."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "on" not in self.fields:
            data["on"] = self.delivery.retrieved_on
        if "how" not in data or "on" not in data:
            return data
        if data["how"] != Arrival.LATER:
            data["on"] = None
        elif data["on"] is None:
            self.add_error("on", _("Bitte geben Sie den Tag an, an dem der Brief ankam."))
        else:
            presumed = presumed_day(self.delivery)
            if presumed is not None and data["on"] <= presumed:
                said = _("Der Bescheid gilt erst am %(day)s als bekannt gegeben, auch wenn er früher ankam.")
                where = "on" if "on" in self.fields else "how"
                self.add_error(where, said % {"day": date_format(presumed, "DATE_FORMAT")})
        if not self.errors and (data["how"], data["on"]) == (self.delivery.arrival, self.delivery.arrived_on):
            self.add_error("how", _("Das steht schon so da."))
        return data


class CopyForm(forms.Form):
    """In which form somebody wants a letter besides."""

    form = forms.ChoiceField(
        label=_("In welcher Form?"), choices=LetterForm.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie eine Form aus.")},
    )  # fmt: skip
    party = forms.ChoiceField(
        label=_("Für wen?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie die Person aus.")},
    )

    def __init__(self, *args: Any, people: list[Party], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(party.pk): party for party in people}
        party: Any = self.fields["party"]
        party.choices = [(key, party.name) for key, party in self.people.items()]
        if len(people) == 1:
            # There is nobody to choose from.
            del self.fields["party"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "party" in self.fields:
            data["party"] = self.people.get(data.get("party", ""))
        else:
            [data["party"]] = self.people.values()
        return data


class AppealForm(ActForm[Case]):
    """A Rechtsbehelf that has come in."""

    notice = forms.ModelChoiceField(
        label=_("Gegen welchen Bescheid?"), queryset=Notice.objects.none(), empty_label=_("Bitte wählen"),
        error_messages={"required": _("Bitte wählen Sie den Bescheid.")},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Art"), choices=[("", _("Bitte wählen")), *AppealKind.choices],
        error_messages={"required": _("Bitte wählen Sie die Art des Rechtsbehelfs.")},
    )  # fmt: skip
    party = forms.ModelChoiceField(
        label=_("Von wem?"), queryset=Party.objects.none(), required=False, empty_label=_("von jemand anderem")
    )
    decider = PlainCharField(
        label=_("Wer entscheidet darüber?"), max_length=200,
        help_text=_("Das Gericht oder die Behörde. Beispiel: Verwaltungsgericht Braunschweig"),
        error_messages={"required": _("Bitte nennen Sie das Gericht oder die Behörde.")},
    )  # fmt: skip
    reference = PlainCharField(label=_("Aktenzeichen dort"), max_length=80, required=False)
    received_on = GermanDateField(
        label=_("Eingegangen am"), required=False,
        help_text=_("Bei der Stadt; was zum Gericht geht, dort. Wenn Sie diesen Tag nicht wissen, lassen Sie das Feld leer."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        notice: Any = self.fields["notice"]
        notice.queryset = decided_notices(self.subject)
        only = list(notice.queryset[:2])
        if len(only) == 1:
            self.initial.setdefault("notice", only[0])
        party: Any = self.fields["party"]
        party.queryset = self.subject.parties.filter(role__in=PRINCIPALS)
        needed_by_choice([party, self.fields["received_on"]])

    def clean_received_on(self) -> dt.date | None:
        """Not in the future."""
        day: dt.date | None = not_ahead(self.cleaned_data["received_on"])
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, notice = data.get("received_on"), data.get("notice")
        if day is None and data.get("kind") in TO_THE_AUTHORITY and "received_on" not in self.errors:
            self.add_error("received_on", _("Bitte geben Sie an, wann der Rechtsbehelf einging."))
        if day is not None and notice is not None and day < timezone.localdate(notice.created_at):
            self.add_error("received_on", _("An diesem Tag gab es den Bescheid noch nicht."))
        return data


class AppealEndForm(ActForm[Case]):
    """How a Rechtsbehelf ended."""

    appeal = forms.ModelChoiceField(
        label=_("Welcher Rechtsbehelf?"), queryset=Appeal.objects.none(), empty_label=_("Bitte wählen"),
        error_messages={"required": _("Bitte wählen Sie den Rechtsbehelf.")},
    )  # fmt: skip
    on = GermanDateField(
        label=_("Erledigt am"), error_messages={"required": _("Bitte geben Sie an, wann er erledigt war.")}
    )
    outcome = PlainCharField(
        label=_("Wie ging es aus?"), max_length=500, help_text=_("Beispiel: zurückgewiesen, abgeholfen, zurückgenommen"),
        error_messages={"required": _("Bitte schreiben Sie, wie es ausging.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        appeal: Any = self.fields["appeal"]
        appeal.queryset = Appeal.objects.open().filter(notice__case=self.subject)
        only = list(appeal.queryset[:2])
        if len(only) == 1:
            self.initial.setdefault("appeal", only[0])
        self.initial.setdefault("on", today())

    def clean_on(self) -> dt.date:
        """Not in the future."""
        day: dt.date = not_ahead(self.cleaned_data["on"])
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        appeal, day = data.get("appeal"), data.get("on")
        if appeal is not None and day is not None and appeal.received_on is not None and day < appeal.received_on:
            self.add_error("on", _("An diesem Tag war der Rechtsbehelf noch nicht eingegangen."))
        return data


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
