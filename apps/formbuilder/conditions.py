"""When a step or field appears: what a condition may say, and whether it can ever hold.

``{"field": …}`` with one of ``is``, ``in``, ``at_least``, ``at_most``, ``empty``; for a group ``count_at_least`` or
``count_at_most``; or ``all``, ``any``, ``not`` of conditions.
"""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from apps.core.business_calendar import today
from apps.formbuilder.reading import DefinitionError, only, string

if TYPE_CHECKING:
    from apps.formbuilder.types import Field

DAY = re.compile(r"today([+-][0-9]{1,5})?")


def day(text: str) -> dt.date:
    """``today``, ``today+60``, ``today-30`` or an ISO date; raises ValueError."""
    relative = DAY.fullmatch(text)
    if relative is None:
        return dt.date.fromisoformat(text)
    return today() + dt.timedelta(days=int(relative[1] or 0))


class Condition(ABC):
    """Something that holds for answers (key → stored value) or does not."""

    @abstractmethod
    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether it holds."""

    @abstractmethod
    def comparisons(self) -> Iterator["Comparison"]:
        """Everything in it that looks at a field."""

    def fields(self) -> Iterator[str]:
        """Keys of the fields it looks at."""
        return (comparison.field for comparison in self.comparisons())

    def demand_asked(self, seen: Mapping[str, "Field"], where: str) -> None:
        """Raises DefinitionError where it looks at what is not asked before."""
        for key in self.fields():
            if key not in seen:
                raise DefinitionError(f"{where}: the condition looks at {key}, which is not asked before")

    def demand_possible(self, asked: Mapping[str, "Field"], where: str) -> None:
        """Raises DefinitionError where it compares with what the field is never answered with."""
        for comparison in self.comparisons():
            comparison.demand_possible_for(asked[comparison.field], where)


@dataclass(frozen=True)
class Comparison(Condition):
    """A condition that looks at one field."""

    field: str

    def comparisons(self) -> Iterator["Comparison"]:
        yield self

    @abstractmethod
    def demand_possible_for(self, item: "Field", where: str) -> None:
        """Raises DefinitionError where the field is never answered so."""


@dataclass(frozen=True)
class Combination(Condition):
    """All of its parts hold, or any, or the only one does not."""

    kind: Literal["all", "any", "not"]
    parts: tuple[Condition, ...]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        held = (part.holds(answers) for part in self.parts)
        if self.kind == "not":
            return not any(held)
        return all(held) if self.kind == "all" else any(held)

    def comparisons(self) -> Iterator[Comparison]:
        for part in self.parts:
            yield from part.comparisons()


@dataclass(frozen=True)
class Equals(Comparison):
    """The answer is one of ``values``; of several answers, one of them is."""

    values: tuple[Any, ...]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        value = answers.get(self.field)
        if isinstance(value, list):
            return any(v in self.values for v in value)
        return value in self.values

    def demand_possible_for(self, item: "Field", where: str) -> None:
        for value in self.values:
            if not item.field_type.may_be_answered(item, value):
                raise DefinitionError(f"{where}: {self.field} is never answered with {value!r}")


@dataclass(frozen=True)
class Between(Comparison):
    """The answer is a number or a day from ``low`` to ``high``, either left out (None); no answer is neither."""

    low: Any = None
    high: Any = None

    def holds(self, answers: Mapping[str, Any]) -> bool:
        value = comparable(answers.get(self.field))
        try:
            above = self.low is None or comparable(self.low) <= value
            return value is not None and above and (self.high is None or value <= comparable(self.high))
        except TypeError:
            return False

    def demand_possible_for(self, item: "Field", where: str) -> None:
        for bound in (self.low, self.high):
            if bound is not None and not item.field_type.may_be_compared(bound):
                raise DefinitionError(f"{where}: {self.field} is never more or less than {bound!r}")


def comparable(value: Any) -> Any:
    """A stored answer, or a bound, as a number or a day; None for what is neither."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return Decimal(value)
    try:
        number = Decimal(value)
        return number if number.is_finite() else None
    except InvalidOperation:
        pass
    try:
        return day(value)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Empty(Comparison):
    """Nothing was answered, or (``empty`` is False) something was."""

    empty: bool

    def holds(self, answers: Mapping[str, Any]) -> bool:
        return (answers.get(self.field) in (None, "", [])) is self.empty

    def demand_possible_for(self, item: "Field", where: str) -> None:
        # What is required may still be empty: where it is not asked.
        if not item.field_type.asks:
            raise DefinitionError(f"{where}: {self.field} is never asked")


@dataclass(frozen=True)
class Count(Comparison):
    """A group has at least ``low`` and at most ``high`` entries."""

    low: int = 0
    high: int | None = None

    def holds(self, answers: Mapping[str, Any]) -> bool:
        entries = answers.get(self.field)
        count = len(entries) if isinstance(entries, list) else 0
        return self.low <= count and (self.high is None or count <= self.high)

    def demand_possible_for(self, item: "Field", where: str) -> None:
        too_few = self.high is not None and self.high < item.min_items
        if not item.is_group or self.low > item.max_items or too_few:
            raise DefinitionError(f"{where}: {self.field} is no group that has ever so many entries")


COMPARISONS = {"is", "in", "at_least", "at_most", "empty", "count_at_least", "count_at_most"}


def parse_condition(raw: Any, where: str) -> Condition | None:
    """Read the ``when`` of a step or field; raises DefinitionError."""
    if raw is None:
        return None
    where = f"{where}.when"
    if not isinstance(raw, dict) or not raw:
        raise DefinitionError(f"{where}: a condition is an object")
    if "field" in raw:
        return _comparison(raw, where)
    if len(raw) != 1 or next(iter(raw)) not in ("all", "any", "not"):
        raise DefinitionError(f"{where}: expected field, all, any or not")
    kind, inner = next(iter(raw.items()))
    items = [inner] if kind == "not" else inner
    if not isinstance(items, list):
        raise DefinitionError(f"{where}: {kind} is a list of conditions")
    parts = tuple(p for p in (parse_condition(i, where) for i in items) if p is not None)
    if not parts:
        raise DefinitionError(f"{where}: {kind} is empty")
    return Combination(kind, parts)


def _comparison(raw: dict[str, Any], where: str) -> Condition:
    only(raw, where, {"field", *COMPARISONS})
    key = string(raw, "field", where)
    said = frozenset(raw) - {"field"}
    if said == {"is"}:
        return Equals(key, (raw["is"],))
    if said == {"in"} and isinstance(raw["in"], list):
        return Equals(key, tuple(raw["in"]))
    if said == {"empty"} and isinstance(raw["empty"], bool):
        return Empty(key, raw["empty"])
    if said and said <= {"at_least", "at_most"} and all(comparable(raw[name]) is not None for name in said):
        return Between(key, raw.get("at_least"), raw.get("at_most"))
    if said and said <= {"count_at_least", "count_at_most"} and all(type(raw[name]) is int for name in said):
        return Count(key, raw.get("count_at_least", 0), raw.get("count_at_most"))
    raise DefinitionError(f"{where}: a field is compared with one of {', '.join(sorted(COMPARISONS))}")
