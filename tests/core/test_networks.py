"""From which network somebody comes."""

import pytest

from apps.core.networks import named_by_proxies, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_of_version_four_or_half_of_one_of_version_six(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.9", 1, "203.0.113.9"),
        ("made up, 203.0.113.9", 1, "203.0.113.9"),
        ("203.0.113.9, 10.0.0.1", 2, "203.0.113.9"),
        ("203.0.113.9", 0, ""),
        ("203.0.113.9", 2, ""),
        ("", 1, ""),
    ],
)
def test_only_what_the_proxies_wrote_is_believed(forwarded: str, proxies: int, address: str) -> None:
    assert named_by_proxies(forwarded, proxies) == address
