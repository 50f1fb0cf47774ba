#!/usr/bin/env python
"""Django's command line; without DATABASE_URL it uses the embedded PostgreSQL in var/."""

import os
import secrets
import sys

# Auditors run these on a machine that has no portal: they start nothing.
WITHOUT_DATABASE = ("deadline", "kita_instance", "kita_match", "kita_verify")


def main() -> None:
    """Run a management command with a database at hand, if it needs one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] and sys.argv[1] in WITHOUT_DATABASE:
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
        os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
        execute_from_command_line(sys.argv)
        return
    from wolfsburg_portal.engines import database

    with database():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
