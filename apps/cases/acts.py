"""What staff can do with a case: one list, for the case page and whatever else offers acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from apps.accounts.models import Role
from apps.cases.access import roles_in
from apps.cases.kinds import Text
from apps.cases.models import Case

# Who works on cases. An act that is for some of them says so.
WORKING = frozenset([Role.CLERK, Role.HEAD])


@dataclass(frozen=True)
class CaseAct:
    """One thing that can be done.

    Either ``verb`` does it, with what ``form`` has asked (cleaned data; empty without a form), or ``page`` leads to a page
    of its own. ``verb`` takes the case, the data and who acts; ``form`` what was sent, a prefix and the case.
    """

    key: str
    label: Text
    verb: Callable[[Case, dict[str, Any], Any], Any] | None = None
    form: Callable[..., forms.Form] | None = None
    page: Callable[[Case], str] | None = None
    # What is said when it is done.
    done: Text = ""
    # Whose act it is, by what they are in the case (access.py).
    roles: frozenset[str] = WORKING
    # Of which kind of case; of every kind if it is empty.
    kind: str = ""
    when: Callable[[Case, Any], bool] = lambda case, _user: case.is_open
    # Whether it is offered; what was typed for it meanwhile is taken as long as ``when`` holds.
    offered: Callable[[Case], bool] = lambda _case: True
    # Whether it hangs on who works on the case, as the page has shown it.
    as_shown: bool = False
    style: str = "secondary"
    # Sentences about refusals that say more than "not now".
    refusals: Mapping[type[Exception], Text] = field(default_factory=dict)

    def is_for(self, case: Case, user: Any) -> bool:
        """Whether somebody may do it, in the state the case is in."""
        if self.kind and self.kind != case.kind:
            return False
        return bool(roles_in(case, user) & self.roles) and self.when(case, user)

    def blank(self, case: Case) -> forms.Form | None:
        """Its form with nothing in it."""
        return self.form(None, prefix=self.key, case=case) if self.form is not None else None


_acts: dict[str, CaseAct] = {}


def register(act: CaseAct) -> CaseAct:
    """Make an act known; called once, from an app's ``ready()``."""
    _acts[act.key] = act
    return act


def get(key: str) -> CaseAct | None:
    """The act registered under ``key``."""
    return _acts.get(key)


def acts_for(case: Case, user: Any) -> list[CaseAct]:
    """What somebody may do with a case now, in the order of registration."""
    return [act for act in _acts.values() if act.offered(case) and act.is_for(case, user)]
