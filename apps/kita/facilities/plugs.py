"""What facilities plug in: the doors on the home page and on the page of the service."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.catalogue.models import Service
from apps.core import sockets
from apps.core.sockets import Door
from apps.kita.facilities.views import SERVICE


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
