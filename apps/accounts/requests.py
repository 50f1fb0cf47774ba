"""Requests as views behind a sign-in know them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.models import User

# Whoever looks at a page.
Viewer = User | AnonymousUser


class SignedInRequest(HttpRequest):
    """A request whose user is signed in: the decorator or the site has seen to that."""

    user: User


def signed_in(request: HttpRequest) -> SignedInRequest | None:
    """The request of somebody who is signed in; None for anybody else."""
    return cast(SignedInRequest, request) if request.user.is_authenticated else None


def for_departments(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the staff area for those who work on cases; for others (CDO, editors) it is not there."""

    @wraps(view)
    def inner(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.department_ids:
            raise Http404
        return view(request, *args, **kwargs)

    return inner
