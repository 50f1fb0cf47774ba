"""The result of an instance: the assignment, who has a better claim, and a reason for every wish."""

from apps.kita.allocation.formats import RESULT_FORMAT, Document, Instance, instance_from, instance_sha256
from apps.kita.allocation.matching import assign, market_of
from apps.kita.allocation.outcome import Outcome


def result_of(document: Document, seconds: float) -> Document:
    """The result (docs/kita.md) of an instance, given as parsed JSON; ``seconds`` bound the search for siblings.

    Raises BadInstance.
    """
    return result_for(instance_from(document), instance_sha256(document), seconds)


def result_for(instance: Instance, sha256: str, seconds: float) -> Document:
    """The result of an instance that has been read and hashed; see ``result_of``."""
    market = market_of(instance)
    if market.groups:
        from apps.kita.allocation.together import (
            place_siblings,  # OR-Tools takes a second to load, and is for siblings only
        )

        positions, proved = place_siblings(market, seconds)
    else:
        positions, proved = assign(market.pools, market.keys, market.places), True
    outcome = Outcome(market, positions)
    return {
        "format": RESULT_FORMAT,
        "instance_sha256": sha256,
        "assignment": outcome.assignment(),
        "unstable": outcome.unstable(),
        "reasons": outcome.reasons(),
        "proved": proved,
    }
