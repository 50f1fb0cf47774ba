"""Where several are named, only the one who filed has seen anything here: what there is stays theirs."""

from django.db import migrations

from apps.core.migrating import in_batches

TRIGGER = """
    CREATE OR REPLACE FUNCTION cases_timelineentry_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {compared} THEN
            RAISE EXCEPTION 'cases_timelineentry rows are immutable' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
"""
OLD = ("case_id", "at", "act", "public", "data")


def compared(columns: tuple[str, ...]) -> str:
    return TRIGGER.format(compared=" OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in columns))


OF_THE_FIRST = """
    UPDATE {table} row
    SET only_for = ARRAY[(
        SELECT p.id FROM cases_party p WHERE p.case_id = row.case_id
        ORDER BY p.account_id IS NULL, p.role <> 'applicant', p.id LIMIT 1
    )]
    WHERE {{rows}} AND EXISTS (SELECT 1 FROM cases_party o WHERE o.case_id = row.case_id AND o.role <> 'applicant')
"""
TOLD = " AND act IN ('asked', 'answered', 'message', 'message_in', 'notice_ready', 'notice_opened', 'notice_posted')"


def carry(table: str, more: str = "") -> migrations.RunPython:
    return migrations.RunPython(in_batches(table, OF_THE_FIRST.format(table=table) + more), migrations.RunPython.noop)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0011_audience")]

    operations = [
        carry("cases_message"),
        carry("cases_attachment"),
        carry("cases_timelineentry", TOLD),
        # From now on that does not change either.
        migrations.RunSQL(compared((*OLD, "only_for")), compared(OLD)),
    ]
