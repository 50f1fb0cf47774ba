"""Error pages: plain words, a way out, the telephone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.core import security_log
from apps.core.logs import route_of

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_TEXTS = 20


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request could not be understood."""
    return render(request, "errors/400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form token that is missing or stale; what was typed is still in the browser."""
    _refused(request, "form_token")
    return render(request, "errors/csrf.html", status=403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    _refused(request, "forbidden")
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: does not exist, or not for this person."""
    if request.resolver_match is not None:
        # Behind an address that there is, something was refused or is gone; made-up addresses are no event.
        _refused(request, "not_found")
    response = render(request, "errors/404.html", {"texts": _written(request)}, status=404)
    if request.method == "POST":
        response["Cache-Control"] = "private, no-store"
    return response


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: a limit was reached."""
    security_log.note("limit_reached", person=getattr(request, "user", None), request=request, limit=route_of(request))
    return render(request, "errors/429.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without database, session or context processors, for any of them may be why."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def _written(request: HttpRequest) -> list[str]:
    """What somebody had written for a page that is not theirs any more (a case that was handed over): theirs to copy."""
    # Behind an address that there is, a form's token has been checked: no other site has written it.
    if request.resolver_match is None or request.method != "POST" or (request.content_type or "") not in FORMS:
        return []
    values = [value for name in request.POST if "password" not in name for value in request.POST.getlist(name)]
    return [value for value in values if " " in value.strip()][:MOST_TEXTS]


def _refused(request: HttpRequest, why: str) -> None:
    person = getattr(request, "user", None)
    security_log.note("access_refused", person=person, request=request, route=route_of(request), why=why)
