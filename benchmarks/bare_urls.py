"""The portal's addresses and ``/bare/BYTES/``: a plain template view of about that size."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from wolfsburg_portal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

PARAGRAPH = "Wer einen Hund hält, meldet ihn an. " * 5
MARKUP_BYTES = 270


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """What Django's tutorial writes: a context, a template with a loop, no database."""
    count = (size - MARKUP_BYTES) // (len(PARAGRAPH.encode()) + len("<p></p>\n"))
    return render(request, "bare.html", {"title": "Eine Seite", "paragraphs": [PARAGRAPH] * count})


urlpatterns = [path("bare/<int:size>/", bare), *urlpatterns]
