"""Pages of allauth's second factors that the portal has its own of; mounted before the package's."""

from django.urls import path

from apps.accounts.views import security

urlpatterns = [path("webauthn/keys/<int:pk>/remove/", security.RemovePasskeyView.as_view(), name="mfa_remove_webauthn")]
