"""Limits on how often something may be done, counted in the cache."""

import hashlib

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest


def client_key(request: HttpRequest) -> str:
    """The caller's address as a hash, so that no address lies in the cache."""
    return _hashed(get_adapter(request).get_client_ip(request))


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


def _hashed(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()[:32]
