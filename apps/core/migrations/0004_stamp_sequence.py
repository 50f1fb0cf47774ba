"""A stamp's value comes from a sequence, so that none appears twice: not even one that was rolled back."""

from django.db import migrations

UP = """
CREATE SEQUENCE core_stamp_values;
SELECT setval('core_stamp_values', greatest((SELECT coalesce(max(value), 0) FROM core_stamp), 1));
CREATE OR REPLACE FUNCTION core_bump_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_stamp (name, value) VALUES (TG_ARGV[0], nextval('core_stamp_values'))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    RETURN NULL;
END $$;
"""
DOWN = """
CREATE OR REPLACE FUNCTION core_bump_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_stamp (name, value) VALUES (TG_ARGV[0], 1)
    ON CONFLICT (name) DO UPDATE SET value = core_stamp.value + 1;
    RETURN NULL;
END $$;
DROP SEQUENCE core_stamp_values;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_stamp")]

    operations = [migrations.RunSQL(UP, DOWN)]
