"""The one door for state: every change of a status in the portal goes through ``move``.

But for two: appointments are held and confirmed by functions in the database (``appointments/migrations/0006``), because
one round trip is all that the rush for a popular day leaves. They look at the same statuses, and their tests at the table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class Phase(models.TextChoices):
    """What queues and reports understand of a status, whatever the kind of case."""

    NEW = "new", _("Neu")
    WORKING = "working", _("In Bearbeitung")
    WAITING = "waiting", _("Wartet auf Antwort")
    DECIDED = "decided", _("Entschieden")
    CLOSED = "closed", _("Abgeschlossen")

    @classmethod
    def open_phases(cls) -> list[str]:
        """Phases in which the administration still owes something."""
        return [cls.NEW, cls.WORKING, cls.WAITING]


class Who(StrEnum):
    """Who makes a move."""

    # Whoever works on it for the city; which of them, say the acts (cases/acts.py) and the pages.
    STAFF = "staff"
    # Whose it is: with an account or by a link that was theirs.
    PARTY = "party"
    # The portal by itself, when time has passed or a worker is done.
    PORTAL = "portal"


class TransitionError(Exception):
    """A move that the table does not allow."""


class TransitionConflict(TransitionError):
    """Somebody else was faster: the row no longer has the status it was read with."""


@dataclass(frozen=True)
class Workflow:
    """A status field's values, the allowed moves between them and each status' phase.

    ``moves`` maps a status to those that may follow, and each of these to who may make the move (see ``by``); a status
    without an entry is final.
    """

    name: str
    states: type[models.TextChoices]
    moves: Mapping[str, Mapping[str, frozenset[Who]]]
    phases: Mapping[str, Phase] | None = None

    def allows(self, old: str, new: str, who: Who | None = None) -> bool:
        """Whether the table has the move from ``old`` to ``new``, by ``who`` if that is said."""
        makers = self.moves.get(old, {}).get(new, frozenset())
        return bool(makers) if who is None else who in makers


def by(who: Who | Iterable[Who], *states: str) -> dict[str, frozenset[Who]]:
    """A part of a row of the table: the statuses that may follow when ``who`` makes the move."""
    makers = frozenset([who] if isinstance(who, Who) else who)
    return dict.fromkeys(states, makers)


def move(
    instance: Any,
    workflow: Workflow,
    new: str,
    *,
    who: Who,
    by: Any = None,
    changes: Mapping[str, Any] | None = None,
    where: Mapping[str, Any] | None = None,
    **record: Any,
) -> None:
    """Change ``instance.status`` to ``new`` if the table allows it to ``who`` and nobody was faster.

    ``changes`` are further columns written by the same UPDATE, ``where`` what else must hold for the row (as
    for ``filter``). A model may have ``is_made_by(who, user)``: whether a person really is what they make the move as; and
    ``record_move(old, new, by=…, **record)``, which writes it down in the transaction, where the row itself is not record
    enough. Raises TransitionError for a move the table does not have and TransitionConflict when the row has changed since it
    was read.
    """
    old = instance.status
    if not workflow.allows(old, new):
        raise TransitionError(f"{workflow.name}: {old} → {new} is not allowed")
    is_made_by = getattr(instance, "is_made_by", None)
    if not workflow.allows(old, new, who) or (is_made_by is not None and not is_made_by(who, by)):
        raise TransitionError(f"{workflow.name}: {old} → {new} is not for them")
    values: dict[str, Any] = {"status": new, **(changes or {})}
    if workflow.phases is not None:
        values["phase"] = workflow.phases[new].value
    with transaction.atomic():
        rows = type(instance)._base_manager.filter(pk=instance.pk, status=old, **(where or {})).update(**values)
        if rows != 1:
            raise TransitionConflict(f"{workflow.name}: {instance.pk} is no longer {old}")
        for name, value in values.items():
            setattr(instance, name, value)
        if (record_move := getattr(instance, "record_move", None)) is not None:
            record_move(old, new, by=by, **record)
