"""Whatever a machine sends: no 500, and no answer outside the schema."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from rest_framework.throttling import AnonRateThrottle
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from tests.appointments import setting

pytestmark = pytest.mark.django_db
SOAK = "--soak" in sys.argv


@pytest.fixture
def api(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The schema of the running code, with a town hall behind it."""
    settings.SECURE_SSL_REDIRECT = False
    settings.APPOINTMENT_HOLDS_PER_HOUR = 10**6
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "1000000/minute"})
    setting.office()
    # The test's connection to the database must outlive the request, as with Django's own client.
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=get_wsgi_application(), config=config)
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


# How what does not fit is refused: what is too long to be looked at (413) as well.
REFUSALS = [400, 404, 405, 406, 413, 415, 428, 429]
# A method the schema does not name, and data it does allow but the offices do not: which refusal is ours to choose.
LEFT_OUT = ("unsupported_method", "positive_data_acceptance", "ignored_auth")


def test_api_answers_by_its_schema(api: Any) -> None:
    checks = [check for check in CHECKS.get_all() if check.__name__ in LEFT_OUT]
    seen = set()
    for result in api.get_all_operations():
        operation = result.ok()
        seen.add(operation.label)

        @hypothesis_settings(max_examples=1000 if SOAK else 100, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            case=operation.as_strategy(schemathesis.GenerationMode.POSITIVE)
            | operation.as_strategy(schemathesis.GenerationMode.NEGATIVE)
        )
        def answers(case: Any) -> None:
            case.call_and_validate(excluded_checks=checks)

        answers()
    assert {"POST /api/v1/appointments/holds", "GET /api/v1/appointments/slots", "GET /api/v1/services/"} <= seen
