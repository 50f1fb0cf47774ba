"""What facilities plug in: doors on the home page and on the page of the service, the office's pages, retention."""

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.places import PlaceKind, register
from apps.catalogue.models import Service
from apps.core import sockets
from apps.core.retention import keep
from apps.core.sockets import Door, Panel
from apps.kita.facilities import staff_views
from apps.kita.facilities.models import Facility, FacilityImport
from apps.kita.facilities.states import CARRIER, CARRIER_STAFF, FACILITY, KITA_HEAD
from apps.kita.facilities.views import SERVICE

register(
    PlaceKind(FACILITY, gettext_lazy("Kita"), {KITA_HEAD: gettext_lazy("Leitung der Kita")}, outside=True),
    PlaceKind(CARRIER, gettext_lazy("Träger"), {CARRIER_STAFF: gettext_lazy("Verwaltung des Trägers")}, outside=True),
)


def _door() -> Door:
    return Door(
        _("Kitas und Tagespflege finden"), reverse("kita:list"), _("Alle Einrichtungen mit Karte, ohne Anmeldung")
    )


@sockets.home_doors.plug
def home_door(request: HttpRequest) -> list[Door]:
    """The way to all Kitas."""
    return [_door()]


@sockets.service_doors.plug
def service_door(request: HttpRequest, service: Service) -> list[Door]:
    """The same on the page of the service; registering is still done where the service says."""
    if service.slug != SERVICE:
        return []
    doors = [_door()]
    if service.online_url:
        doors.append(Door(_("Zur Anmeldung auf einer anderen Seite"), service.online_url, primary=False))
    return doors


@sockets.my_area_panels.plug
def _houses(request: HttpRequest) -> list[Panel]:
    """The Kitas that somebody keeps."""
    kept = list(Facility.objects.kept_by(request.user).for_list())
    return [Panel("kita/house/_panel.html", {"facilities": kept}, order=20)] if kept else []


@sockets.staff_urls.plug
def _staff_urls() -> list[Any]:
    return [
        path("kitas/", staff_views.office, name="kita_office"),
        path("kitas/einlesen/<int:pk>/", staff_views.import_file, name="kita_import"),
        path("kitas/kitas.csv", staff_views.as_file, name="kita_file"),
    ]


@sockets.staff_links.plug
def _staff_links(request: HttpRequest) -> list[Door]:
    return [Door(_("Kitas"), reverse("admin:kita_office"))] if staff_views.is_office(request.user) else []


keep("kita_imports", "CSV-Dateien mit Kitas", FacilityImport.objects.all(), "uploaded_at")
