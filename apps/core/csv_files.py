"""CSV as offices exchange it: written so that a spreadsheet opens it and no cell becomes a formula, read as those write it."""

import csv
import io
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

# With what a cell begins that a spreadsheet would compute (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
GUARD = "'"


class NotCsv(ValueError):
    """A file that cannot be read; the text says why, for whoever has sent it."""


def written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A file that Excel opens in German: UTF-8 with a mark, semicolons; cells that look like formulas are guarded."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_guarded(str(cell)) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def read(content: bytes, *, columns: Sequence[str], most: int) -> list[tuple[int, dict[str, str]]]:
    """The rows of a file with the number of the line where each begins; cells without blanks at their ends.

    ``columns`` have to be in its first line, in any order; a column that is not among them is an error, as is one that is
    there twice. Read are UTF-8 and Windows-1252, parted by semicolons or commas. Raises NotCsv for what cannot be read,
    and for more than ``most`` rows.
    """
    text = _text_of(content)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _demand_columns(names, columns)
        rows: list[tuple[int, dict[str, str]]] = []
        begins = reader.line_num + 1
        for cells in reader:
            values = [_unguarded(cell) for cell in cells]
            if any(values):
                if len(cells) != len(names):
                    said = _("Zeile %(line)d hat %(cells)d Zellen, die erste Zeile hat %(columns)d.")
                    raise NotCsv(said % {"line": begins, "cells": len(cells), "columns": len(names)})
                rows.append((begins, dict(zip(names, values, strict=True))))
                if len(rows) > most:
                    raise NotCsv(_("Die Datei hat mehr als %(most)d Zeilen.") % {"most": most})
            begins = reader.line_num + 1
    except csv.Error:
        said = _("In Zeile %(line)d ist ein Anführungszeichen nicht geschlossen, oder eine Zelle ist viel zu lang.")
        raise NotCsv(said % {"line": reader.line_num}) from None
    return rows


def _text_of(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if "\x00" in text:
        raise NotCsv(_("Das ist keine CSV-Datei. Speichern Sie die Tabelle als CSV und senden Sie diese Datei."))
    return text


def _demand_columns(names: list[str], columns: Sequence[str]) -> None:
    for said, wrong in (
        (_("Diese Spalten fehlen: %(names)s"), [name for name in columns if name not in names]),
        (_("Diese Spalten kennen wir nicht: %(names)s"), [name for name in names if name not in columns]),
        (_("Diese Spalten stehen zweimal da: %(names)s"), sorted({name for name in names if names.count(name) > 1})),
    ):
        if wrong:
            raise NotCsv(said % {"names": ", ".join(name[:40] or "–" for name in wrong[:10])})


def _guarded(cell: str) -> str:
    return GUARD + cell if _looks_guarded(cell) or cell.startswith(FORMULA) else cell


def _unguarded(cell: str) -> str:
    return (cell[1:] if _looks_guarded(cell) else cell).strip()


def _looks_guarded(cell: str) -> bool:
    """Whether it begins with guards and then like a formula: one of them is ours, so that all can be told apart."""
    return cell.startswith(GUARD) and cell.lstrip(GUARD).startswith(FORMULA)
