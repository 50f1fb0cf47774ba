"""The portal's addresses and ``/bare/BYTES/``: a plain template view of about that size."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from apps.core.models import RetentionRun
from wolfsburg_portal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

PARAGRAPH = "Wer einen Hund hält, meldet ihn an. " * 5
MARKUP_BYTES = 270


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """What Django's tutorial writes: a context, a template with a loop, no database."""
    count = (size - MARKUP_BYTES) // (len(PARAGRAPH.encode()) + len("<p></p>\n"))
    return render(request, "bare.html", {"title": "Eine Seite", "paragraphs": [PARAGRAPH] * count})


@csrf_exempt
def row(request: HttpRequest) -> HttpResponse:
    """A view that inserts one row and answers with its number."""
    made = RetentionRun.objects.create(rule="bench", erased=0)
    return JsonResponse({"id": made.pk}, status=201)


urlpatterns = [path("bare/row/", row), path("bare/<int:size>/", bare), *urlpatterns]
