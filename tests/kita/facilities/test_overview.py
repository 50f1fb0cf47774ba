"""The sketch of the city: what can be pressed is large enough and stays inside."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kita.facilities.loading import DATA
from apps.kita.facilities.overview import (
    RADIUS,
    WIDTH,
    apart,
    distance_km,
    middle_of,
    one_part,
    whole_city,
)

CITY = json.loads((DATA / "wolfsburg.json").read_text(encoding="utf-8"))
OUTLINES = [district["outline"] for district in CITY["districts"]]
# A drawing this wide is shown at half that many pixels on a telephone.
TARGET = 24 * WIDTH / 343


def test_every_part_of_the_city_lies_inside_and_can_be_pressed() -> None:
    drawing = whole_city(OUTLINES)
    for district in CITY["districts"]:
        corners = [drawing.place(corner) for corner in district["outline"]]
        assert all(0 <= x <= WIDTH and 0 <= y <= drawing.height for x, y in corners)
        x, y = middle_of(corners)
        # A circle of 24 pixels around its middle lies inside: that far is it to each edge.
        nearest = min(_to_edge((x, y), a, b) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True))
        assert nearest >= TARGET / 2, district["name"]


def _to_edge(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    length = math.dist(a, b)
    if length == 0:
        return math.dist(point, a)
    return abs((b[0] - a[0]) * (a[1] - point[1]) - (a[0] - point[0]) * (b[1] - a[1])) / length


def test_neighbours_share_their_corners_in_the_drawing() -> None:
    drawing = whole_city(OUTLINES)
    corners = [tuple(corner) for outline in OUTLINES for corner in outline]
    shared = {corner for corner in corners if corners.count(corner) > 1}
    assert len(shared) > 20
    # A gap or an overlap would show as another point in the path of one of them.
    paths = [set(drawing.path(outline).split()) for outline in OUTLINES]
    for corner in shared:
        x, y = drawing.place(corner)
        assert sum(f"{x:.0f},{y:.0f}" in path for path in paths) >= 2


def test_north_is_up_and_east_is_right() -> None:
    drawing = whole_city(OUTLINES)
    (west_x, _), (east_x, _) = drawing.place((52.42, 10.70)), drawing.place((52.42, 10.85))
    (_, north_y), (_, south_y) = drawing.place((52.47, 10.78)), drawing.place((52.36, 10.78))
    assert west_x < east_x
    assert north_y < south_y


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, WIDTH), st.floats(0, 800)), max_size=40))
def test_marks_do_not_lie_on_each_other(points: list[tuple[float, float]]) -> None:
    moved = apart(points, 800)
    assert len(moved) == len(points)
    for x, y in moved:
        assert RADIUS <= x <= WIDTH - RADIUS
        assert RADIUS <= y <= 800 - RADIUS
    for i, one in enumerate(moved):
        for other in moved[:i]:
            assert math.dist(one, other) >= 2 * RADIUS


def test_marks_with_room_stay_where_they_are() -> None:
    points = [(100.0, 100.0), (300.0, 100.0), (100.0, 300.0)]
    assert apart(points, 800) == points


def test_many_at_the_same_spot_are_all_to_be_seen() -> None:
    moved = apart([(350.0, 400.0)] * 12, 800)
    assert min(math.dist(a, b) for i, a in enumerate(moved) for b in moved[:i]) >= 2 * RADIUS


def test_a_part_fills_its_drawing() -> None:
    for outline in OUTLINES:
        drawing = one_part(outline)
        xs, ys = zip(*(drawing.place(corner) for corner in outline), strict=True)
        assert drawing.height <= 1.4 * WIDTH
        assert max(xs) - min(xs) > 0.9 * WIDTH or max(ys) - min(ys) > 0.9 * drawing.height


def test_distances_are_those_of_a_map() -> None:
    # Wolfsburg's station and that of Fallersleben are 5 km apart.
    assert distance_km((52.4295, 10.7885), (52.4215, 10.7165)) == pytest.approx(4.97, abs=0.05)


@pytest.mark.parametrize("outline", [[(52.4, 10.7)] * 3, [(52.4, 10.7), (52.4, 10.8), (52.4, 10.9)]])
def test_an_outline_without_an_area_breaks_nothing(outline: list[tuple[float, float]]) -> None:
    drawing = one_part(outline)
    assert all(math.isfinite(value) for corner in outline for value in drawing.place(corner))
    assert all(math.isfinite(value) for value in middle_of([drawing.place(corner) for corner in outline]))
    marks = apart([drawing.place(corner) for corner in outline], drawing.height)
    assert all(RADIUS <= y <= drawing.height - RADIUS for _x, y in marks)
