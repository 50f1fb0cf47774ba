"""What contact plugs in: the door on the home page, retention, pages of staff."""

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _

from apps.cases.models import Case
from apps.contact import staff_views
from apps.contact.states import KIND
from apps.core import sockets
from apps.core.retention import delete_each, keep
from apps.core.sockets import Door


@sockets.home_doors.plug
def contact_door(request: HttpRequest) -> list[Door]:
    """The way to the team of the initiative."""
    hint = _("Fragen, Ideen und Kritik zur digitalen Stadt")
    return [Door(_("#WolfsburgDigital schreiben"), reverse("contact:write"), hint)]


keep("contact", "Abgeschlossene Anfragen", Case.objects.filter(kind=KIND), "closed_at", delete_each)


@sockets.staff_urls.plug
def _staff_urls() -> list[Any]:
    return [
        path("vorgaenge/<str:reference>/antworten/", staff_views.reply, name="contact_reply"),
        path("vorgaenge/<str:reference>/abschliessen/", staff_views.close, name="contact_close"),
    ]
