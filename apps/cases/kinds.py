"""Kinds of cases: what a door registers so that the spine can carry it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from apps.cases.models import Case
from apps.core.sockets import Panel, Register
from apps.core.transitions import Workflow

# A text that is there or is translated when it is shown.
Text = str | Promise


@dataclass(frozen=True)
class StatusText:
    """What a status means to the citizen, in one sentence, what happens next, and the colour of it."""

    sentence: Text
    next_step: Text = ""
    badge: str = "info"


def _nothing(*_args: Any) -> list[Any]:
    return []


@dataclass(frozen=True)
class Kind:
    """One kind of case.

    ``working``, ``waiting`` and ``resumed`` name the statuses that the spine's own verbs use:
    taking a case, asking the citizen, the citizen's answer.
    """

    key: str
    label: Text
    workflow: Workflow
    sentences: Mapping[Any, StatusText]
    working: str
    waiting: str
    resumed: str
    # Panels take the request and the case.
    staff_panels: Callable[[HttpRequest, Case], list[Panel]] = _nothing
    citizen_panels: Callable[[HttpRequest, Case], list[Panel]] = _nothing
    # What every party may read, for one that has no account.
    shared_panels: Callable[[HttpRequest, Case], list[Panel]] = _nothing
    # What the queue's search finds besides reference and names.
    search_text: Callable[[Case], str] = lambda _case: ""
    # Where somebody without an account answers; takes the case, gives a path.
    reply_path: Callable[[Case], str] | None = None
    # What a party told and was told besides; with (case, user).
    export: Callable[[Case, Any], dict[str, Any]] = lambda _case, _user: {}
    # Whether it ends in letters.
    has_letters: bool = False
    # Whether the clerk may use the spine's own question with a date.
    asks_questions: bool = True

    def status_label(self, status: str) -> str:
        """The status in the clerk's words."""
        return str(dict(self.workflow.states.choices).get(status, status))

    def badge(self, status: str) -> str:
        """The colour of the status."""
        return self.sentences.get(status, StatusText("")).badge


_kinds: Register[Kind] = Register()
# ``get`` raises KeyError when no installed app has it.
register, get = _kinds.add, _kinds.__getitem__


def of(case: Case) -> Kind:
    """The kind of a case."""
    return _kinds[case.kind]


def all_kinds() -> list[Kind]:
    """Every registered kind, in order of registration."""
    return list(_kinds.values())
