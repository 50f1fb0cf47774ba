"""What a clerk types on the case page."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Department, LetterForm, User
from apps.cases.addressee import PRINCIPALS
from apps.cases.consents import wording
from apps.cases.models import Case, Party, PartyContact
from apps.cases.states import ConsentTo
from apps.cases.transitions import staffed_departments
from apps.core.business_calendar import add_working_days, today
from apps.core.fields import (
    CountryField,
    GermanDateField,
    MailAddressField,
    PhoneField,
    PlaceMixin,
    PlainCharField,
    PostcodeField,
    needed_by_choice,
)

ANSWER_WORKING_DAYS = 10
HEARING_WORKING_DAYS = 15
# For a letter to arrive and for somebody to answer; whoever needs less time says why nobody is heard.
SHORTEST_HEARING = dt.timedelta(days=7)
# A day further ahead is mistyped.
LONGEST_HEARING = dt.timedelta(days=92)


def _ahead(day: dt.date) -> dt.date:
    if day <= today() or day.year > today().year + 2:
        raise forms.ValidationError(_("Bitte geben Sie einen Tag nach heute an."))
    return day


class ActForm[Subject: Case | Party](forms.Form):
    """What an act asks; its subject may say what there is to choose from."""

    def __init__(self, *args: Any, subject: Subject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject


def asking(
    name: str, label: Any, *, missing: Any, help_text: Any = "", max_length: int = 500, rows: int = 0
) -> type[forms.Form]:
    """The form of an act that asks for nothing but some words: in one line, or in an area of so many ``rows``."""
    field = PlainCharField(
        label=label, help_text=help_text, max_length=max_length, error_messages={"required": missing},
        widget=forms.Textarea(attrs={"rows": rows}) if rows else None,
    )  # fmt: skip
    return type("AskingForm", (ActForm,), {name: field})


class QuestionForm(ActForm[Case]):
    """„Wir brauchen noch: …"""

    body = PlainCharField(
        label=_("Wir brauchen noch"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Das liest die Bürgerin oder der Bürger so. Ein Anliegen je Rückfrage."),
        error_messages={"required": _("Bitte schreiben Sie, was noch fehlt.")},
    )
    due_on = GermanDateField(
        label=_("Antwort bis"),
        error_messages={"required": _("Bitte geben Sie an, bis wann Sie die Antwort brauchen.")},
    )

    to = forms.ModelChoiceField(
        label=_("An wen?"), queryset=Party.objects.none(), required=False, empty_label=_("an alle Beteiligten")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = self.subject.parties.filter(role__in=PRINCIPALS, account__is_active=True)
        needed_by_choice([field])
        if len(field.queryset) < 2:
            # There is nobody to choose from.
            del self.fields["to"]
        self.initial.setdefault("due_on", add_working_days(today(), ANSWER_WORKING_DAYS))

    def clean_due_on(self) -> Any:
        """The day lies ahead."""
        return _ahead(self.cleaned_data["due_on"])


class RecuseForm(ActForm[Case]):
    """Whoever is not free in a case says so."""

    sure = forms.BooleanField(
        label=_(
            "Ich oder eine Person, die mir nahesteht, ist an diesem Vorgang beteiligt, oder ich bin aus einem anderen Grund befangen."
        ),
        help_text=_(
            "Der Vorgang wird Ihnen danach nicht mehr angezeigt. Ihre Kolleginnen und Kollegen sehen ihn weiter."
        ),
        error_messages={"required": _("Bitte bestätigen Sie, dass Sie befangen sind.")},
    )


class AssignForm(ActForm[Case]):
    """Hand the case to a colleague of the department."""

    to = forms.ModelChoiceField(
        label=_("Zuständig"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("niemand"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = (
            User.objects.filter(is_active=True, is_staff=True, memberships__place=self.subject.department.place_id)
            # § 20 VwVfG: never the person whose case it is.
            .exclude(pk__in=Party.objects.filter(case=self.subject, account__isnull=False).values("account"))
            .distinct()
            .order_by("family_name", "given_name")
        )
        self.initial.setdefault("to", self.subject.assignee_id)


class HandOverForm(ActForm[Case]):
    """Give the case to another department."""

    department = forms.ModelChoiceField(
        label=_("Dienststelle"),
        queryset=Department.objects.none(),
        empty_label=_("Bitte wählen"),
        error_messages={"required": _("Bitte wählen Sie eine Dienststelle.")},
    )
    reason = PlainCharField(
        label=_("Notiz für die Dienststelle"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["department"]
        field.queryset = staffed_departments().exclude(pk=self.subject.department_id)


class SignatureForm(ActForm[Party]):
    """That somebody has agreed to one letter for all on paper; the words stand there in German."""

    seen = forms.BooleanField(
        label=_("Die Unterschrift der Person liegt mir vor."),
        error_messages={"required": _("Bitte bestätigen Sie, dass Ihnen die Unterschrift vorliegt.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = wording("", language="de", to=ConsentTo.ONE_LETTER)
        self.fields["seen"].help_text = _("Sie steht unter diesen Worten: „%(words)s“") % {"words": words}


class PlaceForm(PlaceMixin, ActForm[Party]):
    """Where somebody lives and how they are reached."""

    street = PlainCharField(label=_("Straße"), max_length=120, required=False)
    house_number = PlainCharField(label=_("Hausnummer"), max_length=12, required=False,
                                  widget=forms.TextInput(attrs={"data-width": "5"}))  # fmt: skip
    postcode = PostcodeField(label=_("Postleitzahl"), required=False,
                             widget=forms.TextInput(attrs={"data-width": "10"}))  # fmt: skip
    city = PlainCharField(label=_("Ort"), max_length=120, required=False)
    country = CountryField(label=_("Land"))
    email = MailAddressField(label=_("E-Mail-Adresse"), max_length=254, required=False)
    phone = PhoneField(label=_("Telefon"), required=False)


PLACE = ("street", "house_number", "postcode", "city", "country", "email", "phone")


class ContactForm(PlaceForm):
    """Where a party lives, as it is known; the page shows the form only to who may see that."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = PartyContact.objects.filter(party=self.subject).first()
        if contact is not None:
            self.initial = {**{name: getattr(contact, name) for name in PLACE}, **self.initial}


