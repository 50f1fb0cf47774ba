"""Address, sessions, and the proof that it is still the owner who sits there."""

from typing import Any, cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import address as addresses
from apps.accounts import codes, factors, sessions
from apps.accounts.forms import TOO_MUCH_MAIL, AddressForm, CodeForm
from apps.accounts.kept import login_required
from apps.accounts.requests import SignedInRequest
from apps.core.requests import number_of

PROOF = "proof"
PROOF_TEMPLATE = "account/email/proof_code"


class RemovePasskeyView(RemoveWebAuthnView):
    """allauth's page, which does not ask whether the passkey may go (its page for apps does)."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove the passkey, unless it is the last factor of somebody who needs one."""
        if not get_mfa_adapter().can_delete_authenticator(self.get_object()):
            messages.warning(self.request, _("Das ist Ihr letzter zweiter Faktor. Richten Sie erst einen anderen ein."))
            return redirect("mfa_list_webauthn")
        return cast(HttpResponse, super().form_valid(form))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def address(request: SignedInRequest) -> HttpResponse:
    """A new address: a code goes there, and the old one holds until it is typed."""
    form = AddressForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            addresses.ask_for_proof(request, form.cleaned_data["email"])
            return redirect("accounts:address_code")
        except codes.TooMuchMail:
            form.add_error("email", TOO_MUCH_MAIL)
    return render(request, "accounts/address.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def address_code(request: SignedInRequest) -> HttpResponse:
    """The code from the mail to the new address changes it."""
    waiting = codes.pending(request, addresses.PURPOSE)
    if waiting is None:
        return redirect("account_email")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            waiting = codes.check(request, addresses.PURPOSE, form.cleaned_data["code"])
            addresses.change(request.user, waiting.address, by=request.user, request=request)
        except codes.WrongCode as wrong:
            form.add_error("code", wrong)
        except addresses.AddressTaken:
            messages.warning(request, _("Diese Adresse gehört schon zu einem anderen Konto."))
            return redirect("account_email")
        else:
            messages.success(request, _("Ihre neue E-Mail-Adresse gilt ab jetzt."))
            return redirect("accounts:overview")
    context = {"form": form, "address": waiting.address, "again": "account_email"}
    return render(request, "accounts/address_code.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def my_sessions(request: SignedInRequest) -> HttpResponse:
    """Where one is signed in, each with a button that ends it."""
    if request.method == "POST":
        if "all" in request.POST:
            sessions.end_all(request.user, by=request.user, keep=request)
            messages.success(request, _("Alle anderen Sitzungen sind beendet."))
        else:
            pk = number_of(request.POST.get("session", ""))
            if not sessions.end_one(request.user, pk, by=request.user, request=request):
                raise Http404
            messages.success(request, _("Die Sitzung ist beendet."))
        return redirect("accounts:sessions")
    found = sessions.open_sessions(request.user)
    return render(request, "accounts/sessions.html", {"sessions": found})


@login_required
@never_cache
@require_safe
def factor_missing(request: SignedInRequest) -> HttpResponse:
    """Staff without a second factor: who sends the link from which the set-up begins."""
    if not request.user.works_here or factors.has_main_factor(request.user):
        return redirect("accounts:after_login")
    return render(request, "accounts/factor_missing.html")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def prove(request: SignedInRequest) -> HttpResponse:
    """A mailed code as proof, for whoever has neither password nor passkey at hand."""
    query = urlencode({"next": _next(request)}) if _next(request) else ""
    here = f"{request.path}?{query}" if query else request.path
    waiting = codes.pending(request, PROOF)
    form: Any = None
    if request.method == "POST" and "send" in request.POST:
        try:
            codes.send(request, PROOF, request.user.email, PROOF_TEMPLATE)
            return redirect(here)
        except codes.TooMuchMail:
            messages.warning(request, TOO_MUCH_MAIL)
    elif waiting is not None:
        form = CodeForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                codes.check(request, PROOF, form.cleaned_data["code"])
                record_authentication(request, request.user, method="code", reauthenticated=True)
                return resume_request(request) or redirect("accounts:overview")
            except codes.WrongCode as wrong:
                form.add_error("code", wrong)
    context = {"form": form, "here": here}
    return render(request, "accounts/prove.html", context, status=422 if form is not None and form.errors else 200)


def _next(request: SignedInRequest) -> str:
    return (request.POST.get("next") or request.GET.get("next", ""))[:500]
