"""Forms around an account."""

import datetime as dt
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.account.fields import EmailField as AllauthEmailField
from allauth.core import context as allauth_context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.utils.translation import gettext as allauth_gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts import codes, devices
from apps.accounts.models import LetterForm, Profile, User
from apps.core import limits, security_log
from apps.core.business_calendar import today
from apps.core.fields import (
    CountryField,
    GermanDateField,
    MailAddressField,
    PhoneField,
    PlaceMixin,
    PlainCharField,
    PostcodeField,
    family_name_field,
    given_name_field,
)
from apps.core.mail_addresses import comparable
from apps.core.typing import ModelForm

TOO_MUCH_MAIL = _(
    "An diese Adresse haben wir heute schon so viele E-Mails geschickt, wie wir an einem Tag schicken. "
    "Sehen Sie bitte auch im Spam-Ordner nach, versuchen Sie es morgen wieder oder rufen Sie uns an: 115"
)


class AccountAddressField(MailAddressField, AllauthEmailField):
    """allauth's field for an address, which takes it as ours does."""


class SignupForm(account_forms.SignupForm):
    """Registration: e-mail, name, password. Whether the address has an account is not asked here."""

    email = AccountAddressField()
    given_name = given_name_field(help_text=_("Wenn Sie nur einen Namen haben, lassen Sie dieses Feld frei."))
    family_name = family_name_field()
    field_order = ["given_name", "family_name", "email", "password1", "password2"]

    def validate_unique_email(self, value: str) -> str:
        """The mail tells, the page does not."""
        return str(value)

    def clean(self) -> dict[str, Any]:
        """The password must not be made of one's own name or address; judged once, with both."""
        # Past allauth's own, which would judge the password a first time without the name.
        data: dict[str, Any] = super(account_forms.SignupForm, self).clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first:
            names = {key: data.get(key, "") for key in ("email", "given_name", "family_name")}
            try:
                password_validation.validate_password(first, user=User(**names))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        if first and second and first != second:
            self.add_error("password2", allauth_gettext("You must type the same password each time."))
        return data


class LoginForm(account_forms.LoginForm):
    """Address and password; the address in the spelling in which it was proved."""

    def clean_login(self) -> str:
        """The address."""
        return comparable(self.cleaned_data["login"])


class RequestLoginCodeForm(account_forms.RequestLoginCodeForm):
    """A code to sign in with, for accounts whose owner has proved the address."""

    email = AccountAddressField()

    def clean_email(self) -> str:
        email = str(super().clean_email())
        self._user = User.objects.proven(email).filter(is_active=True).first()
        _count_mail(email)
        return email


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """A link for a new password, for accounts whose owner has proved the address."""

    email = AccountAddressField(required=True)

    def clean_email(self) -> str:
        email = str(super().clean_email())
        self.users = list(User.objects.proven(email).filter(is_active=True))
        _count_mail(email)
        return email


def _count_mail(address: str) -> None:
    request = allauth_context.request
    if not limits.may_mail(request, address, known_device=devices.known_for(request, address)):
        raise forms.ValidationError(TOO_MUCH_MAIL, code="too_much_mail")


class ConfirmLoginCodeForm(account_forms.ConfirmLoginCodeForm):
    """The code that was mailed; tries are counted so that answers at the same moment count as well."""

    def clean_code(self) -> str:
        if self.expected_code:
            key = f"{allauth_context.request.session.session_key}:{self.expected_code}"
            if not limits.within("code", key, limit=codes.TRIES, seconds=codes.SECONDS):
                raise forms.ValidationError(get_adapter().error_messages["too_many_login_attempts"])
        return str(super().clean_code())


class FactorReauthenticateForm(AllauthReauthenticateForm):
    """The code of the authenticator app; recovery codes are for signing in only, and are not used up here."""

    def clean_code(self) -> str:
        clear_limit = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        if app is not None and app.wrap().validate_code(code):
            clear_limit()
            app.user = self.user
            self.authenticator = app
            return code
        if app is not None:
            self._emit_authentication_failed(app)
        raise forms.ValidationError(
            _(
                "Dieser Code passt nicht. Bitte nehmen Sie den Code, den Ihre App gerade zeigt; Wiederherstellungscodes "
                "gelten nur beim Anmelden."
            )
        )


