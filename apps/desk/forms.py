"""What a clerk types on the case page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Department, User
from apps.cases.models import Case, Party
from apps.cases.transitions import staffed_departments
from apps.core.business_calendar import add_working_days, today
from apps.core.fields import GermanDateField, PlainCharField

ANSWER_WORKING_DAYS = 10


class QuestionForm(forms.Form):
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("due_on", add_working_days(today(), ANSWER_WORKING_DAYS))

    def clean_due_on(self) -> Any:
        """The day lies ahead."""
        day = self.cleaned_data["due_on"]
        if day <= today() or day.year > today().year + 2:
            raise forms.ValidationError(_("Bitte geben Sie einen Tag nach heute an."))
        return day


class NoteForm(forms.Form):
    """A note for colleagues."""

    body = PlainCharField(
        label=_("Notiz"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Nur für Kolleginnen und Kollegen. Teil der Akte."),
        error_messages={"required": _("Die Notiz ist leer.")},
    )


class RecuseForm(forms.Form):
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


class AssignForm(forms.Form):
    """Hand the case to a colleague of the department."""

    to = forms.ModelChoiceField(
        label=_("Zuständig"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("niemand"),
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = (
            User.objects.filter(is_active=True, is_staff=True, roles__department=case.department_id)
            # § 20 VwVfG: never the person whose case it is.
            .exclude(pk__in=Party.objects.filter(case=case, account__isnull=False).values("account"))
            .distinct()
            .order_by("family_name", "given_name")
        )
        self.initial.setdefault("to", case.assignee_id)


class HandOverForm(forms.Form):
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

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["department"]
        field.queryset = staffed_departments().exclude(pk=case.department_id)
