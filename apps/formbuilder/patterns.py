"""The regular expressions that a definition may name: an editor's own could hang the server, and nobody would have tried it."""

import re

# By name; a pattern fits a whole answer.
PATTERNS: dict[str, str] = {
    "wolfsburg_postcode": "384(?:40|42|44|46|48)",
    # The number of a dog's chip: 15 digits (ISO 11784), as the vet's passport groups them.
    "chip_number": "[0-9](?: ?[0-9]){14}",
}
# What people write behind a number.
UNITS: dict[str, str] = {"metres": "m|Meter|metres?"}


def known(name: str, patterns: dict[str, str]) -> str | None:
    """The expression of that name; versions published before there were names hold the expression itself.

    None for anything else.
    """
    return patterns.get(name) or (name if name in patterns.values() else None)


def fits(name: str) -> re.Pattern[str] | None:
    """The compiled expression of a definition's ``pattern``; None where it is none of the list and asks for nothing."""
    expression = known(name, PATTERNS)
    return re.compile(rf"^(?:{expression})\Z") if expression else None
