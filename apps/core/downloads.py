"""Answers that carry a private file; who may have it is the caller's question."""

from collections.abc import Iterator
from contextlib import suppress

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from apps.core.models import PrivateFile

# A file that a stranger sent must not run as a page of the portal.
FILE_CSP = "sandbox; default-src 'none'; img-src 'self' data:"


def private_bytes(content: bytes, *, name: str, media_type: str, inline: bool = False) -> HttpResponse:
    """A response for private bytes: never cached, never sniffed, attachment unless ``inline``."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    if media_type != "application/pdf":
        # Chromium's PDF viewer does not open in a sandbox; a PDF has no access to the page anyway.
        response["Content-Security-Policy"] = FILE_CSP
    return response


def private_file(file: PrivateFile, *, inline: bool = False) -> HttpResponse:
    """A response for an uploaded file; 404 while its virus scan is due or after it failed."""
    if not file.viewable:
        raise Http404
    try:
        with file.content.open("rb") as handle:
            content = handle.read()
    except FileNotFoundError as error:
        raise Http404 from error
    return private_bytes(content, name=file.name, media_type=file.media_type, inline=inline)


def pieces(file: PrivateFile) -> Iterator[bytes]:
    """The bytes of an uploaded file; none while its virus scan is due or after it failed, or where it is missing."""
    if file.viewable:
        with suppress(FileNotFoundError), file.content.open("rb") as handle:
            yield from handle.chunks()
