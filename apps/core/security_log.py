"""The security log: one line an event, with the person's id and the network, never with personal data.

``docs/operations.md`` lists the events. A line reads ``security event=sign_in person=12 network=203.0.113.0/24``; the
network is cut to what a provider gives many people (/24, /48), for an address alone may name a household.
"""

import ipaddress
import logging
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

log = logging.getLogger("security")

# Every event there is; whoever notes another one finds out in the first test.
EVENTS = frozenset({
    "sign_in", "sign_in_failed", "sign_out", "code_failed", "factor_failed", "factor_added", "factor_removed",
    "factor_reset", "setup_link_made", "setup_link_used", "password_changed", "password_reset", "address_changed",
    "address_proved", "sessions_ended", "account_closed", "role_changed", "access_refused", "limit_reached",
    "upload_refused", "upload_limit_broken",
})  # fmt: skip


def note(
    event: str, *, person: Any = None, by: Any = None, request: HttpRequest | None = None, **facts: object
) -> None:
    """Write one line. ``person`` is whom it happens to and ``by`` who does it, as rows or ids.

    ``facts`` are words and numbers of ours (a method, a route, a limit), never what somebody typed.
    Raises ValueError for an event that is not listed.
    """
    if event not in EVENTS:
        raise ValueError(f"unknown security event {event!r}")
    request = request if request is not None else context.request
    fields: dict[str, object] = {"event": event, "person": _id(person), "by": _id(by), "network": _network(request)}
    line = " ".join(f"{key}={value}" for key, value in (fields | facts).items() if value not in (None, ""))
    log.info("%s", line)


def _id(person: Any) -> object:
    return getattr(person, "pk", person)


def _network(request: HttpRequest | None) -> str:
    """The network of the caller, coarse enough not to name a household; empty where there is none."""
    if request is None:
        return ""
    try:
        address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    except (ValueError, PermissionDenied):
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
