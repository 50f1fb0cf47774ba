"""Headers on every response that Django has no setting for."""

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from apps.core.errors import bad_request

log = logging.getLogger(__name__)

PERMISSIONS_POLICY = (
    "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)


class SecurityHeadersMiddleware(MiddlewareMixin):
    """Permissions-Policy and resource policy everywhere; no-store for whoever is signed in.

    A page that reads the session or carries a form token is personal; so is a draft of
    somebody who is not signed in, whose views say no-store themselves.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Set them."""
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # The session may end within the request (signing out): the cookie that came is what counts.
        if settings.SESSION_COOKIE_NAME in request.COOKIES or settings.SESSION_COOKIE_NAME in response.cookies:
            response.setdefault("Cache-Control", "private, no-store")
        return response


class PlainRequestMiddleware(MiddlewareMixin):
    """Turns away what no browser sends and what neither Django nor the database can read.

    An address with a NUL character names nothing (404); whatever encoding a form claims, it is
    read as UTF-8; a cookie with a NUL character is nobody's.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Clean it or refuse it."""
        if "\x00" in request.path_info:
            raise Http404
        # Which encoding a request has is not for its sender to choose.
        request.encoding = "utf-8"
        for name in [n for n, value in request.COOKIES.items() if "\x00" in value]:
            del request.COOKIES[name]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Input nested so deeply that Python gives up reading it (JSON in a form) is no readable request."""
        if isinstance(exception, RecursionError):
            # With its place: were it an endless recursion of ours, this is where to find it.
            log.exception("gave up on a request that is nested too deeply")
            return bad_request(request, exception)
        return None
