"""All addresses: German paths, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from apps.core import views as core_views
from apps.portal.views import pages

handler400 = "apps.core.errors.bad_request"
handler403 = "apps.core.errors.forbidden"
handler404 = "apps.core.errors.not_found"
handler429 = "apps.core.errors.too_many"
handler500 = "apps.core.errors.server_error"

urlpatterns = [
    path("healthz/", core_views.healthz, name="healthz"),
    path("healthz/worker/", core_views.healthz_worker, name="healthz_worker"),
    path("healthz/reconciliation/", core_views.healthz_reconciliation, name="healthz_reconciliation"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("robots.txt", pages.robots, name="robots"),
    path(".well-known/security.txt", pages.security_txt, name="security_txt"),
    path("api/", include("apps.api.urls")),
    *i18n_patterns(
        path("", include("apps.portal.urls")),
        path("", include("apps.catalogue.urls")),
        path("", include("apps.contact.urls")),
        path("antraege/", include("apps.applications.urls")),
        path("termine/", include("apps.appointments.urls")),
        path("kitas/", include("apps.kita.urls")),
        path("bescheide/", include("apps.notices.urls")),
        path("pruefen/", include("apps.notices.check_urls")),
        path("konto/", include("apps.accounts.urls")),
        path("konto/", include("apps.accounts.entrance_urls")),
        path("konto/sicherheit/", include("apps.accounts.factor_urls")),
        path("konto/sicherheit/", include("allauth.mfa.urls")),
        path("verwaltung/", admin.site.urls),
        prefix_default_language=False,
    ),
]
