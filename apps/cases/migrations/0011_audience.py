"""Messages, files and entries of the timeline may be for some parties only."""

import django.contrib.postgres.fields
from django.db import migrations, models

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


# Where several are named, only the one who filed has seen anything here: what there is stays theirs.
FIRST = """
    (SELECT id FROM cases_party WHERE case_id = row.case_id ORDER BY account_id IS NULL, role <> 'applicant', id LIMIT 1)
"""
SEVERAL = "row.case_id IN (SELECT case_id FROM cases_party GROUP BY case_id HAVING count(*) > 1)"
TOLD = "('asked', 'answered', 'message', 'message_in', 'notice_ready', 'notice_opened', 'notice_posted')"
# Names of our own tables.
OF_THE_FIRST = "UPDATE {table} row SET only_for = ARRAY[" + FIRST + "] WHERE " + SEVERAL  # noqa: S608
CARRY = [
    OF_THE_FIRST.format(table="cases_message"),
    OF_THE_FIRST.format(table="cases_attachment"),
    OF_THE_FIRST.format(table="cases_timelineentry") + f" AND act IN {TOLD}",
]


def only_for(model: str) -> migrations.AddField:
    return migrations.AddField(
        model_name=model,
        name="only_for",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.BigIntegerField(), blank=True, null=True, size=None
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_parties_apart")]

    operations = [
        only_for("attachment"),
        only_for("message"),
        only_for("timelineentry"),
        migrations.RunSQL(CARRY, migrations.RunSQL.noop),
        migrations.RunSQL(compared((*OLD, "only_for")), compared(OLD)),
    ]
