from django.db import migrations

from apps.core.migrating import in_batches

FORWARD = """
UPDATE cases_look SET place_id = accounts_department.place_id FROM accounts_department
WHERE accounts_department.id = cases_look.department_id AND cases_look.place_id IS NULL
AND cases_look.id IN (SELECT id FROM cases_look WHERE {rows})
"""
BACK = """
UPDATE cases_look SET department_id = accounts_department.id FROM accounts_department
WHERE accounts_department.place_id = cases_look.place_id AND cases_look.department_id IS NULL
AND cases_look.id IN (SELECT id FROM cases_look WHERE {rows})
"""
# Before, only departments could look.
NOWHERE = "DELETE FROM cases_look WHERE department_id IS NULL AND id IN (SELECT id FROM cases_look WHERE {rows})"


def back(apps, schema_editor):
    for statement in (BACK, NOWHERE):
        in_batches("cases_look", statement)(apps, schema_editor)


class Migration(migrations.Migration):
    """The department that looked is a place."""

    atomic = False
    dependencies = [("cases", "0015_looks_at_places")]

    operations = [
        migrations.RunPython(in_batches("cases_look", FORWARD), back),
        # So that the next step need not look through the table while nobody else may.
        migrations.RunSQL(
            [
                "ALTER TABLE cases_look DROP CONSTRAINT IF EXISTS look_has_place",
                "ALTER TABLE cases_look ADD CONSTRAINT look_has_place CHECK (place_id IS NOT NULL) NOT VALID",
                "ALTER TABLE cases_look VALIDATE CONSTRAINT look_has_place",
            ],
            "ALTER TABLE cases_look DROP CONSTRAINT IF EXISTS look_has_place",
        ),
    ]
