"""Forms around an application that are not its definition."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.applications.charges import usual_due_date
from apps.applications.dog_assessment import DogFinding, Findings, declared
from apps.applications.states import Status, Together
from apps.cases.consents import IN_THE_PORTAL, KNOWN_WHEN, QUESTION
from apps.cases.states import Channel, Way
from apps.catalogue.models import Service
from apps.core.bilingual import localised
from apps.core.business_calendar import today
from apps.core.fields import (
    GermanDateField,
    GermanDecimalField,
    GermanIntegerField,
    MailAddressField,
    PlainCharField,
    needed_by_choice,
)


class SubmitForm(forms.Form):
    """The last question before filing: how the notice may reach the person."""

    delivery = forms.ChoiceField(
        label=QUESTION,
        choices=[
            (Way.PORTAL, IN_THE_PORTAL),
            (Way.POST, _("Mit der Post an Ihre Anschrift")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie, wie Sie den Bescheid bekommen möchten.")},
    )

    def __init__(self, *args: Any, regime: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delivery"].help_text = KNOWN_WHEN.get(regime, "")


class CaptureSubmitForm(forms.Form):
    """For a captured case: an e-mail address if the person has one."""

    email = MailAddressField(
        label=_("E-Mail-Adresse der antragstellenden Person"),
        max_length=254,
        required=False,
        help_text=_("Nur wenn vorhanden. Der Bescheid geht mit der Post."),
    )


class CaptureForm(forms.Form):
    """What a clerk captures, and how it came in."""

    service = forms.ModelChoiceField(
        label=_("Leistung"),
        queryset=Service.objects.none(),
        to_field_name="slug",
        empty_label=_("Bitte wählen"),
        error_messages={"required": _("Bitte wählen Sie eine Leistung.")},
    )
    channel = forms.ChoiceField(
        label=_("Wie kam der Antrag?"),
        choices=[c for c in Channel.choices if c[0] != Channel.ONLINE],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie, wie der Antrag kam.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["service"]
        field.queryset = Service.objects.published().filter(online="form", department__in=user.department_ids)


MISSING_IN_CHARGE = {
    "due_on": _("Bitte geben Sie an, bis wann zu zahlen ist."),
    "kassenzeichen": _("Bitte geben Sie das Kassenzeichen ein."),
    "account": _("Das Konto der Stadt ist nicht eingerichtet (CITY_IBAN). Ohne Konto kann nichts verlangt werden."),
}


class DecisionForm(forms.Form):
    """The clerk's decision; what is asked depends on what the service ends in."""

    outcome = forms.ChoiceField(
        label=_("Entscheidung"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte wählen Sie eine Entscheidung.")},
    )
    valid_from = GermanDateField(label=_("Gültig ab"), required=False)
    valid_until = GermanDateField(label=_("Gültig bis"), required=False)
    fee = GermanDecimalField(
        label=_("Gebühr in Euro"),
        required=False,
        min_value=0,
        max_value=99999,
        max_digits=8,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "data-width": "10"}),
        help_text=_("Nach Gebührenordnung. 0 steht für gebührenfrei."),
        error_messages={
            "invalid": _("Bitte geben Sie einen Betrag ein. Beispiel: 30,70"),
            "min_value": _("Eine Gebühr ist nicht negativ. 0 steht für gebührenfrei."),
        },
    )
    due_on = GermanDateField(
        label=_("Zu zahlen bis"),
        required=False,
        help_text=_("Nur wenn etwas zu zahlen ist. Vorschlag: fünf Wochen ab heute."),
    )
    kassenzeichen = PlainCharField(
        label=_("Kassenzeichen"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"data-width": "20"}),
        help_text=_("Nur wenn etwas zu zahlen ist. Aus dem Kassenverfahren."),
    )
    conditions = PlainCharField(
        label=_("Nebenbestimmungen"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Eine Zeile für jede Nebenbestimmung (§ 36 VwVfG)."),
    )
    reasons = PlainCharField(
        label=_("Begründung"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Steht so im Bescheid. Nötig bei einer Ablehnung, bei Nebenbestimmungen und Gebühren (§ 39 VwVfG, § 121 AO)."
        ),
    )

    together = forms.ChoiceField(
        label=_("Mehrere Personen"),
        required=False,
        choices=[("", _("Jede Person bekommt einen eigenen Brief"))]
        + [(why.value, _("Ein gemeinsamer Brief: %(why)s") % {"why": why.label}) for why in Together],
        widget=forms.RadioSelect,
        help_text=_("Nicht gemeinsam, wenn jemand einen eigenen Brief verlangt oder die Personen ernstlich streiten."),
    )

    LABELS = {
        Status.GRANTED: _("Erteilen"),
        Status.REJECTED: _("Ablehnen"),
        Status.ASSESSED: _("Abgabe festsetzen"),
        Status.CERTIFIED: _("Bescheinigung ausstellen"),
        Status.FORWARDED: _("An die zuständige Behörde weitergeben"),
    }

    def __init__(
        self, *args: Any, outcomes: tuple[str, ...], fee_by_clerk: bool, letters: Mapping[str, Any],
        several: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        # What a letter has to name and nobody but the clerk knows: by outcome, as the form's definition says.
        self.asked = {outcome: letters.get(outcome, {}).get("asked", []) for outcome in outcomes}
        questions = [question for asked in self.asked.values() for question in asked]
        for question in questions:
            label = localised(question["label"])
            self.fields[question["key"]] = PlainCharField(label=label, max_length=200, required=False)
        self.order_fields(["outcome", *(question["key"] for question in questions)])
        choices: Any = self.fields["outcome"]
        choices.choices = [(o, self.LABELS[Status(o)]) for o in outcomes]
        self.permit = Status.GRANTED in outcomes
        self.fee_by_clerk = fee_by_clerk
        if not self.permit:
            for name in ("valid_from", "valid_until", "conditions"):
                del self.fields[name]
        if not fee_by_clerk:
            del self.fields["fee"]
        if not several:
            del self.fields["together"]
        if not fee_by_clerk and Status.ASSESSED not in outcomes:
            del self.fields["due_on"], self.fields["kassenzeichen"]
        elif settings.KASSENZEICHEN:
            # A rule makes it: nobody has to type it.
            del self.fields["kassenzeichen"]
        self.initial.setdefault("due_on", usual_due_date())
        needed_by_choice(self.fields.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        outcome = data.get("outcome")
        for question in self.asked.get(outcome or "", []):
            self._demand(question["key"], localised(question["missing"]))
        if self.fee_by_clerk and outcome in (Status.GRANTED, Status.REJECTED):
            # A rejection may cost something as well: nobody decides "keine Kosten" by leaving a field empty.
            self._demand("fee", _("Bitte geben Sie die Gebühr ein. 0 steht für gebührenfrei."))
        if outcome == Status.REJECTED:
            self._demand("reasons", _("Eine Ablehnung braucht eine Begründung."))
        elif data.get("conditions") or (data.get("fee") or 0) > 0:
            # § 39 VwVfG: what burdens somebody is explained, even where the rest is as they asked.
            self._demand("reasons", _("Nebenbestimmungen und Gebühren brauchen eine Begründung."))
        due_on = data.get("due_on")
        if isinstance(due_on, dt.date) and due_on <= today():
            self.add_error("due_on", _("Bitte geben Sie einen Tag ein, der noch kommt."))
        if outcome == Status.GRANTED:
            self._demand_period(data.get("valid_from"), data.get("valid_until"))
        return data

    def _demand(self, name: str, sentence: Any) -> None:
        if self.cleaned_data.get(name) in (None, "") and name not in self.errors:
            self.add_error(name, sentence)

    def _demand_period(self, start: Any, end: Any) -> None:
        for name in ("valid_from", "valid_until"):
            self._demand(name, _("Bitte geben Sie an, von wann bis wann der Bescheid gilt."))
        if isinstance(start, dt.date) and isinstance(end, dt.date) and end < start:
            self.add_error("valid_until", _("Das Ende liegt vor dem Anfang."))
        elif isinstance(end, dt.date) and end < today():
            self.add_error("valid_until", _("Dieser Tag ist schon vorbei."))

    def ask_for(self, part: str) -> None:
        """Say what of the charge is missing (``IncompleteCharge.part``)."""
        self.add_error(part if part in self.fields else None, MISSING_IN_CHARGE[part])

    def named(self) -> dict[str, str]:
        """What was asked for the letter of the chosen outcome, by key."""
        return {q["key"]: self.cleaned_data[q["key"]] for q in self.asked[self.cleaned_data["outcome"]]}


RELIEFS = [("", _("keine")), ("exempt", _("Befreiung")), ("reduced", _("Ermäßigung"))]


class DogFindingForm(forms.Form):
    """What a clerk finds of one dog of a declaration; what differs from it is explained in the notice."""

    since = GermanDateField(
        label=_("Beginn der Haltung"), first=lambda: dt.date(1990, 1, 1), last=today,
        error_messages={"required": _("Der Beginn der Haltung fehlt.")},
    )  # fmt: skip
    relief = forms.ChoiceField(
        label=_("Befreiung oder Ermäßigung"), choices=RELIEFS, required=False, widget=forms.RadioSelect
    )
    reason = PlainCharField(
        label=_("Begründung zu diesem Hund"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Steht so im Bescheid. Nötig, wenn etwas beantragt ist oder von der Anmeldung abweicht."),
    )

    def __init__(self, *args: Any, entry: Mapping[str, Any], **kwargs: Any) -> None:
        self.entry = entry
        self.declared = dt.date.fromisoformat(entry["since"])
        kwargs["initial"] = {"since": self.declared, "relief": ""}
        super().__init__(*args, **kwargs)
        self.claim = dict(RELIEFS).get(entry.get("claim", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since = data.get("since")
        if since and since < dt.date.fromisoformat(self.entry["birth_date"]):
            self.add_error("since", _("Dieser Tag liegt vor der Geburt des Hundes."))
        elif since and self.entry.get("until") and since > dt.date.fromisoformat(self.entry["until"]):
            self.add_error("since", _("Dieser Tag liegt nach dem Ende der Haltung."))
        differs = since is not None and since != self.declared
        if (self.claim or data.get("relief") or differs) and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Bitte begründen Sie, was Sie zu diesem Hund entscheiden."))
        return data


class HouseholdFindingForm(forms.Form):
    """What a clerk finds of the household, and an amount in place of the computed one."""

    already_held = GermanIntegerField(
        label=_("Bereits gehaltene Hunde"), min_value=0, max_value=50,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "5"}),
        error_messages={"required": _("Bitte geben Sie an, wie viele Hunde schon gehalten werden.")},
    )  # fmt: skip
    amount = GermanDecimalField(
        label=_("Abweichender Betrag in Euro"), required=False, min_value=0, max_value=99999, max_digits=8, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "data-width": "10"}),
        help_text=_("Nur wenn der berechnete Betrag nicht gelten soll."),
        error_messages={
            "invalid": _("Bitte geben Sie einen Betrag ein. Beispiel: 30,70"),
            "min_value": _("Eine Steuer ist nicht negativ."),
        },
    )  # fmt: skip
    reason = PlainCharField(
        label=_("Begründung der Abweichung"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Steht so im Bescheid. Nötig, wenn Zahl oder Betrag abweichen."),
    )

    def __init__(self, *args: Any, declared: int, **kwargs: Any) -> None:
        self.declared = declared
        kwargs["initial"] = {"already_held": declared}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        differs = data.get("already_held", self.declared) != self.declared or data.get("amount") is not None
        if differs and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Bitte begründen Sie, was von der Anmeldung oder der Berechnung abweicht."))
        return data


class FindingForms:
    """A form for the household and one for each of its dogs."""

    def __init__(self, data: Any, answers: Mapping[str, Any]) -> None:
        held = declared(answers).already_held
        self.household = HouseholdFindingForm(data, declared=held, prefix="household")
        entries = answers.get("dogs") or []
        self.dogs = [DogFindingForm(data, entry=entry, prefix=f"dog-{n}") for n, entry in enumerate(entries)]

    @property
    def all_forms(self) -> list[forms.Form]:
        """In the order of the page."""
        return [*self.dogs, self.household]

    def is_valid(self) -> bool:
        """Whether all hold; asks each, so that each has its errors."""
        return not [form for form in self.all_forms if not form.is_valid()]

    def excuse_reasons(self) -> bool:
        """Let reasons be missing as long as only the sum is asked for; whether the rest holds."""
        for form in self.all_forms:
            if form.errors.pop("reason", None) is not None:
                form.cleaned_data["reason"] = ""
        return not any(form.errors for form in self.all_forms)

    def findings(self) -> Findings:
        """What was found, once the forms are valid."""
        household = self.household.cleaned_data
        dogs = (form.cleaned_data for form in self.dogs)
        return Findings(
            household["already_held"],
            tuple(DogFinding(dog["since"], dog["relief"], dog["reason"]) for dog in dogs),
            household["amount"],
            household["reason"],
        )
