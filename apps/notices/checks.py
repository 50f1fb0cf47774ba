"""What ``manage.py check --deploy`` asks about letters."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # so it is called there


@register(deploy=True)
def letters_are_sealed(**_options: Any) -> list[CheckMessage]:
    """Without a seal nobody can tell a changed file by the file alone; the seal of the demo is none."""
    if settings.SEAL_DEMO_FOLDER is not None:
        hint = "Set DEMO=0."
        return [Error("Letters are sealed by an authority of the demo.", hint=hint, id="portal.E005")]
    if not settings.SEAL_CERTIFICATE:
        hint = "Set SEAL_CERTIFICATE and SEAL_KEY, or a token (SEAL_PKCS11_…); see docs/operations.md."
        return [Warning("Letters go out without a seal.", hint=hint, id="portal.W001")]
    if not settings.SEAL_TIMESTAMP_URL:
        hint = "Set SEAL_TIMESTAMP_URL, or seals are worth nothing after the certificate has run out."
        return [Warning("Nobody but this server says when a letter was sealed.", hint=hint, id="portal.W002")]
    return []
