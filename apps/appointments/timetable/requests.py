"""Requests of those who serve an office."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse

from apps.accounts.models import User
from apps.accounts.requests import SignedInRequest
from apps.appointments.timetable.models import OfficePolicy
from apps.catalogue.models import Office


def for_offices(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for those whose department serves an office; for others it is not there."""

    @wraps(view)
    def inner(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.department_ids or not OfficePolicy.objects.worked_by(request.user).exists():
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def served_by(user: User) -> list[Office]:
    """Offices whose counters somebody serves."""
    return list(Office.objects.filter(policy__in=OfficePolicy.objects.worked_by(user)).order_by("name_de"))
