"""Reference numbers that can be read out on the telephone.

Nine characters in three groups, e.g. ``ARQ-7PJ-MM9``. The alphabet has no pair that looks alike
(0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V, G/6). The last character is a check character after
ISO 7064 (hybrid system, modulus 23/22): every single wrong character shows, and all but a few in
a thousand swaps of neighbours.
"""

import secrets

from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.iso7064 import mod_37_36

ALPHABET = "34679ACDEFHJKMNPQRTWXY"
BODY_LENGTH = 8


def new_reference() -> str:
    """Return a new random reference; the caller's unique constraint decides on collisions."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))
    return _grouped(body + mod_37_36.calc_check_digit(body, ALPHABET))


def normalise(typed: str) -> str | None:
    """Return the reference a person meant, or None when the check character does not fit.

    Spaces, hyphens and lower case are accepted.
    """
    compact = "".join(typed.upper().split()).replace("-", "")
    if len(compact) != BODY_LENGTH + 1 or set(compact) - set(ALPHABET):
        return None
    try:
        mod_37_36.validate(compact, ALPHABET)
    except InvalidNumber:
        return None
    return _grouped(compact)


def _grouped(compact: str) -> str:
    return "-".join(compact[i : i + 3] for i in range(0, len(compact), 3))
