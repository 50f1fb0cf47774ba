"""Reference numbers that can be read out on the telephone.

Nine characters in three groups, e.g. ``3PE-E79-K49``. The alphabet has no pair that looks alike
(0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V, G/6). The last character is a check character: the sum of all
characters, each times its place, is divisible by 23, as in ISBN-10 with 11. As 23 is prime and
larger than the number of places, every wrong character and every swap of two shows.
"""

import secrets

ALPHABET = "34679ACDEFHJKMNPQRTVWXY"
BODY_LENGTH = 8


def new_reference() -> str:
    """Return a new random reference; the caller's unique constraint decides on collisions."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))
    return _grouped(body + _check_character(body))


def normalise(typed: str) -> str | None:
    """Return the reference a person meant, or None when the check character does not fit.

    Spaces, hyphens and lower case are accepted.
    """
    compact = "".join(typed.upper().split()).replace("-", "")
    if len(compact) != BODY_LENGTH + 1 or set(compact) - set(ALPHABET):
        return None
    return _grouped(compact) if compact[-1] == _check_character(compact[:-1]) else None


def _check_character(body: str) -> str:
    modulus = len(ALPHABET)
    total = sum(place * ALPHABET.index(c) for place, c in enumerate(body, start=1))
    # The check character stands at place n + 1: total + (n + 1) * check must be divisible by 23.
    return ALPHABET[-total * pow(len(body) + 1, -1, modulus) % modulus]


def _grouped(compact: str) -> str:
    return "-".join(compact[i : i + 3] for i in range(0, len(compact), 3))
