"""Limits on how often something may be done, counted in the cache."""

import hashlib
import ipaddress

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest


def client_key(request: HttpRequest) -> str:
    """The caller's address as a hash, so that no address lies in the cache.

    Of an IPv6 address the first half counts: a connection has all the others (RFC 6177).
    """
    return _hashed(network_of(get_adapter(request).get_client_ip(request)))


def network_of(address: str) -> str:
    """What one connection is known by: its IPv4 address, or the /64 network of its IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


def within(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one ``action`` of ``key``; False once there were more than ``limit`` in the window."""
    name = f"limit:{action}:{_hashed(key)}"
    cache.add(name, 0, timeout=seconds)
    try:
        return cache.incr(name) <= limit
    except ValueError:
        # The window ended between the two calls.
        cache.set(name, 1, timeout=seconds)
        return True


def counted(action: str, key: str) -> int:
    """How often ``within`` has counted ``action`` of ``key`` in the window so far."""
    return int(cache.get(f"limit:{action}:{_hashed(key)}", 0))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()[:32]
