"""Templates that can be read: what a part takes stands at its head; the rest says djlint (`make check`)."""

from pathlib import Path

import pytest

from wolfsburg_portal.engines import ROOT

TEMPLATES = ROOT / "templates"
PARTS = sorted([*TEMPLATES.rglob("_*.html"), *(TEMPLATES / "components").glob("*.html")])


@pytest.mark.parametrize("part", PARTS, ids=lambda part: str(part.relative_to(TEMPLATES)))
def test_a_part_says_at_its_head_what_it_takes(part: Path) -> None:
    assert part.read_text().startswith("{% comment %}")
