"""The page of a Kita, as visitors see it, against a bare view."""

from typing import Any

from common import run
from pages import against_a_bare_view


def main() -> dict[str, Any]:
    """Load both in turn."""
    return against_a_bare_view("kita_page", "/kitas/apfelbaum/", "load_kitas --examples")


if __name__ == "__main__":
    run(main)
