"""What ``manage.py check --deploy`` asks of a portal that people reach."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.caches, deploy=True)
def counters_are_shared(**_options: Any) -> list[Error]:
    """Limits that each process counts for itself are no limits."""
    if settings.COUNTERS_SHARED or not settings.HTTPS:
        return []
    return [
        Error(
            "Limits are counted in the memory of each web process.",
            hint="Set COUNTERS_URL to a Redis with maxmemory-policy noeviction that all processes share.",
            id="portal.E001",
        )
    ]
