"""Limits: whom they count, that they hold for requests at the same moment, and that none is forgotten early."""

import threading
from typing import Any

import pytest
from django.core.cache import caches
from django.core.checks import run_checks
from django.test import RequestFactory

from apps.core import limits
from apps.core.limits import CounterCache
from apps.core.networks import networks_of


def test_counters_of_others_survive_any_number_of_new_ones() -> None:
    cache = CounterCache("test-counters", {"OPTIONS": {"MAX_ENTRIES": 300}})
    cache.set("mine", 4, 3600)
    for number in range(2000):
        cache.add(f"flood-{number}", 1, 3600)
    assert cache.get("mine") == 4
    assert cache.get("flood-0") == 1


def test_full_cache_drops_what_has_run_out() -> None:
    cache = CounterCache("test-counters-2", {"OPTIONS": {"MAX_ENTRIES": 300}})
    for number in range(300):
        cache.add(f"old-{number}", 1, -1)
    cache.add("new", 1, 3600)
    assert len(cache._cache) < 300


def test_default_cache_is_the_one_that_forgets_nothing(settings: Any) -> None:
    assert isinstance(caches["default"], CounterCache)
    assert not isinstance(caches["pages"], CounterCache)


def test_of_many_at_the_same_moment_only_the_limit_gets_through() -> None:
    start = threading.Barrier(16)
    through: list[bool] = []

    def ask() -> None:
        start.wait()
        through.append(limits.within("race", "one", limit=3, seconds=60))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert through.count(True) == 3


def asked(address: str) -> bool:
    """Whether an action that a caller may do three times goes through from ``address``."""
    return limits.within_networks("try", networks_of(address), limit=3, seconds=60)


def test_household_gets_no_more_by_changing_its_network() -> None:
    """A household may have a /56, in which there are 256 networks."""
    through = [asked(f"2001:db8:0:12{number:02x}::1") for number in range(256)]
    assert through.count(True) == 3 * 4
    # The neighbour goes on, whose /48 has room for several callers.
    assert asked("2001:db8:0:1300::1")


def test_server_gets_no_more_by_changing_its_household() -> None:
    """A /48 has 65,536 networks."""
    through = [asked(f"2001:db8:0:{number:02x}01::1") for number in range(256)]
    assert through.count(True) == 3 * 16
    assert asked("2001:db8:1::1")


def test_what_is_given_back_is_so_in_every_network() -> None:
    networks = networks_of("2001:db8::1")
    for _ in range(100):
        assert limits.within_networks("try", networks, limit=3, seconds=60)
        limits.give_back("try", networks)
    assert not limits.reached_by_networks("try", networks, limit=3)
    for _ in range(3):
        assert asked("2001:db8::1")
    assert limits.reached_by_networks("try", networks, limit=3)


def may_mail(address: str, sender: str = "203.0.113.1", **options: str) -> bool:
    """Whether a mail to ``address`` may be asked for from ``sender``."""
    return limits.may_mail(RequestFactory().get("/", REMOTE_ADDR=sender), address, **options)


def test_network_causes_only_so_many_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAILS_PER_NETWORK_AND_DAY", 2)
    assert [may_mail(f"{n}@example.org") for n in range(3)] == [True, True, False]
    assert may_mail("3@example.org", "203.0.113.2")
    assert may_mail("4@example.org", known_device="a device of hers")


def test_address_gets_five_mails_a_day_from_strangers_and_its_own_device_counts_apart() -> None:
    assert [may_mail("anna@example.org") for _ in range(6)] == [True] * 5 + [False]
    assert may_mail("ANNA@example.org", known_device="a device of hers")
    assert not may_mail("ANNA@example.org")
    assert may_mail("bernd@example.org")


def test_spelling_gets_no_further_mails_to_one_mailbox() -> None:
    spellings = [
        "anna@example.org",
        "anna@ｅxample.org",
        "anna@exam\u00adple.org",
        "an.na+1@example.org",
        "ANNA@example.org",
    ]
    assert all(may_mail(spelling) for spelling in spellings)
    assert not any(may_mail(spelling) for spelling in [*spellings, "anna+2@example.org", "anna@exampl\u200de.org"])


@pytest.mark.parametrize(
    ("https", "shared", "found"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_public_portal_with_counters_in_memory_is_an_error(
    settings: Any, https: bool, shared: bool, found: bool
) -> None:
    settings.HTTPS, settings.COUNTERS_SHARED = https, shared
    errors = [e for e in run_checks(include_deployment_checks=True) if e.id == "portal.E001"]
    assert bool(errors) is found
    assert all(e.is_serious() for e in errors)
