import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


OLD = """
    CREATE FUNCTION notices_noticedocument_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'notices_noticedocument rows are immutable' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER notices_noticedocument_immutable BEFORE UPDATE ON notices_letterdocument FOR EACH ROW EXECUTE FUNCTION notices_noticedocument_immutable();
"""
GO = "DROP TRIGGER notices_noticedocument_immutable ON notices_letterdocument; DROP FUNCTION notices_noticedocument_immutable();"


class Migration(migrations.Migration):
    """A document is never changed: the same trigger as before, but one that the model names."""

    dependencies = [
        ("notices", "0013_previews"),
    ]

    operations = [
        migrations.RunSQL(GO, OLD),
        pgtrigger.migrations.AddTrigger(
            model_name="letterdocument",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="53ebfb5903449052503de499e6d53238e453e0b2",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_98d7a",
                    table="notices_letterdocument",
                    when="BEFORE",
                ),
            ),
        ),
    ]
