"""Where Django looks for its admin."""

from apps.kita.facilities import admin as facilities
from apps.kita.rules import admin as rules

__all__ = ["facilities", "rules"]
