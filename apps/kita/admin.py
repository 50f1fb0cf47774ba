"""Where Django looks for its admin."""

from apps.kita.facilities import admin as facilities

__all__ = ["facilities"]
