"""Fills a database with a dump and takes it through migrations: ``python -m tests.migrations.carrying DUMP``.

Run with DATABASE_URL of an empty database. Prints one JSON object: what was there before the migrations, after them, after
taking them back, and after going forward again; each by table, and in it by primary key.
"""

import gzip
import json
import os
import sys
from typing import Any

import django

# By table, the column that says which row is which.
KEYS = {
    "cases_case": "id", "cases_party": "id", "cases_timelineentry": "id", "cases_attachment": "id", "cases_message": "id",
    "notices_notice": "id", "notices_noticedocument": "notice_id", "notices_noticeattempt": "id",
    "cases_partycontact": "party_id", "cases_consent": "party_id", "cases_mandate": "principal_id",
    "notices_letter": "id", "notices_letterdocument": "letter_id", "notices_letterattempt": "id", "notices_delivery": "id",
    "notices_letterpreview": "id",
}  # fmt: skip


def main(path: str) -> None:
    """Restore, forward, back, forward."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()
    with gzip.open(path) as file:
        dump = json.load(file)
    seen = {}
    migrate(dump["migrations"].items())
    restore(dump["tables"])
    seen["before"] = snapshot()
    migrate(None)
    seen["after"] = snapshot()
    migrate(dump["migrations"].items())
    seen["back"] = snapshot()
    migrate(None)
    seen["again"] = snapshot()
    print(json.dumps(seen, default=str))


def migrate(targets: Any) -> None:
    """To the newest migrations, or to the given ones of each app."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    known = {app for app, _name in executor.loader.graph.nodes}
    wanted = executor.loader.graph.leaf_nodes() if targets is None else [t for t in targets if t[0] in known]
    executor.migrate(wanted)


def restore(tables: dict[str, Any]) -> None:
    """Put rows in place of what the migrations have made."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for name, table in tables.items():
            with cursor.copy(f"COPY {name} ({table['columns']}) FROM STDIN") as copy:
                copy.write(table["rows"])


def snapshot() -> dict[str, dict[str, Any]]:
    """The rows of the tables that are there; bytes as their digest."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        there = {name for (name,) in cursor.fetchall()}
        for name, key in KEYS.items():
            if name not in there:
                continue
            cursor.execute(f"SELECT * FROM {name} ORDER BY {key}")  # noqa: S608  names of our own
            columns = [column.name for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            found[name] = {str(row[key]): {c: _plain(v) for c, v in row.items()} for row in rows}
    return found


def _plain(value: Any) -> Any:
    import hashlib

    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes | memoryview) else value


if __name__ == "__main__":
    main(sys.argv[1])
