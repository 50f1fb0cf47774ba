from django.db import migrations

# Departments are a handful.
PLACES = """
WITH numbered AS (
    SELECT id, nextval(pg_get_serial_sequence('accounts_place', 'id')) AS place
    FROM accounts_department WHERE place_id IS NULL
), made AS (
    INSERT INTO accounts_place (id, kind) SELECT place, 'department' FROM numbered
)
UPDATE accounts_department SET place_id = numbered.place FROM numbered WHERE accounts_department.id = numbered.id
"""
ROLES = """
UPDATE accounts_staffrole SET place_id = accounts_department.place_id
FROM accounts_department WHERE accounts_staffrole.department_id = accounts_department.id
"""
BACK = """
UPDATE accounts_staffrole SET department_id = accounts_department.id
FROM accounts_department WHERE accounts_staffrole.place_id = accounts_department.place_id
"""
# Before, there was nowhere else to hold a role.
NOWHERE = "DELETE FROM accounts_staffrole WHERE place_id IS NOT NULL AND department_id IS NULL"


class Migration(migrations.Migration):
    """Every department becomes a place, and every role is held there."""

    dependencies = [("accounts", "0006_places")]

    operations = [
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(ROLES, [BACK, NOWHERE]),
    ]
