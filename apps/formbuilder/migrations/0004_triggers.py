import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


OLD = """
    CREATE FUNCTION formbuilder_formversion_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'formbuilder_formversion rows are immutable' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER formbuilder_formversion_immutable BEFORE UPDATE ON formbuilder_formversion FOR EACH ROW EXECUTE FUNCTION formbuilder_formversion_immutable();
"""
GO = "DROP TRIGGER formbuilder_formversion_immutable ON formbuilder_formversion; DROP FUNCTION formbuilder_formversion_immutable();"


class Migration(migrations.Migration):
    """A version is never written again: the same trigger as before, but one that the model names."""

    dependencies = [
        ("formbuilder", "0003_edited"),
    ]

    operations = [
        migrations.RunSQL(GO, OLD),
        pgtrigger.migrations.AddTrigger(
            model_name="formversion",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="75228006daf38f14256cf7565ff18c8ef9f752fc",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_031fb",
                    table="formbuilder_formversion",
                    when="BEFORE",
                ),
            ),
        ),
    ]
