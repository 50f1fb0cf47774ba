"""What migrations of large tables need: work in batches, beside the people who use the portal."""

from collections.abc import Callable
from typing import Any

from django.db import migrations

BATCH = 10_000


def in_batches(table: str, statement: str, *, size: int = BATCH) -> Callable[[Any, Any], None]:
    """For RunPython in a migration that is not atomic: run ``statement`` for ``size`` rows of ``table`` at a time.

    ``statement`` holds the condition ``{rows}`` on its ``id``, which each run puts in. Every batch is a transaction of its
    own, so nothing is locked for longer than one takes; run again after a failure, it does again what it did.
    """

    def run(_apps: Any, schema_editor: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            # Neither numbers nor UUIDs have a common smallest value that PostgreSQL would compare with both.
            after, upto = None, _last_of_batch(cursor, table, None, size)
            while upto is not None:
                rows = "id <= %s" if after is None else "id > %s AND id <= %s"
                cursor.execute(statement.format(rows=rows), [upto] if after is None else [after, upto])
                after, upto = upto, _last_of_batch(cursor, table, upto, size)

    return run


def _last_of_batch(cursor: Any, table: str, after: Any, size: int) -> Any:
    condition, given = ("", []) if after is None else ("WHERE id > %s", [after])
    cursor.execute(
        f"SELECT id FROM (SELECT id FROM {table} {condition} ORDER BY id LIMIT {size}) batch ORDER BY id DESC LIMIT 1",  # noqa: S608  names of tables come from migrations
        given,
    )
    found = cursor.fetchone()
    return found[0] if found else None


def only_back(sql: str) -> migrations.RunSQL:
    """An operation that does something when the migration is taken back, and nothing before."""
    return migrations.RunSQL(migrations.RunSQL.noop, sql)
