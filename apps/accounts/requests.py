"""Requests as views behind a sign-in know them."""

from django.http import HttpRequest

from apps.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request whose user is signed in: the decorator or the site has seen to that."""

    user: User
