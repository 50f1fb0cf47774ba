"""What figures plug in: the way to them, and a count that checks the facts."""

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.appointments.figures import views
from apps.appointments.figures.facts import recount
from apps.core import sockets
from apps.core.sockets import Door


@sockets.staff_links.plug
def figures_link(request: HttpRequest) -> list[Door]:
    """The way to the figures for the CDO's office; whoever serves an office finds them beside the day."""
    user: Any = request.user
    return [Door(_("Termine in Zahlen"), reverse("admin:appointment_figures"))] if user.has_role(Role.CDO) else []


@sockets.staff_urls.plug
def _staff_urls() -> list[Any]:
    return [path("termine/zahlen/", views.report, name="appointment_figures")]


sockets.recounts.plug(recount)
