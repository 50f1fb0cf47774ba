"""The one door for state: every change of a status in the portal goes through ``move``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

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


class TransitionError(Exception):
    """A move that the table does not allow."""


class TransitionConflict(TransitionError):
    """Somebody else was faster: the row no longer has the status it was read with."""


@dataclass(frozen=True)
class Workflow:
    """A status field's values, the allowed moves between them and each status' phase.

    ``moves`` maps a status to the statuses that may follow; a status without an entry is final.
    """

    name: str
    states: type[models.TextChoices]
    moves: Mapping[str, frozenset[str] | set[str]]
    phases: Mapping[str, Phase] | None = None

    def allows(self, old: str, new: str) -> bool:
        """Whether the table has the move from ``old`` to ``new``."""
        return new in self.moves.get(old, frozenset())


class Stateful(Protocol):
    """A model whose status is changed by ``move``."""

    pk: Any
    status: str

    def record_move(self, old: str, new: str, *, by: Any, **record: Any) -> None:
        """Write down that the status changed; called inside the transaction of the change."""


def move(
    instance: Any,
    workflow: Workflow,
    new: str,
    *,
    by: Any = None,
    changes: Mapping[str, Any] | None = None,
    where: Mapping[str, Any] | None = None,
    **record: Any,
) -> None:
    """Change ``instance.status`` to ``new`` if the table allows it and nobody was faster.

    ``changes`` are further columns written by the same UPDATE, ``where`` what else must hold for the row (as
    for ``filter``); ``record`` is handed to the model's ``record_move``. Raises TransitionError for a move the
    table does not have and TransitionConflict when the row has changed since it was read.
    """
    old = instance.status
    if not workflow.allows(old, new):
        raise TransitionError(f"{workflow.name}: {old} → {new} is not allowed")
    values: dict[str, Any] = {"status": new, **(changes or {})}
    if workflow.phases is not None:
        values["phase"] = workflow.phases[new].value
    with transaction.atomic():
        rows = type(instance)._base_manager.filter(pk=instance.pk, status=old, **(where or {})).update(**values)
        if rows != 1:
            raise TransitionConflict(f"{workflow.name}: {instance.pk} is no longer {old}")
        for name, value in values.items():
            setattr(instance, name, value)
        instance.record_move(old, new, by=by, **record)
