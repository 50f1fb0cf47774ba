"""An office with two counters, and somebody who serves it."""

from typing import Any

import pytest

from apps.accounts.models import Department
from tests.appointments import setting


@pytest.fixture
def office(traffic: Department) -> Any:
    return setting.office(counters=2, department=traffic)


@pytest.fixture
def clerk(client: Any, karla: Any) -> Any:
    return client.as_(karla)
