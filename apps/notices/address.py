"""The address field of a letter: what shows through the window of an envelope (DIN 5008, form B)."""

import math
from collections.abc import Callable, Sequence

# What an address zone holds in the size of the letter, and what in the small size of a cover sheet.
ZONE_LINES, SMALL_LINES = 5, 7
ZONE_MM = 79.0
SIZE_PT, SMALL_PT = 10.5, 9.0
MM_PER_PT = 25.4 / 72
AND_OTHERS = "und weitere, siehe nächste Seite"

# The width of a text in ems.
type Width = Callable[[str], float]


def window_of(recipients: Sequence[str], names: Sequence[int], width: Width) -> list[str] | None:
    """The lines of a cover sheet's window, for an address that is too long for the letter's own; None if it is not.

    ``recipients`` are the lines of the address, of which the first are names: so many of each addressee as ``names`` says. Those of
    the first, the street and the place stay; what does not fit is shortened.
    """
    if sum(_lines(line, SIZE_PT, width) for line in recipients) <= ZONE_LINES:
        return None
    first, place = recipients[: names[0]], recipients[sum(names) :]
    kept = [*first, *([AND_OTHERS] if len(names) > 1 else []), *place]
    if sum(_lines(line, SMALL_PT, width) for line in kept) <= SMALL_LINES:
        return kept
    return [_shortened(line, 2 if line in first[:1] and len(kept) < SMALL_LINES else 1, width) for line in kept]


def _lines(text: str, size: float, width: Width) -> int:
    """How many lines a text takes in the zone; at least as many as it will (words are not filled up to the end)."""
    room = ZONE_MM / (size * MM_PER_PT)
    lines, used = 1, 0.0
    for word in text.split():
        long = width(f"{word} ")
        if used and used + long > room:
            lines, used = lines + 1, 0.0
        if long > room:
            lines += math.ceil(long / room) - 1
            long = room
        used += long
    return lines


def _shortened(text: str, most: int, width: Width) -> str:
    if _lines(text, SMALL_PT, width) <= most:
        return text
    cut = text
    while cut and _lines(f"{cut} …", SMALL_PT, width) > most:
        cut = cut[:-1]
    return f"{cut.rstrip()} …"
