"""What asks nothing itself: a text to read, and a group of fields that may be repeated."""

from typing import Any

from apps.formbuilder.types.base import Field, FieldType


class Info(FieldType):
    """A text to read."""

    key = "info"
    asks = always_sent = False

    def as_typed(self, value: Any) -> str | list[str] | None:
        return None

    def may_be_answered(self, item: Field, value: Any) -> bool:
        return False


class Group(Info):
    """Fields that belong together, once or several times; stored as a list of answers."""

    key = "group"
