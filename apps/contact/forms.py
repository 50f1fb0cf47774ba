"""The contact form of #WolfsburgDigital."""

import time
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Case
from apps.core import limits
from apps.core.fields import MailAddressField, PlainCharField, family_name_field, given_name_field
from apps.core.mail_addresses import mailbox

STAMP_SALT = "contact.stamp"
STAMP_MAX_AGE = 60 * 60 * 12
PER_SENDER_AND_HOUR = 5
PER_ADDRESS_AND_DAY = 3


class MessageForm(forms.Form):
    """Something to say."""

    body = PlainCharField(
        label=_("Ihre Nachricht"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("Ihre Nachricht fehlt. Schreiben Sie in ein oder zwei Sätzen, worum es geht."),
            "max_length": _("Bitte kürzen Sie den Text auf %(limit_value)d Zeichen. Es sind %(show_value)d."),
        },
    )


class ContactForm(forms.Form):
    """Vorname, Name, E-Mail-Adresse, Anliegen; no account, no riddle, no third party.

    Against machines: a field people do not see, a signed time stamp, and limits per sender and
    per receiving address.
    """

    given_name = given_name_field()
    family_name = family_name_field()
    email = MailAddressField(
        label=_("E-Mail-Adresse"),
        max_length=254,
        help_text=_("An diese Adresse schicken wir unsere Antwort."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Ihre E-Mail-Adresse fehlt. Beispiel: name@beispiel.de")},
    )
    concern = PlainCharField(
        label=_("Anliegen"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("Ihr Anliegen fehlt. Schreiben Sie in ein oder zwei Sätzen, worum es geht."),
            "max_length": _("Bitte kürzen Sie den Text auf %(limit_value)d Zeichen. Es sind %(show_value)d."),
        },
    )
    # Left empty by people: it is not shown and not read out. Browsers fill in what has a name they know.
    leerfeld = forms.CharField(required=False)
    stamp = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.submission_key = uuid.uuid4()
        self.initial.setdefault("stamp", new_stamp())
        self.fields["leerfeld"].widget.attrs |= {"autocomplete": "off", "tabindex": "-1"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        asked_again = self._check_stamp(str(data.get("stamp") or ""))
        if data.get("leerfeld") and not asked_again:
            # Some browser or password manager may have done it, and do it again: the second time it counts as a person.
            self._show_again(leerfeld="", stamp=new_stamp(self.submission_key, asked_again=True))
            raise forms.ValidationError(
                _(
                    "Ein verstecktes Feld war ausgefüllt. Wir haben es geleert. Bitte senden Sie das Formular noch einmal."
                )
            )
        # Who presses again gets the same receipt, and it counts once.
        if not self.errors and not Case.objects.filter(submission_key=self.submission_key).exists():
            self._check_limits(data["email"])
        return data

    def message(self) -> dict[str, str]:
        """What was written, once the form is valid: without what is there against machines."""
        return {name: text for name, text in self.cleaned_data.items() if name not in ("leerfeld", "stamp")}

    def _check_stamp(self, stamp: str) -> bool:
        """Whether the form was shown before and is sent again; raises ValidationError for what cannot be a person."""
        again = _("Das ging sehr schnell. Bitte prüfen Sie Ihre Angaben und senden Sie noch einmal.")
        try:
            key, since, asked_again = signing.loads(stamp, salt=STAMP_SALT, max_age=STAMP_MAX_AGE)
            self.submission_key = uuid.UUID(str(key))
        except (signing.BadSignature, ValueError, TypeError):
            self._show_again(stamp=new_stamp())
            raise forms.ValidationError(
                _("Das Formular war zu lange offen. Bitte senden Sie es noch einmal.")
            ) from None
        if time.time() - since < settings.CONTACT_MINIMUM_SECONDS:
            raise forms.ValidationError(again)
        return bool(asked_again)

    def _check_limits(self, email: str) -> None:
        sender = limits.client_networks(self.request)
        if not limits.within_networks("contact-sender", sender, limit=PER_SENDER_AND_HOUR, seconds=3600):
            said = _(
                "Von Ihrem Anschluss kamen gerade viele Nachrichten. Bitte versuchen Sie es in einer Stunde noch einmal oder rufen Sie an: %(phone)s."
            )
        elif not limits.within("contact-address", mailbox(email), limit=PER_ADDRESS_AND_DAY, seconds=86400):
            said = _(
                "Zu dieser E-Mail-Adresse liegen heute schon mehrere Nachrichten vor. Bitte rufen Sie an: %(phone)s."
            )
        else:
            return
        raise forms.ValidationError(said, params={"phone": settings.CITY["service_number"]})

    def _show_again(self, **values: str) -> None:
        """Put other values into fields that are not shown."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict where the form is bound, which the stubs do not know
        for name, value in values.items():
            data[name] = value
        self.data = data


class BarrierForm(ContactForm):
    """„Barriere melden": the same, with the page on which somebody got stuck."""

    page = PlainCharField(
        label=_("Auf welcher Seite?"),
        max_length=200,
        required=False,
        help_text=_("Die Adresse der Seite oder was darauf steht"),
    )
    field_order = ["page", "concern", "given_name", "family_name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["concern"].label = _("Was ist das Problem?")


def new_stamp(key: uuid.UUID | None = None, *, asked_again: bool = False) -> str:
    """A signed submission key with the time at which the form was shown, and whether it is shown again."""
    return signing.dumps([str(key or uuid.uuid4()), time.time(), asked_again], salt=STAMP_SALT)
