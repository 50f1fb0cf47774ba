"""What the environment says is what the portal runs with."""

import json
import os
import subprocess
import sys

import pytest

SHOW = (
    "import json; from django.conf import settings as s;"
    "print(json.dumps({'database': s.DATABASES['default']['OPTIONS'], 'mail': s.MAILERS['default']['OPTIONS']}))"
)


def settings_with(**environment: str) -> dict[str, dict[str, object]]:
    """Options of database and mail server in a process of its own, which nothing has configured yet."""
    given = {**os.environ, "SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "wolfsburg_portal.settings", **environment}
    shown = subprocess.run([sys.executable, "-c", SHOW], env=given, capture_output=True, text=True, check=True)
    read: dict[str, dict[str, object]] = json.loads(shown.stdout)
    return read


def test_options_of_the_database_address_are_kept_beside_our_own() -> None:
    options = settings_with(DATABASE_URL="postgres://a:b@db/portal?sslmode=verify-full&sslrootcert=/ca.pem")["database"]
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert "statement_timeout=30s" in str(options["options"])


@pytest.mark.parametrize(
    ("address", "port"),
    [("smtp://mail", 25), ("smtp+tls://mail", 587), ("smtp+ssl://mail", 465), ("smtp+ssl://mail:4650", 4650)],
)
def test_mail_server_without_a_port_is_asked_at_the_one_of_its_kind(address: str, port: int) -> None:
    assert settings_with(EMAIL_URL=address)["mail"]["port"] == port
