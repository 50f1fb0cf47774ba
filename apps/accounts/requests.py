"""Requests as views behind a sign-in know them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.models import User

Page = Callable[..., HttpResponse]
# Whoever looks at a page.
Viewer = User | AnonymousUser


class SignedInRequest(HttpRequest):
    """A request whose user is signed in: the decorator or the site has seen to that."""

    user: User


def signed_in(request: HttpRequest) -> SignedInRequest | None:
    """The request of somebody who is signed in; None for anybody else."""
    return cast(SignedInRequest, request) if request.user.is_authenticated else None


def only_for(may: Callable[[User], bool]) -> Callable[[Page], Page]:
    """Wrap a page behind the sign-in of the staff area for those who ``may`` see it; for others it is not there."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def inner(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request.user):
                raise Http404
            return view(request, *args, **kwargs)

        return inner

    return decorate


# Those who work on cases; not CDO and editors.
for_departments = only_for(lambda user: bool(user.department_ids))
