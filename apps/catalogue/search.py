"""Search over the catalogue: word forms, everyday words, umlauts, small typos."""

import re

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import translation

from apps.catalogue.models import Service
from apps.core.text import normalised

MAX_QUERY = 80
# How alike a typed word must be to a stored one to count as a typo of it (0 to 1).
TYPO_SIMILARITY = 0.45
# Words that say nothing about the service people look for.
STOP = {"ich", "mein", "meine", "meinen", "einen", "eine", "ein", "will", "mochte", "wie", "wo",
        "der", "die", "das", "und", "fur", "zu", "the", "a", "an", "my", "i", "how", "to", "for"}  # fmt: skip


def search(text: str) -> "QuerySet[Service]":
    """Services that fit ``text``, best first; annotated with ``score``.

    All words together count most, then single words and beginnings of words, then similarity
    of letters (typos).
    """
    language = "en" if translation.get_language() == "en" else "de"
    config = "english" if language == "en" else "german"
    typed = normalised(text[:MAX_QUERY]).replace("|", " ")
    words = [w for w in re.findall(r"\w+", typed) if w not in STOP][:8] or typed.split()[:8]
    if not words:
        return Service.objects.none()
    vector = F(f"search_{language}")
    every = SearchQuery(" & ".join(f"{w}:*" for w in words), config=config, search_type="raw")
    some = SearchQuery(" | ".join(f"{w}:*" for w in words), config=config, search_type="raw")
    phrase = " ".join(words)
    similarity = Coalesce(TrigramWordSimilarity(phrase, f"words_{language}"), Value(0.0), output_field=FloatField())
    return (
        Service.objects.published()
        .annotate(
            similarity=similarity,
            score=SearchRank(vector, every) * 3.0 + SearchRank(vector, some) + F("similarity") * Value(1.5),
        )
        .filter(Q(**{f"search_{language}": some}) | Q(similarity__gte=TYPO_SIMILARITY))
        .order_by("-score", "name_de")
    )
