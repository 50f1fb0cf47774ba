"""Before something that would hurt in a stranger's hands: a proof that it is still the owner who sits there."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

SECONDS = 15 * 60
# Pages that change address, password or factor, hand out one's data, or close the account; by full name.
NEEDED = frozenset({
    "account_change_password", "account_set_password", "account_email", "accounts:address_code", "accounts:export",
    "accounts:delete", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_edit_webauthn",
    "mfa_remove_webauthn", "mfa_generate_recovery_codes", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
    "admin:accounts_user_act",
})  # fmt: skip
# What these pages are sent must not lie in the session while somebody proves who they are.
SECRET_FORMS = frozenset({"account_change_password", "account_set_password"})


def is_recent(request: HttpRequest) -> bool:
    """Whether the last proof (signing in, or one of these) is at most 15 minutes old."""
    user: Any = request.user
    if not user.is_authenticated:
        return False
    records = get_authentication_records(request, user)
    return any(0 <= time.time() - record.get("at", 0) < SECONDS for record in records)


def ask(request: HttpRequest, *, route: str) -> HttpResponse:
    """On to the page that asks for the proof; what a form held waits meanwhile, unless it is a password."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    where = methods[0]["url"]
    if request.method == "POST" and route not in SECRET_FORMS:
        suspended: HttpResponse = suspend_request(request, where)
        return suspended
    return redirect(f"{where}?{urlencode({'next': request.get_full_path()})}")
