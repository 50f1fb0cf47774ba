"""Ways in: registering with a mailed code, and the links that an administrator has sent."""

from functools import partial
from typing import Any

from allauth.account.forms import SetPasswordForm
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import SignupView as AllauthSignupView
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import address, codes, factors, registration
from apps.accounts.erasure import clear_account
from apps.accounts.forms import TOO_MUCH_MAIL, CodeForm
from apps.accounts.models import LinkKind, User
from apps.core.links import Link, mailed


class SignupView(AllauthSignupView):
    """Registering: what was typed waits in this browser for the mailed code."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Mail the code; on to the page that asks for it."""
        data = form.cleaned_data
        try:
            registration.begin(
                self.request, email=data["email"], password=data["password1"], given_name=data["given_name"],
                family_name=data["family_name"], redirect_to=self.get_next_url() or "",
            )  # fmt: skip
        except codes.TooMuchMail:
            form.add_error("email", TOO_MUCH_MAIL)
            again: HttpResponse = self.form_invalid(form)
            return again
        return redirect("account_email_verification_sent")


@never_cache
@require_http_methods(["GET", "POST"])
def registration_code(request: HttpRequest) -> HttpResponse:
    """The code from the mail makes the account and signs in."""
    waiting = codes.pending(request, registration.PURPOSE)
    if request.user.is_authenticated or waiting is None:
        return redirect("accounts:after_login" if request.user.is_authenticated else "account_signup")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            user, waiting = registration.complete(request, form.cleaned_data["code"])
        except codes.WrongCode as wrong:
            form.add_error("code", wrong)
        except registration.AlreadyThere:
            messages.info(request, _("Zu dieser Adresse gibt es schon ein Konto. Bitte melden Sie sich an."))
            return redirect("account_login")
        else:
            record_authentication(request, user, method="code", email=user.email)
            login = Login(user=user, email=user.email, redirect_url=waiting.payload["redirect_to"] or None, signup=True)
            signed_in: HttpResponse = perform_login(request, login)
            return signed_in
    context = {"form": form, "address": waiting.address, "again": "account_signup"}
    return render(request, "accounts/registration_code.html", context, status=422 if form.errors else 200)


# -- links that an administrator has sent -------------------------------------------------------------------


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
@mailed(partial(factors.link_for_token, kind=LinkKind.SETUP))
def setup(request: HttpRequest, link: Link) -> HttpResponse:
    """Set up access as staff: a first password where there is none that counts, then the second factor."""
    user: User = link.subject.user
    needs_password = not (user.proven and user.has_usable_password())
    form = SetPasswordForm(user, request.POST if request.method == "POST" else None) if needs_password else None
    if request.method == "POST" and (form is None or form.is_valid()):
        if request.user.is_authenticated and (request.user.pk != user.pk or needs_password):
            # Somebody else is signed in here, or the session ends with the password that it had.
            logout(request)
        request.session[factors.SESSION_KEY] = link.subject.pk
        if form is None:
            return redirect("mfa_index" if request.user.is_authenticated else "account_login")
        _set_first_password(request, user, form.cleaned_data["password1"])
        record_authentication(request, user, method="setup_link")
        signed_in: HttpResponse = perform_login(request, Login(user=user, email=user.email))
        return signed_in
    context = {"form": form, "person": user}
    return render(request, "accounts/setup.html", context, status=422 if form is not None and form.errors else 200)


def _set_first_password(request: HttpRequest, user: User, password: str) -> None:
    """Whoever has the link has the mailbox (or the console); what was set before that proof is dropped."""
    with transaction.atomic():
        if not user.proven:
            # The administrator who sent the link has written the names.
            clear_account(user, keep_names=True)
        user.set_password(password)
        user.save()
        registration.prove(user, request=request)


@never_cache
@require_http_methods(["GET", "POST"])
@mailed(partial(factors.link_for_token, kind=LinkKind.ADDRESS))
def new_address(request: HttpRequest, link: Link) -> HttpResponse:
    """The link that was mailed to a new address: only the button changes it, for mail scanners open links."""
    if request.method == "POST":
        try:
            address.use_link(link.subject, request=request)
            messages.success(request, _("Ihre neue E-Mail-Adresse gilt ab jetzt. Bitte melden Sie sich damit an."))
        except address.AddressTaken:
            messages.warning(request, _("Diese Adresse gehört schon zu einem anderen Konto."))
        return redirect("account_login")
    return render(request, "accounts/new_address.html", {"link": link.subject})
