"""Letters as tagged PDF (PDF/UA-1) with embedded fonts; decides nothing.

What is costly is made once per process: the parsed style sheet, the font configuration and the
fetcher. A bare ``HTML(string).write_pdf()`` loads certificates and parses all of it each time.
"""

import gc
import io
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from apps.core.text import texts_in

# The scheme of our own files; nothing else is ever fetched.
SCHEME = "letter:"
BASE = Path(__file__).parent / "assets"
# Noto Sans has every letter of DIN 91379, DejaVu Sans what people write besides.
FONTS = {
    "noto-regular.woff2": "@kern-ux/native/dist/fonts/noto-sans/NotoSans-Regular.woff2",
    "noto-bold.woff2": "@kern-ux/native/dist/fonts/noto-sans/NotoSans-Bold.woff2",
    "dejavu-regular.ttf": "dejavu-fonts-ttf/ttf/DejaVuSans.ttf",
    "dejavu-bold.ttf": "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
}
# Wide enough to be read on a screen.
PICTURE_WIDTH = 1000


class RenderError(Exception):
    """The letter could not be made into a PDF."""


class OwnFilesOnly(URLFetcher):
    """Fetches the files of a fixed table and refuses every other address."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=())

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Return the file that ``url`` stands for in the table."""
        entry = _files().get(url)
        if entry is None:
            raise FatalURLFetchingError(f"refused: {url[:80]}")
        path, media_type = entry
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})


@lru_cache(maxsize=1)
def _files() -> dict[str, tuple[Path, str]]:
    packages = Path(settings.NODE_MODULES)
    return {SCHEME + name: (packages / file, f"font/{name.rpartition('.')[2]}") for name, file in FONTS.items()}


@lru_cache(maxsize=1)
def _printable() -> frozenset[int]:
    """Code points of which the fonts of letters have a glyph, in regular and in bold."""
    known: dict[bool, set[int]] = {False: set(), True: set()}
    for name, (path, _media_type) in _files().items():
        with TTFont(path, lazy=True) as font:
            known["bold" in name] |= set(font.getBestCmap())
    return frozenset(known[False] & known[True])


def unprintable(value: Any) -> list[str]:
    """The words of a letter's context (JSON) with a character that would be printed as an empty box; each once."""
    words = (word for text in texts_in(value) for word in text.split())
    return list(dict.fromkeys(word for word in words if any(_has_no_glyph(character) for character in word)))


def _has_no_glyph(character: str) -> bool:
    # Joiners, direction marks and the like are not seen anyway.
    return ord(character) not in _printable() and unicodedata.category(character) not in ("Cf", "Cc")


@lru_cache(maxsize=1)
def _kept() -> tuple[OwnFilesOnly, FontConfiguration, CSS]:
    fetcher, fonts = OwnFilesOnly(), FontConfiguration()
    style = CSS(
        string=(BASE / "letter.css").read_text(encoding="utf-8"),
        font_config=fonts, url_fetcher=fetcher, base_url=SCHEME,
    )  # fmt: skip
    gc.freeze()
    return fetcher, fonts, style


def letter_html(template: str, context: dict[str, Any]) -> str:
    """The letter as HTML; official letters are written in German (§ 23 Abs. 1 VwVfG)."""
    with translation.override("de"):
        return render_to_string(f"notices/{template}.html", {"city": settings.CITY, **context})


def write_pdf(html: str) -> tuple[bytes, int]:
    """Render HTML to PDF; returns the bytes and the number of pages.

    Raises RenderError for anything that goes wrong, an address outside our own files included.
    """
    fetcher, fonts, style = _kept()
    # Nobody is to walk the layout tree while it grows.
    collecting = gc.isenabled()
    gc.disable()
    try:
        document = HTML(string=html, url_fetcher=fetcher, base_url=SCHEME).render(
            stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1"
        )
        content = document.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        # Derives from BaseException: it would pass every ``except Exception`` of the worker.
        raise RenderError(str(error)) from error
    except Exception as error:
        raise RenderError(type(error).__name__) from error
    finally:
        if collecting:
            gc.enable()
    if not content.startswith(b"%PDF-") or not document.pages:
        raise RenderError("no pages")
    return content, len(document.pages)


def pictures(content: bytes) -> list[bytes]:
    """The pages of a PDF as PNG, ``PICTURE_WIDTH`` pixels wide. Raises RenderError for anything that goes wrong."""
    made = []
    try:
        with pypdfium2.PdfDocument(content) as document:
            for page in document:
                picture = io.BytesIO()
                page.render(scale=PICTURE_WIDTH / page.get_width()).to_pil().save(picture, "PNG", optimize=True)
                made.append(picture.getvalue())
    except Exception as error:
        raise RenderError(type(error).__name__) from error
    return made
