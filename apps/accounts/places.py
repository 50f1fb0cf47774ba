"""Where people can hold a role: kinds of places, and what one can be there.

An app adds a kind by registering it from its ``plugs.py`` and giving its model ``HasPlace``; what somebody may see
because of a role there, it plugs into ``cases.access``. Accounts itself knows departments and the city as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.sockets import Register

# Where a role is held that belongs to no place in particular.
CITY = ""
DEPARTMENT = "department"


@dataclass(frozen=True)
class PlaceKind:
    """A kind of place. ``key`` is the attribute under which a ``Place`` knows what it is (``place.department``)."""

    key: str
    label: Any
    # What one can be there, and how it is called.
    roles: Mapping[str, Any]
    # Whether it belongs to others: its people never get into the staff area (see User.membership_list).
    outside: bool = False


_kinds: Register[PlaceKind] = Register()
# ``kind_of`` is None when the app that had it is gone.
register, kind_of = _kinds.add, _kinds.get


def all_kinds() -> list[PlaceKind]:
    """Every registered kind, in order of registration."""
    return list(_kinds.values())


def paths(prefix: str = "") -> list[str]:
    """What to join (``select_related``) so that places are read with what they are."""
    return [f"{prefix}{key}" for key in _kinds if key != CITY]


register(PlaceKind(CITY, _("Stadt Wolfsburg"), {"cdo": _("CDO (nur Kennzahlen)")}))
register(PlaceKind(DEPARTMENT, _("Dienststelle"), {"clerk": _("Sachbearbeitung"), "head": _("Leitung")}))
