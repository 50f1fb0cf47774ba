"""Pages for everybody: all Kitas with a sketch of the city, and one of them."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from apps.catalogue.models import Fee
from apps.core.business_calendar import today
from apps.core.pages import kept_for_visitors
from apps.kita.facilities import finding, overview
from apps.kita.facilities.forms import FinderForm
from apps.kita.facilities.models import District, Facility, Landmark
from apps.kita.facilities.overview import RADIUS, WIDTH, Drawing

# The service whose fees are those of a place.
SERVICE = "kita-platz"
# So many letters of a name fit on one line of the sketch.
LETTERS = 10
# How far apart lines are, in units of the sketch.
LINE = 24


@dataclass(frozen=True)
class Hit:
    """A facility in the list: how far away it is (km), and its number on the sketch."""

    facility: Facility
    distance: float | None
    number: int


@dataclass(frozen=True)
class Area:
    """A part of the city on the sketch: its outline, where its name stands, and where it leads."""

    name: str
    path: str
    x: float
    y: float
    lines: list[str]
    count: int
    url: str
    line_height: int = LINE


@dataclass(frozen=True)
class Mark:
    """A facility on the sketch."""

    hit: Hit
    x: float
    y: float


@dataclass
class Sketch:
    """A drawing of the whole city, whose parts can be chosen, or of one of them with its facilities."""

    height: int
    areas: list[Area] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    part: District | None = None
    # Back from a part to the whole city.
    whole_url: str = ""
    width: int = WIDTH
    radius: int = RADIUS


@require_safe
@kept_for_visitors("catalogue")
def facility_list(request: HttpRequest) -> HttpResponse:
    """All Kitas and childminders, or those that fit, beside a sketch of where they are."""
    facilities = list(Facility.objects.published().for_list())
    districts, landmarks = list(District.objects.all()), list(Landmark.objects.all())
    form = FinderForm(request.GET or None, facilities=facilities, districts=districts, landmarks=landmarks)
    chosen = form.chosen()
    origin = finding.origin_of(chosen.get("entfernung", ""), districts, landmarks)
    found, partly = finding.found(facilities, chosen)
    fit = finding.with_distance(found, origin)
    hits = [Hit(facility, distance, number) for number, (facility, distance) in enumerate(fit, start=1)]
    context = {
        "form": form, "hits": hits, "all": len(facilities), "chosen": chosen, "sketch": _sketch(hits, districts, chosen),
        "partly": partly, "filtered": bool(set(chosen) - {"entfernung"}), "examples": any(facility.is_example for facility in facilities),
    }  # fmt: skip
    htmx: Any = getattr(request, "htmx", None)
    template = "kita/_results.html" if htmx and not htmx.boosted else "kita/list.html"
    response = render(request, template, context, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@kept_for_visitors("catalogue")
def facility(request: HttpRequest, slug: str) -> HttpResponse:
    """One facility: what it offers, when, where, what it costs."""
    found = get_object_or_404(Facility.objects.published().for_page(), slug=slug)
    context = {
        "facility": found,
        "has_free_places": any(group.free_shown for group in found.groups.all()),
        "fees": Fee.objects.valid_on(today()).filter(service__slug=SERVICE),
    }
    return render(request, "kita/facility.html", context)


def _sketch(hits: list[Hit], districts: list[District], chosen: dict[str, Any]) -> Sketch | None:
    drawn = [district for district in districts if len(district.outline) > 2]
    part = next((district for district in drawn if district.slug == chosen.get("ortschaft")), None)
    if part is not None:
        return _of_part(part, hits, chosen)
    return _of_city(drawn, hits, chosen) if drawn else None


def _of_city(districts: list[District], hits: list[Hit], chosen: dict[str, Any]) -> Sketch:
    drawing = overview.whole_city([district.outline for district in districts])
    areas = []
    for district in districts:
        x, y = overview.middle_of([drawing.place(corner) for corner in district.outline])
        lines = _lines(district.name)
        count = sum(hit.facility.district_id == district.pk for hit in hits)
        areas.append(
            Area(district.name, drawing.path(district.outline), x, y - LINE * (len(lines) / 2 - 0.3), lines, count,
                 _url({**chosen, "ortschaft": district.slug}))
        )  # fmt: skip
    return Sketch(drawing.height, areas=areas)


def _of_part(district: District, hits: list[Hit], chosen: dict[str, Any]) -> Sketch:
    drawing: Drawing = overview.one_part(district.outline)
    places = overview.apart([drawing.place(hit.facility.point) for hit in hits], drawing.height)
    marks = [Mark(hit, x, y) for hit, (x, y) in zip(hits, places, strict=True)]
    path = drawing.path(district.outline)
    area = Area(district.name, path, 0, 0, [], len(hits), "")
    whole = {name: value for name, value in chosen.items() if name != "ortschaft"}
    return Sketch(drawing.height, [area], marks, district, whole_url=_url(whole))


def _url(chosen: dict[str, Any]) -> str:
    query = {name: "on" if value is True else str(value) for name, value in chosen.items()}
    return f"{reverse('kita:list')}{'?' if query else ''}{urlencode(query)}#karte"


def _lines(name: str) -> list[str]:
    """A name in lines that fit into its part of the sketch, parted at hyphens."""
    lines = [""]
    pieces = name.split("-")
    for place, piece in enumerate(pieces):
        text = piece + ("-" if place < len(pieces) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(text) > LETTERS:
            lines.append(text)
        else:
            lines[-1] += text
    return lines
