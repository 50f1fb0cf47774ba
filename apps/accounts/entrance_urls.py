"""The pages of django-allauth that the portal has, by their names there, and ours in their place where we do better.

Listed one by one: what an update of the package adds is not open before somebody has looked at it.
"""

from allauth.account import views as allauth
from django.urls import path, re_path

from apps.accounts.views import entering, security

urlpatterns = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("signup/", entering.SignupView.as_view(), name="account_signup"),
    path("confirm-email/", entering.registration_code, name="account_email_verification_sent"),
    path("login/code/", allauth.request_login_code, name="account_request_login_code"),
    path("login/code/confirm/", allauth.confirm_login_code, name="account_confirm_login_code"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("email/", security.address, name="account_email"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
