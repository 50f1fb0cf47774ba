"""What can be done with a case or a party of it: one list, for pages, and for whatever else offers acts.

Acts of staff and acts of citizens stand in the same list; ``who`` tells them apart. An act that one person alone may not
do becomes a proposal (``proposals.py``): ``released_by`` names who releases it, ``by_all`` says that all parties agree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django import forms

from apps.accounts.models import Role, User
from apps.cases.access import roles_in
from apps.cases.audience import standing_for
from apps.cases.kinds import Text
from apps.cases.models import Case, Party
from apps.core.sockets import Register
from apps.core.transitions import Who

# Who works on cases. An act that is for some of them says so.
WORKING = frozenset([Role.CLERK, Role.HEAD])


@dataclass(frozen=True)
class CaseAct:
    """One thing that can be done, with a case or (``about`` Party) with one of its parties: the subject.

    Either ``verb`` does it, with what ``form`` has asked (cleaned data; empty without a form), or ``page`` leads to a page
    of its own. ``verb`` takes the subject, the data and who acts; ``form`` what was sent, a prefix and the subject; ``when``
    and ``offered`` the subject and who asks.
    """

    key: str
    label: Text
    verb: Callable[[Any, dict[str, Any], Any], Any] | None = None
    form: Callable[..., forms.Form] | None = None
    page: Callable[[Any], str] | None = None
    about: type[Case] | type[Party] = Case
    # Whose act it is: of staff, or of the parties.
    who: Who = Who.STAFF
    # Of staff: by what they are in the case (access.py).
    roles: frozenset[str] = WORKING
    # Of staff: who of them releases what another has proposed; nobody has to if it is empty.
    released_by: frozenset[str] = frozenset()
    # Of parties: whether all of them have to agree, or one suffices.
    by_all: bool = False
    # Of which kind of case; of every kind if it is empty.
    kind: str = ""
    when: Callable[[Any, Any], bool] = lambda subject, _user: case_of(subject).is_open
    # Whether it is offered; what was typed for it meanwhile is taken as long as ``when`` holds.
    offered: Callable[[Any, Any], bool] = lambda _subject, _user: True
    # What one should know before, and what is said when it is done (of what the verb has given).
    intro: Text = ""
    done: Text | Callable[[Any], Text] = ""
    # What is asked before a citizen does it, and the answers.
    question: Text = ""
    yes: Text = ""
    no: Text = ""
    # Whether it hangs on who works on the case, as the page has shown it.
    as_shown: bool = False
    style: str = "secondary"
    # Sentences about refusals that say more than "not now".
    refusals: Mapping[type[Exception], Text] = field(default_factory=dict)

    def is_for(self, subject: Case | Party, user: User) -> bool:
        """Whether somebody may do (or propose) it, in the state the case is in."""
        case = case_of(subject)
        if not isinstance(subject, self.about) or (self.kind and self.kind != case.kind):
            return False
        if self.who == Who.STAFF and not roles_in(case, user) & (self.roles | self.released_by):
            return False
        if self.who == Who.PARTY and not standing_for(case, user):
            return False
        return self.when(subject, user)

    def filled(self, data: Any, subject: Case | Party) -> forms.Form | None:
        """Its form with what was sent (None: with nothing in it); None for an act without one."""
        if self.form is None:
            return None
        return self.form(data, prefix=self.key, subject=subject)

    def said(self, result: Any) -> str:
        """The sentence about what is done."""
        return str(self.done(result) if callable(self.done) else self.done)


# An act of staff about a party, and one of the parties.
PartyAct = partial(CaseAct, about=Party)
CitizenAct = partial(CaseAct, who=Who.PARTY)
_acts: Register[CaseAct] = Register()
register, get = _acts.add, _acts.get


def all_acts() -> list[CaseAct]:
    """Every registered act, in order of registration."""
    return list(_acts.values())


def acts_for(subject: Case | Party, user: User, who: Who = Who.STAFF) -> list[CaseAct]:
    """What somebody may do now with a case or a party, in the order of registration."""
    return [
        act for act in _acts.values() if act.who == who and act.is_for(subject, user) and act.offered(subject, user)
    ]


def case_of(subject: Case | Party) -> Case:
    """The case an act happens in."""
    return subject if isinstance(subject, Case) else subject.case
