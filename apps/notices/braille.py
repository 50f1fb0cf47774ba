"""A letter as a file for Braille printers and displays, translated by liblouis with its German tables."""

import re
import subprocess
import textwrap
from collections.abc import Iterable

# What fits on a sheet of Braille paper.
CELLS, LINES = 32, 28
# North American Braille ASCII, in the order of the Unicode block: what Braille printers take (BRF).
ASCII = " A1B'K2L@CIF/MSP\"E3H9O6R^DJG>NTQ,*5<-U8V.%[$+X!&;:4\\0Z7(_?W]#Y)="
FIRST_CELL = 0x2800
FULL, CONTRACTED = "de-g1.ctb", "de-g2.ctb"
# In bytes and in characters: liblouis cuts a line after 2,047 bytes.
LONGEST_LINE, LONGEST_WORD = 1500, 300
# A letter of many pages takes less than a second.
SECONDS = 30


class BrailleError(Exception):
    """The letter could not be made into Braille."""


def brf(lines: Iterable[str], *, contracted: bool) -> bytes:
    """Lines of text as pages of Braille (BRF): Vollschrift, or ``contracted`` Kurzschrift. Raises BrailleError."""
    wrapped: list[str] = []
    for line in _translated([" ".join(line.split()) for line in lines], CONTRACTED if contracted else FULL):
        wrapped += textwrap.wrap(line, CELLS, subsequent_indent="  ", break_on_hyphens=False) or [""]
    per_page = LINES - 1
    sheets = [wrapped[at : at + per_page] for at in range(0, len(wrapped), per_page)]
    pages = [
        "\r\n".join([*sheet, *[""] * (per_page - len(sheet)), f"#{_digits(number)}".rjust(CELLS)])
        for number, sheet in enumerate(sheets, start=1)
    ]
    return ("\f".join(pages) + "\f").encode("ascii")


def _digits(number: int) -> str:
    return "".join("JABCDEFGHI"[int(digit)] for digit in str(number))


def _in_pieces(line: str) -> list[str]:
    """A line in pieces that liblouis takes: what is longer than its buffer it would give back as two lines."""
    pieces, size = [[]], 0  # type: list[list[str]], int
    for word in line.split(" "):
        # Longer than any word: cut where it has to be.
        for part in [word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD)] or [""]:
            length = len(part.encode()) + 1
            if size + length > LONGEST_LINE and pieces[-1]:
                pieces.append([])
                size = 0
            pieces[-1].append(part)
            size += length
    return [" ".join(piece) for piece in pieces]


def _translated(lines: list[str], table: str) -> list[str]:
    pieces = [_in_pieces(line) for line in lines]
    translated = iter(_translate([piece for line in pieces for piece in line], table))
    return [" ".join(next(translated) for _piece in line) for line in pieces]


def _translate(lines: list[str], table: str) -> list[str]:
    command = ["lou_translate", "--forward", f"unicode.dis,{table}"]
    try:
        done = subprocess.run(  # a fixed command; the text is its input
            command, input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=True
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise BrailleError(type(error).__name__) from error
    found = done.stdout.split("\n")
    # After the last one comes an empty one.
    if len(found) != len(lines) + 1 or found.pop():
        raise BrailleError("lines are missing, or too many")
    return [_ascii(line) for line in found]


def _ascii(cells: str) -> str:
    # Cells of eight dots stand for what six have no sign for.
    return re.sub(r"[^ -_]", "?", "".join(_cell(character) for character in cells))


def _cell(character: str) -> str:
    dots = ord(character) - FIRST_CELL
    return ASCII[dots] if 0 <= dots < len(ASCII) else "?" if 0 <= dots < 256 else character.upper()
