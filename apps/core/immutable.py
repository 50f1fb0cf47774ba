"""For migrations that have landed: rows that are never changed. Today a model names such a trigger itself (pgtrigger)."""

from collections.abc import Sequence

from django.db import migrations


def forbid_update(table: str, columns: Sequence[str] = ()) -> migrations.RunSQL:
    """Migration operation: refuse UPDATEs of ``table`` that change ``columns`` (default: any).

    Deleting stays possible: retention periods end.
    """
    name = f"{table}_immutable"
    compared = (
        " OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in columns) if columns else "NEW IS DISTINCT FROM OLD"
    )
    return migrations.RunSQL(
        sql=[
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF {compared} THEN
                    RAISE EXCEPTION '{table} rows are immutable' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$
            """,
            f"""
            CREATE TRIGGER {name} BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}()
            """,
        ],
        reverse_sql=[f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"],
    )
