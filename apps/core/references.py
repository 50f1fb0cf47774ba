"""Numbers and codes that can be read out on the telephone, e.g. ``3PE-E79-K49``.

The alphabet has no pair that looks alike (0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V, G/6). The last character is a
check character: the sum of all characters, each times its place, is divisible by 23, as in ISBN-10 with 11. As 23 is prime
and larger than the number of places, every wrong character and every swap of two shows.
"""

import secrets
from dataclasses import dataclass

ALPHABET = "34679ACDEFHJKMNPQRTVWXY"


@dataclass(frozen=True)
class Kind:
    """A kind of number: ``body`` random characters and a check character, shown in groups of so many; 22 at most."""

    body: int
    group: int

    def new(self) -> str:
        """Return a new random one; the caller's unique constraint decides on collisions."""
        body = "".join(secrets.choice(ALPHABET) for _ in range(self.body))
        return self._grouped(body + _check_character(body))

    def normalise(self, typed: str) -> str | None:
        """Return the one that a person meant, or None when the check character does not fit.

        Spaces, hyphens and lower case are accepted.
        """
        compact = "".join(typed.upper().split()).replace("-", "")
        if len(compact) != self.body + 1 or set(compact) - set(ALPHABET):
            return None
        return self._grouped(compact) if compact[-1] == _check_character(compact[:-1]) else None

    def _grouped(self, compact: str) -> str:
        return "-".join(compact[i : i + self.group] for i in range(0, len(compact), self.group))


# Of cases and bookings.
REFERENCES = Kind(body=8, group=3)
# Of letters: 19 characters of 23 are 85 random bits, more than anybody can try.
CHECK_CODES = Kind(body=19, group=4)


def new_reference() -> str:
    """Return a new random reference of a case or a booking."""
    return REFERENCES.new()


def normalise(typed: str) -> str | None:
    """Return the reference that a person meant, or None."""
    return REFERENCES.normalise(typed)


def _check_character(body: str) -> str:
    modulus = len(ALPHABET)
    total = sum(place * ALPHABET.index(c) for place, c in enumerate(body, start=1))
    # The check character stands at place n + 1: total + (n + 1) * check must be divisible by 23.
    return ALPHABET[-total * pow(len(body) + 1, -1, modulus) % modulus]