class LetterFormForm(ActForm[Party]):
    """In which form somebody can perceive letters."""

    letter_form = forms.ChoiceField(
        label=_("Briefe zusätzlich in dieser Form"), required=False,
        choices=[("", _("nur gedruckt")), *LetterForm.choices],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = PartyContact.objects.filter(party=self.subject).first()
        self.initial.setdefault("letter_form", contact.letter_form if contact is not None else "")


class CheckForm(ActForm[Party]):
    """The address that was looked up, so that no other one counts as checked."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = PartyContact.objects.filter(party=self.subject).first()
        self.initial.setdefault("seen", "\n".join(contact.place_lines) if contact is not None else "")

    def clean_seen(self) -> str:
        """With the line ends that were sent out: browsers make them two characters."""
        return str(self.cleaned_data["seen"]).replace("\r\n", "\n")


class MandateForm(PlaceForm):
    """Who acts for a party, and whether letters go to them."""

    organisation = PlainCharField(label=_("Organisation"), max_length=200, required=False)
    given_name = PlainCharField(label=_("Vorname"), max_length=120, required=False)
    family_name = PlainCharField(label=_("Name"), max_length=120, required=False)
    receives = forms.BooleanField(
        label=_("Mit Empfangsvollmacht: Bescheide gehen an diese Person, und nur diese Zustellung zählt."),
        required=False, initial=True,
    )  # fmt: skip
    valid_until = GermanDateField(label=_("Gilt bis"), required=False)

    field_order = ("organisation", "given_name", "family_name")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("family_name") and not data.get("organisation"):
            self.add_error("family_name", _("Bitte nennen Sie die Person oder die Organisation."))
        if data.get("receives") and not (data.get("street") and data.get("city")):
            self.add_error("street", _("Wer Bescheide bekommt, braucht eine Anschrift."))
        if data.get("valid_until") and data["valid_until"] < today():
            self.add_error("valid_until", _("Dieser Tag ist schon vorbei."))
        return data


class DecidedForm(ActForm[Party]):
    """Before anything reaches a party while the address of another is secret, the office decides what (§ 51 BMG)."""

    decided = forms.BooleanField(
        label=_("Ich habe geprüft, dass nichts davon eine geschützte Anschrift verrät."),
        error_messages={
            "required": _(
                "Für eine andere beteiligte Person besteht eine Auskunftssperre. Bitte prüfen Sie das zuerst."
            )
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not PartyContact.objects.filter(party__case=self.subject.case_id, protected=True).exclude(
            pk=self.subject.pk
        ):
            del self.fields["decided"]


class InviteForm(DecidedForm):
    """Where the invitation goes: to an address the person has given themselves."""

    email = MailAddressField(
        label=_("E-Mail-Adresse"),
        max_length=254,
        help_text=_("Eine Adresse, die Ihnen die Person selbst genannt hat, nicht jemand anderes für sie."),
        error_messages={"required": _("Bitte geben Sie die E-Mail-Adresse an.")},
    )

    field_order = ("email", "decided")


class HearingForm(DecidedForm):
    """Until when somebody can say something."""

    due_on = GermanDateField(
        label=_("Äußerung bis"),
        error_messages={"required": _("Bitte geben Sie an, bis wann sich die Person äußern kann.")},
    )

    field_order = ("due_on", "decided")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The letter is on its way for some days of it.
        self.initial.setdefault("due_on", add_working_days(today(), HEARING_WORKING_DAYS))

    def clean_due_on(self) -> Any:
        """The day lies so far ahead that a letter arrives and can be answered."""
        day = _ahead(self.cleaned_data["due_on"])
        if day > today() + LONGEST_HEARING:
            raise forms.ValidationError(
                _("Das ist mehr als drei Monate entfernt. Bitte geben Sie einen früheren Tag an.")
            )
        if day < today() + SHORTEST_HEARING:
            raise forms.ValidationError(
                _(
                    "Der Brief braucht einige Tage. Bitte geben Sie einen Tag an, der mindestens eine Woche entfernt ist."
                )
            )
        return day


class RefuseForm(forms.Form):
    """Why somebody does not release what a colleague has proposed."""

    reason = PlainCharField(
        label=_("Warum nicht?"),
        max_length=500,
        error_messages={"required": _("Bitte schreiben Sie, warum Sie ablehnen.")},
    )
