"""Search in texts of the city: word forms, everyday words, umlauts, small typos.

What can be found this way holds ``words_de`` and ``words_en`` (a name and everyday words, normalised) and an index in
``search_de`` and ``search_en``.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import translation

from apps.core.text import normalised

MAX_QUERY = 80
# How alike a typed word must be to a stored one to count as a typo of it (0 to 1).
TYPO_SIMILARITY = 0.45
# Words that say nothing about what people look for.
STOP = {"ich", "mein", "meine", "meinen", "einen", "eine", "ein", "will", "mochte", "wie", "wo",
        "der", "die", "das", "und", "fur", "zu", "the", "a", "an", "my", "i", "how", "to", "for"}  # fmt: skip
CONFIGURATIONS = {"de": "german", "en": "english"}


def words_of(text: str) -> list[str]:
    """What somebody has typed as words to look for, normalised; none if it says nothing."""
    typed = normalised(text[:MAX_QUERY]).replace("|", " ")
    return [w for w in re.findall(r"\w+", typed) if w not in STOP][:8] or typed.split()[:8]


def language() -> str:
    """In which language texts are searched: that of the page."""
    return "en" if translation.get_language() == "en" else "de"


def fitting(rows: QuerySet[Any], words: list[str], *, then: str) -> QuerySet[Any]:
    """Rows that fit at least one of the words, best first, annotated with ``score``; of equals by the column ``then``.

    All words together count most, then single words and beginnings of words, then similarity of letters (typos).
    """
    if not words:
        return rows.none()
    which = language()
    every, some = all_of(words), _query(words, " | ")
    similarity = Coalesce(
        TrigramWordSimilarity(" ".join(words), f"words_{which}"), Value(0.0), output_field=FloatField()
    )
    vector = F(f"search_{which}")
    found: QuerySet[Any] = rows.annotate(
        similarity=similarity,
        score=SearchRank(vector, every) * 3.0 + SearchRank(vector, some) + F("similarity") * Value(1.5),
    ).filter(Q(**{f"search_{which}": some}) | Q(similarity__gte=TYPO_SIMILARITY))
    return found.order_by("-score", then)


def all_of(words: list[str]) -> SearchQuery:
    """That all words occur, or words that begin with them."""
    return _query(words, " & ")


def _query(words: list[str], joined: str) -> SearchQuery:
    return SearchQuery(joined.join(f"{w}:*" for w in words), config=CONFIGURATIONS[language()], search_type="raw")


def index(texts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The columns of the index, to be written: for each language the normalised texts by weight (A counts most, D least)."""
    columns: dict[str, Any] = {}
    for which, weighted in texts.items():
        parts = [
            SearchVector(Value(text), config=CONFIGURATIONS[which], weight=weight) for weight, text in weighted.items()
        ]
        columns[f"search_{which}"] = sum(parts[1:], parts[0])
    return columns
