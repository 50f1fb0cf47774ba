"""One spelling for search: what is stored and what is typed go through the same mill."""

import re
import unicodedata

from apps.core.text import normal

_DIGRAPHS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def normalised(text: str) -> str:
    """Lower case, no accents, ß as ss, and ae/oe/ue like ä/ö/ü: „Fuehrerschein" = „Führerschein"."""
    text = text.lower().replace("ß", "ss")
    text = "".join(c for c in normal("NFKD", text) if not unicodedata.combining(c)).lower()
    for digraph, letter in _DIGRAPHS:
        text = text.replace(digraph, letter)
    return re.sub(r"[^\w|]+", " ", text).strip()
