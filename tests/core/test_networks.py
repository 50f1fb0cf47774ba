"""From which network somebody comes."""

import pytest

from apps.core.networks import named_by_proxies, networks_of


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.1", {"192.0.2.1": 1}),
        ("::ffff:192.0.2.1", {"192.0.2.1": 1}),
        (
            "2001:db8:1:2345:ffff::9",
            {"2001:db8:1::/48": 16, "2001:db8:1:2300::/56": 4, "2001:db8:1:2345::/64": 1},
        ),
        ("2001:db8::1%eth0", {"2001:db8::/48": 16, "2001:db8::/56": 4, "2001:db8::/64": 1}),
        ("unknown", {"unknown": 1}),
    ],
)
def test_an_address_of_version_four_or_the_networks_of_one_of_version_six(
    address: str, networks: dict[str, int]
) -> None:
    assert networks_of(address) == networks


def test_the_widest_network_comes_first() -> None:
    assert list(networks_of("2001:db8::1").values()) == [16, 4, 1]


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
