"""Sockets: places into which any app plugs something, so that composing pages needs no import upwards.

An app plugs in from its ``plugs.py``, which its ``apps.py`` names (plugging.py).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest


class Socket[T]:
    """An ordered list of things that apps have plugged in."""

    def __init__(self) -> None:
        self._items: list[T] = []

    def plug(self, item: T) -> T:
        """Add ``item``; returns it, so that a function can be plugged in by decoration."""
        self._items.append(item)
        return item

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)


class Keyed(Protocol):
    """Something with a key."""

    @property
    def key(self) -> str: ...


class Register[T: Keyed](dict[str, T]):
    """What apps make known under its key from their ``ready()``, in the order in which they do."""

    def add(self, *items: T) -> None:
        """Make them known."""
        self.update((item.key, item) for item in items)


@dataclass(frozen=True)
class Tile:
    """A number on the desk that leads to the list it counts."""

    label: str
    count: int
    url: str
    hint: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Panel:
    """A piece of a page: a template and what it needs."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class Door:
    """A way to start something, offered on a service page or the home page."""

    label: str
    url: str
    hint: str = ""
    primary: bool = True


@dataclass(frozen=True)
class RetentionRule:
    """How long one kind of data is kept.

    ``expired`` takes the present moment and returns what is past its time; ``erase`` removes
    it and returns how many rows went.
    """

    key: str
    describe: str
    expired: Callable[[dt.datetime], QuerySet[Any]]
    erase: Callable[[QuerySet[Any]], int]


@dataclass(frozen=True)
class Sweep:
    """Rows whose bell may have been lost: ``overdue(cutoff)`` gives those to ring for again, at ``most`` so many."""

    task: str
    overdue: Callable[[dt.datetime], QuerySet[Any]]
    most: int = 500


@dataclass(frozen=True)
class Reconciliation:
    """Something that has to agree: ``differences`` gives the id or reference of each thing that does not, one by one."""

    key: str
    describe: Any
    differences: Callable[[], Iterable[Any]]


# Tiles of the desk, for the signed-in clerk.
desk_tiles: Socket[Callable[[HttpRequest], list[Tile]]] = Socket()
# Panels of the desk for the signed-in member of staff.
desk_panels: Socket[Callable[[HttpRequest], list[Panel]]] = Socket()
# Panels of "Mein Bereich" for the signed-in citizen.
my_area_panels: Socket[Callable[[HttpRequest], list[Panel]]] = Socket()
# Doors of a service page; takes the request and the service.
service_doors: Socket[Callable[[HttpRequest, Any], list[Door]]] = Socket()
# Doors of the home page.
home_doors: Socket[Callable[[HttpRequest], list[Door]]] = Socket()
retention_rules: Socket[RetentionRule] = Socket()
sweeps: Socket[Sweep] = Socket()
reconciliations: Socket[Reconciliation] = Socket()
# Export of a person's data: takes the user, returns a section name and its rows.
exports: Socket[Callable[[Any], tuple[str, list[dict[str, Any]]]]] = Socket()
# The files that belong to it: takes the user, gives a name in the archive and the bytes in pieces.
export_files: Socket[Callable[[Any], Iterable[tuple[str, Iterable[bytes]]]]] = Socket()
# Compares the facts of a month (its first day) with what they were made of; gives a sentence for each difference.
recounts: Socket[Callable[[dt.date], list[str]]] = Socket()
# Called when an account is closed: erases what nobody has to keep; takes the user.
closings: Socket[Callable[[Any], None]] = Socket()
# With a mail and what became of it (EmailStatus), in the transaction that says so.
mail_fates: Socket[Callable[[Any, str], None]] = Socket()
# Called when somebody has signed in: takes the request and the user.
signed_in: Socket[Callable[[HttpRequest, Any], None]] = Socket()
# URL patterns for the staff area; the desk mounts them behind its own sign-in.
staff_urls: Socket[Any] = Socket()
# Links in the navigation of the staff area, for the signed-in member of staff.
staff_links: Socket[Callable[[HttpRequest], list[Door]]] = Socket()
