#!/usr/bin/env python
"""Django's command line; without DATABASE_URL it uses the embedded PostgreSQL in var/."""

import os
import sys


def main() -> None:
    """Run a management command with a database at hand."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    from django.core.management import execute_from_command_line

    from wolfsburg_portal.engines import database

    with database():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
