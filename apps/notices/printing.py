"""Letters for the printer: one file for the franking machine instead of sixty windows."""

import io
from collections.abc import Iterable
from contextlib import ExitStack

import pikepdf

# In points.
A4 = (595, 842)


def one_file(letters: Iterable[bytes]) -> bytes:
    """Several PDFs as one, in order.

    Each letter takes an even number of pages, so that a printer that uses both sides never puts the
    beginning of one person's letter on the back of another's.
    """
    merged = pikepdf.new()
    out = io.BytesIO()
    with ExitStack() as opened:
        # The sources stay open until the whole is saved: pages are copied only then.
        for content in letters:
            letter = opened.enter_context(pikepdf.open(io.BytesIO(content)))
            merged.pages.extend(letter.pages)
            if len(letter.pages) % 2:
                merged.add_blank_page(page_size=A4)
        merged.save(out)
    return out.getvalue()
