"""Letters as tagged PDF (PDF/UA-1) with embedded fonts; decides nothing.

What is costly is made once per process: the parsed style sheet, the font configuration and the
fetcher. A bare ``HTML(string).write_pdf()`` loads certificates and parses all of it each time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

# The scheme of our own files; nothing else is ever fetched.
SCHEME = "letter:"
BASE = Path(__file__).parent / "assets"
FONTS = "@kern-ux/native/dist/fonts/noto-sans"


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
    fonts = Path(settings.NODE_MODULES) / FONTS
    return {
        f"{SCHEME}noto-regular.woff2": (fonts / "NotoSans-Regular.woff2", "font/woff2"),
        f"{SCHEME}noto-bold.woff2": (fonts / "NotoSans-Bold.woff2", "font/woff2"),
    }


@dataclass(frozen=True)
class _Kept:
    fetcher: OwnFilesOnly
    fonts: FontConfiguration
    style: CSS


@lru_cache(maxsize=1)
def _kept() -> _Kept:
    fetcher, fonts = OwnFilesOnly(), FontConfiguration()
    style = CSS(
        string=(BASE / "letter.css").read_text(encoding="utf-8"),
        font_config=fonts, url_fetcher=fetcher, base_url=SCHEME,
    )  # fmt: skip
    gc.freeze()
    return _Kept(fetcher, fonts, style)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking the layout tree while it grows."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def letter_html(template: str, context: dict[str, Any]) -> str:
    """The letter as HTML; official letters are written in German (§ 23 Abs. 1 VwVfG)."""
    with translation.override("de"):
        return render_to_string(f"notices/{template}.html", {"city": settings.CITY, **context})


def write_pdf(html: str) -> tuple[bytes, int]:
    """Render HTML to PDF; returns the bytes and the number of pages.

    Raises RenderError for anything that goes wrong, an address outside our own files included.
    """
    kept = _kept()
    try:
        with _no_collection():
            document = HTML(string=html, url_fetcher=kept.fetcher, base_url=SCHEME).render(
                stylesheets=[kept.style], font_config=kept.fonts, pdf_variant="pdf/ua-1"
            )
            content = document.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        # Derives from BaseException: it would pass every ``except Exception`` of the worker.
        raise RenderError(str(error)) from error
    except Exception as error:
        raise RenderError(type(error).__name__) from error
    if not content.startswith(b"%PDF-") or not document.pages:
        raise RenderError("no pages")
    return content, len(document.pages)
