"""The city as a sketch: where its parts and its Kitas lie, in units of a drawing.

Pure functions from degrees to a drawing that is ``WIDTH`` wide; the drawing is shown at half that many pixels on a
telephone, so what can be pressed is at least 48 units across.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH = 700
MARGIN = 12
# Half of what a mark is across.
RADIUS = 30
# How much the middle of the city, where most Kitas are, is drawn larger than its edge: 0 is as it lies.
STRETCH = 0.9
KM_PER_DEGREE = 111.32

Degrees = tuple[float, float]
Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """Where points given as (latitude, longitude) lie in a drawing of ``WIDTH`` by ``height`` units."""

    height: int
    place: Callable[[Degrees], Point]

    def path(self, outline: Sequence[Degrees]) -> str:
        """An outline as the points of an SVG polygon."""
        return " ".join(f"{x:.0f},{y:.0f}" for x, y in map(self.place, outline))


def distance_km(one: Degrees, other: Degrees) -> float:
    """As the crow flies, in km; good for distances within a city."""
    (east, north), (east2, north2) = _km(one), _km(other)
    return math.hypot(east - east2, north - north2)


def whole_city(outlines: Sequence[Sequence[Degrees]]) -> Drawing:
    """A drawing of all parts of the city, its middle stretched."""
    corners = [_km(corner) for outline in outlines for corner in outline]
    middle = (_mean([x for x, _ in corners]), _mean([y for _, y in corners]))
    farthest = max((math.dist(middle, corner) for corner in corners), default=1.0) or 1.0

    def stretched(point: Degrees) -> Point:
        x, y = _km(point)
        dx, dy = x - middle[0], y - middle[1]
        share = math.hypot(dx, dy) / farthest
        # A fisheye (Furnas, Sarkar and Brown): the edge stays where it is.
        factor = (1 + STRETCH) / (1 + STRETCH * share)
        return dx * factor, dy * factor

    return _fitted([stretched(corner) for outline in outlines for corner in outline], stretched)


def one_part(outline: Sequence[Degrees]) -> Drawing:
    """A drawing of one part of the city as it lies."""
    return _fitted([_km(corner) for corner in outline], _km)


def apart(points: Sequence[Point], height: float, *, least: float = 2 * RADIUS + 6) -> list[Point]:
    """The points, moved no more than needed until each is ``least`` from all others and inside the drawing.

    The same points give the same result; where there is no room for all, some stay closer.
    """
    moved = [list(point) for point in points]
    for _round in range(500):
        _keep_inside(moved, height)
        still = True
        for i, one in enumerate(moved):
            for j, other in enumerate(moved[:i]):
                gap = math.dist(one, other)
                if gap >= least - 0.01:
                    continue
                still = False
                # A little aside, each pair by its own angle: else points in a row push each other along it for ever.
                angle = math.atan2(one[1] - other[1], one[0] - other[0]) + 0.2 * ((7 * i + 3 * j) % 5 - 2)
                push = (least - gap) / 2
                for point, sign in ((one, 1), (other, -1)):
                    point[0] += sign * push * math.cos(angle)
                    point[1] += sign * push * math.sin(angle)
        if still:
            break
    _keep_inside(moved, height)
    return [(x, y) for x, y in moved]


def _keep_inside(points: list[list[float]], height: float) -> None:
    for point in points:
        for axis, size in enumerate((WIDTH, height)):
            point[axis] = min(max(point[axis], RADIUS + 2), size - RADIUS - 2)


def middle_of(polygon: Sequence[Point]) -> Point:
    """The centre of gravity of a polygon's area; of its corners where it has none."""
    area = x_sum = y_sum = 0.0
    for (x, y), (x2, y2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        cross = x * y2 - x2 * y
        area += cross
        x_sum += (x + x2) * cross
        y_sum += (y + y2) * cross
    if abs(area) < 1e-9:
        return _mean([x for x, _ in polygon]), _mean([y for _, y in polygon])
    return x_sum / (3 * area), y_sum / (3 * area)


def _fitted(corners: Sequence[Point], project: Callable[[Degrees], Point]) -> Drawing:
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    scale = (WIDTH - 2 * MARGIN) / max(east - west, (north - south) / 1.3, 1e-6)
    # What is taller than wide stands in the middle.
    left = (WIDTH - (east - west) * scale) / 2

    def place(point: Degrees) -> Point:
        x, y = project(point)
        return left + (x - west) * scale, MARGIN + (north - y) * scale

    # What is flat still has room for a mark.
    height = max(round((north - south) * scale) + 2 * MARGIN, 2 * RADIUS + 4)
    return Drawing(height=height, place=place)


def _km(point: Degrees) -> Point:
    """East and north in km, as if the earth were flat around Wolfsburg (52.4° N)."""
    latitude, longitude = point
    return longitude * KM_PER_DEGREE * math.cos(math.radians(52.4)), latitude * KM_PER_DEGREE


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)
