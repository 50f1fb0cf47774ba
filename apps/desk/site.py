"""The staff area: Django's admin with a desk, a queue and a case page of our own."""

from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from apps.accounts.kept import sign_in_first
from apps.core.sockets import staff_urls

# What packages would show as rows to edit. Addresses, second factors and sessions are changed by verbs only.
WITHOUT_ADMIN = {"account.emailaddress", "account.emailconfirmation", "mfa.authenticator", "usersessions.usersession"}


class DeskSite(admin.AdminSite):
    """Who is not signed in gets the one sign-in page; who is no member of staff gets 404."""

    site_title = _("Verwaltung")
    site_header = _("Stadt Wolfsburg – Verwaltung")
    index_title = _("Schreibtisch")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in a model, unless only verbs may change its rows."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        super().register([m for m in models if m._meta.label_lower not in WITHOUT_ADMIN], admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard a view of the staff area."""

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return sign_in_first(request)
            if not self.has_permission(request):
                raise Http404
            if "%00" in request.META.get("QUERY_STRING", ""):
                # The stock lists would hand it to the database, which has no such character.
                raise Http404
            try:
                answer: HttpResponse = view(request, *args, **kwargs)
                return answer
            except PermissionDenied as denied:
                # Whoever may not see a thing is not told that it exists.
                raise Http404 from denied

        guarded = csrf_protect(inner)
        return update_wrapper(guarded if cacheable else never_cache(guarded), view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is no second way in: sign-in with its second factor is allauth's."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        return redirect("account_login")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Signing out asks on one page for everybody."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("accounts:overview")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Here and not above: the site is made while the apps' models are still being loaded.
        from apps.desk import party_views, proposal_views, views

        own = [
            path("", views.desk, name="index"),
            path("stammdaten/", self.masterdata, name="masterdata"),
            path("vorgaenge/", views.queue, name="queue"),
            path("vorgaenge/<str:reference>/", views.case, name="case"),
            path("vorgaenge/<str:reference>/tun/<slug:act>/", views.act, name="case_act"),
            path("vorgaenge/<str:reference>/beteiligte/<int:pk>/", party_views.party, name="party"),
            path("vorgaenge/<str:reference>/vorschlaege/<int:pk>/", proposal_views.proposal, name="proposal"),
            path("vorgaenge/<str:reference>/anlage/<int:pk>/", views.attachment, name="attachment"),
        ]
        for plugged in staff_urls:
            own.extend(plugged())
        for pattern in own:
            pattern.callback = self.admin_view(pattern.callback)
        # "View on site" would tell which objects exist; no model of ours offers it.
        stock = [p for p in super().get_urls() if getattr(p, "name", None) != "view_on_site"]
        return [*own, *stock]

    def masterdata(self, request: HttpRequest) -> HttpResponse:
        """Django's own index: services, fees, texts, people – what each may edit."""
        return super().index(request)
