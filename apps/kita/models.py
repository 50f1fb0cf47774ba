"""Where Django looks for models: those of the rooms, from top to bottom."""

from apps.kita.facilities import models as facilities

__all__ = ["facilities"]
