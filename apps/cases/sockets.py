"""Sockets of the spine: what apps add to cases of every kind, and what they are told of parties."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from apps.cases.models import Case, Party
from apps.core.sockets import Panel, Socket

# What apps know of a case of any kind (notices), for the export of the data of one of its parties; with (case, user).
case_exports: Socket[Callable[[Case, Any], dict[str, Any]]] = Socket()
# With a party that does not want to fetch letters here any more, in the transaction that says so.
consent_ends: Socket[Callable[[Party], None]] = Socket()
# With a case in which somebody does not stand for a party any more, in the transaction that says so.
standing_ends: Socket[Callable[[Case], None]] = Socket()
# Panels that belong to cases of every kind (notices); taken with (request, case, staff: bool).
case_panels: Socket[Callable[[HttpRequest, Case, bool], list[Panel]]] = Socket()
