"""Pages of the catalogue."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from apps.catalogue.models import LifeSituation, Service
from apps.catalogue.search import search
from apps.core.pages import kept_for_visitors
from apps.core.search import MAX_QUERY
from apps.core.sockets import service_doors


@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    """All services from A to Z, or those that fit what was typed."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    services = search(text) if text else Service.objects.published()
    online = request.GET.get("online") == "1"
    if online:
        services = services.filter(online="form")
    context = {"text": text, "online": online, "services": list(services[:60])}
    htmx: Any = getattr(request, "htmx", None)
    template = "catalogue/_results.html" if htmx and not htmx.boosted else "catalogue/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def life_situation(request: HttpRequest, slug: str) -> HttpResponse:
    """The services that come with a life situation."""
    situation = get_object_or_404(LifeSituation, slug=slug)
    services = situation.services.filter(published=True)
    return render(request, "catalogue/life_situation.html", {"situation": situation, "services": services})


@require_safe
def life_situation_list(request: HttpRequest) -> HttpResponse:
    """All life situations."""
    situations = LifeSituation.objects.annotate(count=Count("services", filter=Q(services__published=True))).order_by(
        "position"
    )
    return render(request, "catalogue/life_situations.html", {"situations": situations})


@require_safe
@kept_for_visitors("catalogue")
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """One service: what it is, cost, duration, documents, then the way to begin."""
    found = get_object_or_404(Service.objects.published().for_page(), slug=slug)
    doors = [door for plugged in service_doors for door in plugged(request, found)]
    return render(request, "catalogue/service.html", {"service": found, "doors": doors})
