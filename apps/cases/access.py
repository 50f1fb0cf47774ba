"""What a person may see of cases, and as what, because of a role they hold somewhere.

Each app that adds a kind of place plugs in what its people see; the spine itself knows departments. That one is free in
a case (``Case.objects.worked_by``) is asked for all of them alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from apps.accounts.models import Membership, Role, User
from apps.accounts.places import DEPARTMENT
from apps.accounts.requests import Viewer
from apps.core.sockets import Socket

if TYPE_CHECKING:
    from apps.cases.models import Case

# Who works on the cases of a department.
DEPARTMENT_ROLES = (Role.CLERK, Role.HEAD)
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class CaseAccess:
    """``cases`` takes a person and gives which cases they see; ``held_in`` the memberships because of which they see one."""

    cases: Callable[[Any], Q]
    held_in: Callable[[Any, "Case"], list[Membership]]


case_access: Socket[CaseAccess] = Socket()


def seen_by(user: Viewer) -> Q:
    """The cases somebody sees because of what they are; none for who is nothing anywhere."""
    seen = NOTHING
    if user.is_authenticated and user.is_active:
        for access in case_access:
            seen |= access.cases(user)
    return seen


def held_in(case: "Case", user: Viewer | None) -> list[Membership]:
    """Because of which memberships somebody sees a case; none for parties and strangers."""
    if user is None or not user.is_authenticated:
        return []
    return [membership for access in case_access for membership in access.held_in(user, case)]


def roles_in(case: "Case", user: Viewer | None) -> frozenset[str]:
    """As what somebody works on a case."""
    return frozenset(membership.role for membership in held_in(case, user))


def _of_departments(user: User) -> Q:
    ids = user.department_ids
    return Q(department__in=ids) if ids else NOTHING


def _held_in_department(user: User, case: "Case") -> list[Membership]:
    return [
        held for held in user.membership_list
        if held.role in DEPARTMENT_ROLES and held.place is not None and held.place.kind == DEPARTMENT
        and held.place.department.pk == case.department_id
    ]  # fmt: skip


case_access.plug(CaseAccess(_of_departments, _held_in_department))
