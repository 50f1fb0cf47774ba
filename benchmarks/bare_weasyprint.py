"""The peer of the benchmarks of letters: WeasyPrint as its documentation shows it, in a process of its own.

Reads ``{"ready": CSS, "letters": [HTML, …]}`` from the file given, makes ready what stands in the CSS (the fonts at least) and
the certificates for addresses, renders one letter to warm up and says so. Then each line on standard input is answered by the
seconds that all letters took.
"""

import json
import logging
import sys
import time
from pathlib import Path

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher


def main() -> None:
    """Answer until standard input ends."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    fonts, fetcher = FontConfiguration(), URLFetcher()
    style = CSS(string=given["ready"], font_config=fonts, url_fetcher=fetcher)

    def render(letter: str) -> None:
        content = HTML(string=letter, url_fetcher=fetcher).write_pdf(
            pdf_variant="pdf/ua-1", font_config=fonts, stylesheets=[style]
        )
        if content is None or not content.startswith(b"%PDF-"):
            raise RuntimeError("no PDF")

    render(given["letters"][0])
    print("ready", flush=True)
    for _line in sys.stdin:
        begin = time.perf_counter()
        for letter in given["letters"]:
            render(letter)
        print(time.perf_counter() - begin, flush=True)


if __name__ == "__main__":
    main()
