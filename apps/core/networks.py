"""From which network somebody comes. Knows nothing of Django: the web server asks it for every connection."""

import ipaddress


def network_of(address: str) -> str:
    """What one connection is known by: its IPv4 address, or the /64 network of its IPv6 address (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


def named_by_proxies(forwarded: str, proxies: int) -> str:
    """The address that the outermost of ``proxies`` has written into X-Forwarded-For; empty where there is none.

    What stands further left comes from the caller and may be made up.
    """
    named = [part.strip() for part in forwarded.split(",")]
    return named[-proxies] if 0 < proxies <= len(named) else ""
