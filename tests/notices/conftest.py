"""What all tests of notices need."""

from collections.abc import Iterator

import pytest

from apps.notices import checking, seal


@pytest.fixture(autouse=True)
def _seal_is_read_anew() -> Iterator[None]:
    """Each test has the seal that its settings name; in a process it is kept."""
    kept = (seal._signer, seal._proved, seal._trusted, checking._what_its_seal_says)
    for cached in kept:
        cached.cache_clear()
    yield
    for cached in kept:
        cached.cache_clear()
