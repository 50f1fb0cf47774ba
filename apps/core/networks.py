"""From which network somebody comes. Knows nothing of Django: the web server asks it for every connection."""

import ipaddress

# A household or a mobile phone has a /64 or a /56 of IPv6, whoever rents servers up to a /48 (RFC 6177): 65,536 networks
# for one. A provider's phones and households lie side by side, too, so a wide network counts as several callers.
CALLERS = {48: 16, 56: 4, 64: 1}


def networks_of(address: str) -> dict[str, int]:
    """The networks that an address lies in, the widest first, each with the number of callers it may count as.

    An IPv4 address is known by itself. So is what is no address.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return {address: 1}
    if isinstance(found, ipaddress.IPv4Address):
        return {str(found): 1}
    if found.ipv4_mapped is not None:
        return {str(found.ipv4_mapped): 1}
    bits = int(found)
    # By hand: ip_network() takes twenty times as long, and this is asked for every connection.
    return {
        f"{ipaddress.IPv6Address(bits >> (128 - length) << (128 - length))}/{length}": callers
        for length, callers in CALLERS.items()
    }


def named_by_proxies(forwarded: str, proxies: int) -> str:
    """The address that the outermost of ``proxies`` has written into X-Forwarded-For; empty where there is none.

    What stands further left comes from the caller and may be made up.
    """
    named = [part.strip() for part in forwarded.split(",")]
    return named[-proxies] if 0 < proxies <= len(named) else ""
