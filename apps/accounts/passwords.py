"""Passwords that are easily guessed are refused, by an estimate of how many guesses they take (zxcvbn)."""

import json
import threading
import unicodedata
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from apps.core.text import normal

# Guesses, as a power of ten: offline attacks on a slow hash end around here (zxcvbn's own "safely unguessable").
LEAST_POWER = 10
# Longer passwords are estimated by their beginning: the estimate takes quadratic time.
MOST_CHARACTERS = 48
SYMBOLS = "4@8({[<369!1|70$5+%2"
MOST_SYMBOLS = 5
# Rows of a German keyboard; zxcvbn knows those of English ones.
KEYBOARD = ["qwertzuiopü", "asdfghjklöä", "yxcvbnm", "qwertz", "1234567890ß", "üpoiuztrewq", "äölkjhgfdsa", "mnbvcxy"]
# What people in this city think of first.
CONTEXT = ["wolfsburg", "wolfsburgdigital", "wob", "vfl", "vflwolfsburg", "volkswagen", "vwgolf", "autostadt",
           "allerpark", "phaeno", "niedersachsen", "rathaus", "stadtverwaltung", "verwaltung", "buergerportal",
           "bürgerportal", "bürgerdienste", "sachbearbeitung", "portal", "passwort", "kennwort", "geheim", "anmelden",
           "willkommen", "sommer", "winter", "frühling", "herbst", "schalke", "bundesliga", "deutschland", "schatz",
           "hallo", "ichliebedich"]  # fmt: skip
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_ONE_AT_A_TIME = threading.Lock()
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@lru_cache(maxsize=1)
def _german_words() -> list[str]:
    """Common German words and names, the most common first, as the estimator's German package lists them."""
    folder = settings.NODE_MODULES / "@zxcvbn-ts" / "language-de" / "src"
    words: list[str] = []
    for name in ("commonWords", "firstnames", "lastnames"):
        words += json.loads((folder / f"{name}.json").read_text())[:10_000]
    return words


@lru_cache(maxsize=1)
def _known() -> list[str]:
    both = [*CONTEXT, *KEYBOARD, *_german_words()]
    return list(dict.fromkeys(word for text in both for word in (text, text.translate(_FOLDED))))


def guesses_log10(password: str, *personal: str) -> float:
    """How many guesses ``password`` takes, as a power of ten; ``personal`` is what an attacker knows of its owner."""
    own = [part for text in personal for part in _parts(text)]
    shortened = _with_few_symbols(password[:MOST_CHARACTERS])
    # The first mention counts: whatever one's own name is worth elsewhere in the list. The estimator keeps the list in a
    # global, so one at a time.
    words = list(dict.fromkeys([*own, *_known()]))
    with _ONE_AT_A_TIME:
        result = zxcvbn(shortened, user_inputs=words, max_length=MOST_CHARACTERS)
    return float(result["guesses_log10"])


def _with_few_symbols(password: str) -> str:
    """The password with only its first few symbols that may stand for letters, for the estimator tries all meanings.

    It multiplies them with each other: with twenty different ones, one password would take it several seconds.
    """
    seen = list(dict.fromkeys(c for c in password if c in SYMBOLS))
    return password.translate(dict.fromkeys(map(ord, seen[MOST_SYMBOLS:]), "~"))


def _parts(text: str) -> list[str]:
    """A name or address as a whole and in its parts, umlauts also written out."""
    lower = text.lower()
    cut = [p for p in "".join(c if c.isalnum() else " " for c in lower).split() if len(p) > 2]
    return list(dict.fromkeys(w for part in [lower, *cut] for w in (part, part.translate(_FOLDED), _plain(part))))


def _plain(text: str) -> str:
    """The letters without what is above, below or across them, as people type them who have no such keys."""
    decomposed = normal("NFKD", text.translate(_STROKES))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


class GuessableValidator:
    """Refuses what is guessed too soon: common words, also joined or doubled, keyboard rows, one's own name, years."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that is guessed too soon."""
        personal = [getattr(user, name, "") or "" for name in ("email", "given_name", "family_name")]
        if guesses_log10(password, *personal) < LEAST_POWER:
            raise ValidationError(
                _(
                    "Dieses Passwort ist leicht zu erraten. Nehmen Sie zum Beispiel vier Wörter, die nichts miteinander "
                    "zu tun haben, oder eines aus einem Passwort-Manager."
                ),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """What the form says before anything is typed."""
        return _("Nicht Ihr Name, nicht die Stadt, keine Tastenreihe. Gut sind vier Wörter, die nicht zusammengehören.")
