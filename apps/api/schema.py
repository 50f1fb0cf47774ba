"""The description of the API, and what it says of every operation."""

import threading
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

_lock = threading.Lock()
_described: list[bytes] = []

REFUSALS = {
    "400": "The request does not hold; says which field and why.",
    "404": "Not there.",
    "406": "Only JSON is spoken here.",
    "413": "The body is longer than any that is asked for.",
    "415": "Only JSON is understood here.",
    "429": "A limit was reached.",
}


def name_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the refusals that any operation may answer with (a hook of drf-spectacular)."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for code, text in REFUSALS.items():
                operation["responses"].setdefault(code, {"description": text})
    return result


class Description(APIView):
    """What the API can do, in the words of OpenAPI 3.

    Made once in each process, alone: drf-spectacular cannot make two at the same time, and a caller's query does not
    change what the API can do.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """The description as JSON."""
        with _lock:
            if not _described:
                _described.append(_describe())
        return HttpResponse(_described[0], content_type=OpenApiJsonRenderer.media_type)


def _describe() -> bytes:
    with override(settings.LANGUAGE_CODE):
        return bytes(OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True)))  # type: ignore[no-untyped-call]  # the library has no types
