"""Tests that share costly set-up stay together: each group runs in one process."""

import os

import pytest

pytestmark = pytest.mark.xdist_group("together")


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process has no groups")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """pytest-xdist names the group in the test's id, and goes by that."""
    assert request.node.nodeid.endswith("@together")
