"""What ``manage.py check --deploy`` asks of a portal that people reach."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from stdnum import iban

from apps.core.sockets import retention_rules


@register(deploy=True)
def charges_can_be_paid(**_options: Any) -> list[Error]:
    """Without an account nobody can pay, and no charge can be decided."""
    errors = []
    if not iban.is_valid(settings.CITY_ACCOUNT["iban"]):
        hint = "Set it to the account charges are paid to."
        errors.append(Error("CITY_IBAN is not an IBAN.", hint=hint, id="portal.E002"))
    try:
        settings.KASSENZEICHEN.format(reference="", year=2026)
    except (LookupError, ValueError):
        hint = "It may contain {reference} and {year}."
        errors.append(Error("KASSENZEICHEN is no rule.", hint=hint, id="portal.E003"))
    return errors


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


@register
def periods_are_set(**_options: Any) -> list[Error]:
    """A rule without a period would fail every night, and only the log would say so."""
    missing = sorted({rule.key for rule in retention_rules} - settings.RETENTION_DAYS.keys())
    return [
        Error(f"RETENTION_DAYS has no {key}.", hint="See settings/retention.py.", id="portal.E004") for key in missing
    ]
