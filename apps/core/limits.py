"""Limits on how often something may be done, counted in the default cache.

That cache holds nothing but counters (Django's own and allauth's too) and forgets none before its time, see
``CounterCache``; pages and what else can be computed again lie in ``caches["pages"]``.
"""

import hashlib
import time
from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.core import security_log
from apps.core.mail_addresses import mailbox
from apps.core.networks import networks_of

DAY = 24 * 3600
# Mails with a code or a link that one address gets in a day, whoever asks for them.
MAILS_PER_ADDRESS_AND_DAY = 5
# And those that one network may cause, to whatever addresses; a large employer is one network.
MAILS_PER_NETWORK_AND_DAY = 1000


class CounterCache(LocMemCache):
    """Counters in the memory of one process: when it is full, only what has run out is dropped.

    Django's own drops a third of whatever there is, and with it other people's counters.
    """

    _cache: dict[str, Any]
    _expire_info: dict[str, float | None]

    def _cull(self) -> None:
        now = time.time()
        for key in [k for k, until in self._expire_info.items() if until is not None and until <= now]:
            self._delete(key)  # type: ignore[attr-defined]  # a private method that the stubs leave out
        # All of them still count: make room, and do not look through them again for every new one.
        self._max_entries = max(self._max_entries, 2 * len(self._cache))


def client_networks(request: HttpRequest) -> dict[str, int]:
    """The networks of the caller, see ``networks_of``; all who come without an address share one."""
    try:
        return networks_of(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return {"unknown": 1}


def client_key(request: HttpRequest) -> str:
    """The smallest network of the caller as a hash, so that no address lies in the cache."""
    return _hashed(list(client_networks(request))[-1])


def within(action: str, key: str, *, limit: int, seconds: int, amount: int = 1) -> bool:
    """Count one ``action`` of ``key`` (or an ``amount``); False once there were more than ``limit`` in the window.

    Counting is one step of the cache: of any number of requests at the same moment, ``limit`` get through.
    """
    name = f"limit:{action}:{_hashed(key)}"
    cache.add(name, 0, timeout=seconds)
    try:
        count = cache.incr(name, amount)
    except ValueError:
        # The window ended between the two calls.
        cache.set(name, amount, timeout=seconds)
        count = amount
    if count - amount <= limit < count:
        # Once a window, or whoever walks into a limit could fill the log.
        security_log.note("limit_reached", limit=action)
    return count <= limit


def within_networks(action: str, networks: dict[str, int], *, limit: int, seconds: int, amount: int = 1) -> bool:
    """``within`` for a caller: each of its ``networks`` counts, and may have as many times ``limit`` as it has callers.

    So nobody gets more by changing to another address of the same household or the same server.
    """
    # The smallest first, and no further: what it is refused does not use up what its neighbours may do.
    return all(
        within(action, network, limit=limit * callers, seconds=seconds, amount=amount)
        for network, callers in reversed(networks.items())
    )


def reached_by_networks(action: str, networks: dict[str, int], *, limit: int) -> bool:
    """Whether ``within_networks`` would refuse one more."""
    return any(counted(action, network) >= limit * callers for network, callers in networks.items())


def give_back(action: str, networks: dict[str, int]) -> None:
    """Take back one that ``within_networks`` has counted, because nothing came of it."""
    for network in networks:
        # The window may have ended meanwhile; then there is nothing to take back.
        with suppress(ValueError):
            cache.decr(f"limit:{action}:{_hashed(network)}")


def may_mail(request: HttpRequest, address: str, *, known_device: str = "") -> bool:
    """Count one mail with a code or a link to ``address``; False above the limit of a day.

    Devices on which the owner has signed in before count apart, so that a stranger who uses up the five of others
    does not lock the owner out. From all others a network sends only so many, to whomever.
    """
    if not known_device and not within_networks(
        "mail-from-network", client_networks(request), limit=MAILS_PER_NETWORK_AND_DAY, seconds=DAY
    ):
        return False
    key = f"{known_device}@{mailbox(address)}" if known_device else mailbox(address)
    return within("mail-to-address", key, limit=MAILS_PER_ADDRESS_AND_DAY, seconds=DAY)


def counted(action: str, key: str) -> int:
    """How often ``within`` has counted ``action`` of ``key`` in the window so far."""
    return int(cache.get(f"limit:{action}:{_hashed(key)}", 0))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.lower().encode("utf-8", "replace")).hexdigest()[:32]
