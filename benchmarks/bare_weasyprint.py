"""The peers of bench_notices: WeasyPrint as its documentation shows it, in a process of its own.

Reads ``{"styles": {NAME: CSS}, "letters": [HTML, …]}`` from the file given, renders one letter with
each style to warm up and says so. Then each NAME on standard input is answered by the seconds
that all letters took with that style.
"""

import json
import logging
import sys
import time
from pathlib import Path

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration


def main() -> None:
    """Answer until standard input ends."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    styles, letters = given["styles"], given["letters"]
    for css in styles.values():
        _bare(letters[0], css)
    print("ready", flush=True)
    for line in sys.stdin:
        css = styles[line.strip()]
        begin = time.perf_counter()
        for letter in letters:
            _bare(letter, css)
        print(time.perf_counter() - begin, flush=True)


def _bare(letter: str, css: str) -> bytes:
    """One letter, with everything made anew; the fonts are named in the CSS as ``file:`` addresses."""
    fonts = FontConfiguration()
    content = HTML(string=letter).write_pdf(
        pdf_variant="pdf/ua-1", font_config=fonts, stylesheets=[CSS(string=css, font_config=fonts)]
    )
    if content is None or not content.startswith(b"%PDF-"):
        raise RuntimeError("no PDF")
    return content


if __name__ == "__main__":
    main()
