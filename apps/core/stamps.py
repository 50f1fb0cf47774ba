"""Stamps: a number per group of tables that the database raises with every change to them.

What is computed from those tables can be kept under the stamp's value and is never stale, for
the trigger bumps it in the transaction of the change itself, bulk writes and raw SQL included.
"""

from django.db import connection, migrations

FUNCTION = "core_bump_stamp"


def bump_on_change(table: str, stamp: str) -> migrations.RunSQL:
    """Migration operation: every INSERT, UPDATE or DELETE on ``table`` raises ``stamp``."""
    name = f"{table}_bumps_{stamp}"
    return migrations.RunSQL(
        sql=f"""
            CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}('{stamp}')
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}",
    )


def value_of(stamp: str) -> int:
    """The stamp's value now; 0 before the first change. No value ever stands for two states."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM core_stamp WHERE name = %s", [stamp])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
