"""What a letter says, line by line in the order of reading: for Braille, and to be read aloud.

Taken from the same HTML that is printed, so that no word can differ.
"""

from collections.abc import Iterator
from typing import Any

import tinyhtml5

# Read as one line each.
BLOCKS = {"p", "li", "h1", "h2", "h3", "dt", "dd", "caption", "div"}
HEADINGS = {"h1", "h2", "h3"}
# Pictures, and what stands in the head of the document.
SILENT = {"svg", "head", "style"}


def lines_of(html: str) -> list[str]:
    """The lines of a letter; an empty one stands before each heading and around tables."""
    return list(_lines(tinyhtml5.parse(html, namespace_html_elements=False)))


def _lines(element: Any) -> Iterator[str]:
    if element.tag in SILENT:
        return
    if element.tag == "table":
        yield from _table(element)
    elif element.tag == "ol":
        for number, item in enumerate(element, start=1):
            yield f"{number}. {_text(item)}"
    elif element.tag == "ul":
        yield from (f"- {_text(item)}" for item in element)
    elif element.tag == "dl":
        yield from _pairs(element)
    elif element.tag in BLOCKS and not any(_is_block(child) for child in element):
        text = _text(element)
        if text:
            yield from ("", text) if element.tag in HEADINGS else (text,)
    else:
        for child in element:
            yield from _lines(child)


def _is_block(element: Any) -> bool:
    return element.tag in BLOCKS | {"table", "ol", "ul", "dl", "svg", "header", "section", "main"}


def _pairs(element: Any) -> Iterator[str]:
    name = ""
    for part in element:
        if part.tag == "dt":
            name = _text(part)
        else:
            yield f"{name}: {_text(part)}"


def _table(table: Any) -> Iterator[str]:
    """Each row as a sentence that names its columns: a table cannot be felt or heard."""
    yield ""
    caption = table.find("caption")
    if caption is not None:
        yield f"{_text(caption)}:"
    heads = [_text(cell) for cell in table.iterfind("thead/tr/th")]
    for row in table.iterfind("tbody/tr"):
        cells = [_text(cell) for cell in row]
        if heads and len(cells) == len(heads):
            yield "; ".join(f"{head}: {cell}" for head, cell in zip(heads, cells, strict=True)) + "."
        else:
            yield ": ".join(cells)
    yield ""


def _text(element: Any) -> str:
    """What an element says, in one line; what stood on lines of its own is parted by a comma."""
    parts: list[str] = [element.text or ""]
    for child in element:
        if child.tag not in SILENT:
            parts.append(", " if child.tag == "br" else _text(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split()).replace(" ,", ",")
