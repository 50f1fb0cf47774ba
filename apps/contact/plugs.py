"""What contact plugs in: the door on the home page, retention, pages of staff."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _

from apps.cases.models import Case
from apps.contact import staff_views
from apps.contact.states import KIND
from apps.core import sockets
from apps.core.retention import days, delete_each
from apps.core.sockets import Door, RetentionRule


@sockets.home_doors.plug
def contact_door(request: HttpRequest) -> list[Door]:
    """The way to the team of the initiative."""
    return [
        Door(
            _("#WolfsburgDigital schreiben"),
            reverse("contact:write"),
            _("Fragen, Ideen und Kritik zur digitalen Stadt"),
        )
    ]


def _closed_cases(now: dt.datetime) -> QuerySet[Case]:
    return Case.objects.filter(kind=KIND, closed_at__lt=now - days("contact"))


sockets.retention_rules.plug(RetentionRule("contact", "Abgeschlossene Anfragen", _closed_cases, delete_each))


def _staff_urls() -> list[Any]:
    return [
        path("vorgaenge/<str:reference>/antworten/", staff_views.reply, name="contact_reply"),
        path("vorgaenge/<str:reference>/abschliessen/", staff_views.close, name="contact_close"),
    ]


sockets.staff_urls.plug(_staff_urls)