class CredentialField(forms.JSONField):
    """What a passkey answers, as JSON; a number of thousands of digits or a depth of thousands is none."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """The answer; raises ValidationError for what is none."""
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class _Passkey(forms.Form):
    """What the answers of passkeys have in common: whatever is none, in any shape, is told and noted."""

    user: Any
    credential = CredentialField()

    def clean_credential(self) -> Any:
        """The passkey, if the answer is one of it."""
        with _understood(self.user):
            return super().clean_credential()  # type: ignore[misc]  # a method of the form that this is mixed into


class PasskeyForm(_Passkey, webauthn.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class PasskeyLoginForm(_Passkey, webauthn.LoginWebAuthnForm):
    """A passkey in place of a password."""


class PasskeyReauthenticateForm(_Passkey, webauthn.ReauthenticateWebAuthnForm):
    """A passkey, asked for again."""


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    """A new passkey."""

    credential = CredentialField()

    passwordless = forms.BooleanField(
        label=_("Auch ohne Passwort anmelden"),
        required=False,
        help_text=_("Dann genügt dieser Passkey allein. Ihr Gerät fragt dabei nach Fingerabdruck, Gesicht oder PIN."),
    )

    def clean(self) -> dict[str, Any]:
        """The new passkey, if what came is one."""
        with _understood(self.user):
            return dict(super().clean())


# What fido2 and cryptography make of answers that no browser would send.
MALFORMED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, NotImplementedError,
    struct.error, InvalidSignature, UnsupportedAlgorithm,
)  # fmt: skip


@contextmanager
def _understood(user: Any) -> Iterator[None]:
    """Turns everything that the library makes of a malformed answer into the one error, and notes it."""
    try:
        yield
    except (forms.ValidationError, *MALFORMED) as error:
        if isinstance(error, forms.ValidationError) and error.code != "incorrect_code":
            raise
        security_log.note("factor_failed", person=user, kind=Authenticator.Type.WEBAUTHN.value)
        raise get_mfa_adapter().validation_error("incorrect_code") from error


class CodeForm(forms.Form):
    """A mailed code."""

    code = PlainCharField(
        label=_("Code aus der E-Mail"),
        max_length=40,
        error_messages={"required": _("Bitte geben Sie den Code aus der E-Mail ein.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "data-width": "10", "autocapitalize": "characters"}
        ),
    )


class AddressForm(forms.Form):
    """A new address for an account."""

    email = MailAddressField(
        label=_("Neue E-Mail-Adresse"),
        max_length=254,
        error_messages={"required": _("Bitte geben Sie die neue E-Mail-Adresse ein.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        """Another one than today's, in lower case."""
        email = str(get_adapter().clean_email(self.cleaned_data["email"])).lower()
        if email == self.user.email.lower():
            raise forms.ValidationError(_("Das ist die Adresse, die schon gilt."))
        return email


class NameForm(ModelForm):
    """The person's name and language."""

    given_name = given_name_field()
    family_name = family_name_field()
    language = forms.ChoiceField(label=_("Sprache"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ["given_name", "family_name", "language"]


class ProfileForm(PlaceMixin, ModelForm):
    """What forms are prefilled with."""

    birth_date = GermanDateField(
        label=_("Geburtsdatum"),
        required=False,
        help_text=_("Beispiel: 24.12.1980"),
        first=lambda: dt.date(1900, 1, 1),
        last=today,
        error_messages={"range": _("Dieses Datum kann kein Geburtsdatum sein. Beispiel: 24.12.1980")},
        widget=forms.DateInput(attrs={"autocomplete": "bday", "inputmode": "numeric", "data-width": "10"}),
    )

    country = CountryField(label=_("Land"), widget=forms.Select(attrs={"autocomplete": "country"}))
    postcode = PostcodeField(
        label=_("Postleitzahl"), required=False,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "data-width": "10"}),
    )  # fmt: skip

    class Meta:
        model = Profile
        fields = ["country", "street", "house_number", "postcode", "city", "birth_date", "phone", "letter_form"]
        field_classes = {
            "street": PlainCharField, "house_number": PlainCharField, "city": PlainCharField, "phone": PhoneField,
        }  # fmt: skip
        widgets = {
            "street": forms.TextInput(attrs={"autocomplete": "address-line1"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel"}),
        }
        help_texts = {
            "letter_form": _(
                "Wenn Sie Gedrucktes schlecht oder nicht lesen können. Sie bekommen den Brief wie sonst und dazu diese "
                "Fassung, kostenlos (§ 8 NBGG). Sie müssen das nicht begründen."
            )
        }

    def clean(self) -> dict[str, Any]:
        """Who wants to be called has to say where."""
        data = super().clean() or {}
        if data.get("letter_form") == LetterForm.READ_ALOUD and not data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Zum Vorlesen rufen wir Sie an: Bitte geben Sie eine Telefonnummer an."))
        return data
