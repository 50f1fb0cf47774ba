"""What citizens type in their cases."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import uploads
from apps.core.fields import PlainCharField, needed_by_choice
from apps.core.models import PrivateFile

# Said above the form, with everything typed still in it.
LIMITED = gettext_lazy(
    "Von Ihnen oder aus Ihrem Netz kamen in der letzten Stunde sehr viele Nachrichten. Ihr Text steht noch hier. Bitte "
    "senden Sie ihn später noch einmal, oder rufen Sie an: 115"
)


class AnswerForm(forms.Form):
    """What a citizen says in a case, asked or not: words, files, or both."""

    body = PlainCharField(
        label=gettext_lazy("Ihre Antwort"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    file = forms.FileField(
        label=gettext_lazy("Datei"),
        required=False,
        help_text=gettext_lazy("Foto genügt. Alle Ecken müssen zu sehen sein. PDF, JPG oder PNG, höchstens 10 MB."),
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
        error_messages={"empty": gettext_lazy("Diese Datei ist leer. Bitte wählen Sie die Datei noch einmal aus.")},
    )

    def __init__(self, *args: Any, refused: ValidationError | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused
        # One of the two is enough, and one is needed.
        needed_by_choice(self.fields.values())

    @classmethod
    def sent(cls, request: HttpRequest) -> "AnswerForm":
        """The form with what was sent."""
        return cls(request.POST, request.FILES, refused=uploads.refusal_of(request, "file"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.refused is not None:
            self.add_error("file", self.refused)
        elif not data.get("body") and not data.get("file") and not self.errors:
            self.add_error("body", _("Bitte schreiben Sie etwas oder fügen Sie eine Datei an."))
        return data

    def store_files(self) -> list[PrivateFile] | None:
        """Check what was sent along with a valid form and keep it; None where it is refused, which the form then says."""
        try:
            sent = self.cleaned_data["file"]
            return [uploads.store(uploads.check(sent))] if sent else []
        except ValidationError as error:
            self.add_error("file", error)
            return None


class JoinForm(forms.Form):
    """The code of a letter, and the case it is for."""

    reference = PlainCharField(
        label=gettext_lazy("Vorgangsnummer"), max_length=20,
        help_text=gettext_lazy("Sie steht oben im Brief. Beispiel: K7M-3QF-9XA"),
        widget=forms.TextInput(attrs={"data-width": "20", "autocapitalize": "characters"}),
        error_messages={"required": gettext_lazy("Die Vorgangsnummer fehlt.")},
    )  # fmt: skip
    code = PlainCharField(
        label=gettext_lazy("Zugangscode"), max_length=40,
        help_text=gettext_lazy("Zwölf Zeichen aus dem Brief. Beispiel: ABCD-EFGH-JKLM"),
        widget=forms.TextInput(attrs={"data-width": "20", "autocapitalize": "characters", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Der Zugangscode fehlt.")},
    )  # fmt: skip
