"""Requests of those who serve an office."""

from apps.accounts.models import User
from apps.accounts.requests import only_for
from apps.appointments.timetable.models import OfficePolicy
from apps.catalogue.models import Office

# Those whose department serves an office.
for_offices = only_for(lambda user: bool(user.department_ids) and OfficePolicy.objects.worked_by(user).exists())


def served_by(user: User) -> list[Office]:
    """Offices whose counters somebody serves."""
    return list(Office.objects.filter(policy__in=OfficePolicy.objects.worked_by(user)).order_by("name_de"))
