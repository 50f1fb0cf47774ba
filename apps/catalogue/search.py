"""Search over the catalogue."""

from django.db.models import QuerySet

from apps.catalogue.models import Service
from apps.core.search import fitting, words_of


def search(text: str) -> "QuerySet[Service]":
    """Services that fit ``text``, best first; annotated with ``score``."""
    return fitting(Service.objects.published(), words_of(text), then="name_de")
