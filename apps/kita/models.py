"""Where Django looks for models: those of the rooms, from top to bottom."""

from apps.kita.facilities import models as facilities
from apps.kita.rules import models as rules

__all__ = ["facilities", "rules"]
