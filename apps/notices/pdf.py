"""Letters as PDF for archives and screen readers, with embedded fonts; decides nothing.

What is costly is made once per process: the parsed style sheet, the font configuration and the
fetcher. A bare ``HTML(string).write_pdf()`` loads certificates and parses all of it each time.
"""

import datetime as dt
import gc
import io
import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from apps.core.text import texts_in
from apps.notices.address import window_of
from apps.notices.archival import ARCHIVAL
from apps.notices.contents import contents_of
from apps.notices.qr import qr_path

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
DATA_NAME = "schreiben.json"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
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
    packages, far_east = Path(settings.NODE_MODULES), Path(settings.FAR_EAST_FONT)
    files = {name: packages / file for name, file in FONTS.items()}
    if far_east.is_file():
        # Of one weight, which stands for both.
        files |= {"far-east-regular.ttf": far_east, "far-east-bold.ttf": far_east}
    return {SCHEME + name: (path, f"font/{name.rpartition('.')[2]}") for name, path in files.items()}


@lru_cache(maxsize=1)
def _widths() -> dict[int, float]:
    """How wide each character is, in ems, in the font that prints it."""
    widths: dict[int, float] = {}
    for name, (path, _media_type) in _files().items():
        if "regular" in name:
            with TTFont(path, lazy=True) as font:
                advances, em = font["hmtx"], font["head"].unitsPerEm
                for character, glyph in font.getBestCmap().items():
                    widths.setdefault(character, advances[glyph][0] / em)
    return widths


def _width(text: str) -> float:
    # What has no glyph is printed as a box; signs of the Far East are squares.
    return sum(_widths().get(ord(character), 1.0) for character in text)


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


def _as_printed(character: str) -> str:
    if character in "\n\t":
        return character
    if unicodedata.category(character) in ("Cc", "Zl", "Zp"):
        return " "
    return REPLACEMENT if _has_no_glyph(character) else character


def printable(value: Any) -> Any:
    """A letter's context (JSON) as it can be printed: what no font has is a replacement character.

    A glyph that is missing would be a hole in the letter all the same, but one that no archive takes (ISO 19005-3, 6.2.11.8).
    """
    if isinstance(value, str):
        return "".join(map(_as_printed, value))
    if isinstance(value, dict):
        return {key: printable(part) for key, part in value.items()}
    return [printable(part) for part in value] if isinstance(value, list) else value


@lru_cache
def _kept(edition: str = "") -> tuple[OwnFilesOnly, FontConfiguration, CSS]:
    """What is costly, for letters or for another ``edition`` of them, which has a style sheet of its own besides."""
    fetcher, fonts = OwnFilesOnly(), FontConfiguration()
    sheets = ["letter.css", *(["far-east.css"] if f"{SCHEME}far-east-regular.ttf" in _files() else [])]
    sheets += [f"{edition}.css"] if edition else []
    style = CSS(
        string="\n".join((BASE / name).read_text(encoding="utf-8") for name in sheets),
        font_config=fonts, url_fetcher=fetcher, base_url=SCHEME,
    )  # fmt: skip
    gc.freeze()
    return fetcher, fonts, style


def letter_pdf(
    template: str,
    context: dict[str, Any],
    at: dt.datetime,
    *,
    check_code: str | None,
    seal: str = "",
    edition: str = "",
) -> tuple[bytes, int]:
    """A letter that was written at a time, as PDF with its contents for machines in it, and the number of its pages.

    ``check_code`` is printed with the way to the page that checks it, ``seal`` as the name of who will seal it. The same
    letter gives the same bytes. ``edition`` is another look of the same words ("large-print"). Raises RenderError.
    """
    context = printable(context) | {"seal": seal, "edition": edition.replace("-", "_")}
    if check_code is not None:
        context["check"] = _check(check_code)
    data = json.dumps(contents_of(template, context, settings.CITY), ensure_ascii=False, indent=1)
    return write_pdf(letter_html(template, context), data, at, edition=edition)


def _check(code: str) -> dict[str, Any]:
    """How to check a letter, as it is printed: the address of the page, the code, and both as a QR code."""
    with translation.override("de"):
        page = settings.SITE_URL + reverse("checks:page")
    path, size = qr_path(f"{page}{code}/")
    return {"page": page, "code": code, "path": path, "size": size}


def letter_html(template: str, context: dict[str, Any]) -> str:
    """The letter as HTML, of a context that is printable; official letters are written in German (§ 23 Abs. 1 VwVfG)."""
    recipients: list[str] = context["recipients"]
    # In letters that were written before that street and town are the last, abroad a country in capitals after them.
    place = 3 if recipients and recipients[-1].isupper() and recipients[-1].isalpha() else 2
    names = context.get("names") or [max(1, len(recipients) - place)]
    # Other editions have no window: they lie in the envelope with the letter, or are heard.
    window = None if context.get("edition") else window_of(recipients, names, _width)
    with translation.override("de"):
        return render_to_string(f"notices/{template}.html", {"city": settings.CITY, "window": window, **context})


def write_pdf(html: str, data: str, at: dt.datetime, *, edition: str = "") -> tuple[bytes, int]:
    """Render HTML to PDF/A-3a and PDF/UA-1 with ``data`` (JSON) as a file in it; returns the bytes and the number of pages.

    Raises RenderError for anything that goes wrong, an address outside our own files included.
    """
    fetcher, fonts, style = _kept(edition)
    at = at.astimezone(dt.UTC).replace(microsecond=0)
    # Nobody is to walk the layout tree while it grows.
    collecting = gc.isenabled()
    gc.disable()
    try:
        document = HTML(string=html, url_fetcher=fetcher, base_url=SCHEME).render(
            stylesheets=[style], font_config=fonts, pdf_variant=ARCHIVAL
        )
        document.metadata.created = document.metadata.modified = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        attached = Attachment(
            string=data, name=DATA_NAME, description="Inhalt dieses Schreibens", created=at, modified=at, relationship="Data",
            url_fetcher=fetcher,
        )  # fmt: skip
        content = document.write_pdf(pdf_variant=ARCHIVAL, attachments=[attached])
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
