import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


OLD = """
    CREATE FUNCTION cases_timelineentry_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.at IS DISTINCT FROM OLD.at OR NEW.act IS DISTINCT FROM OLD.act OR NEW.public IS DISTINCT FROM OLD.public OR NEW.data IS DISTINCT FROM OLD.data OR NEW.only_for IS DISTINCT FROM OLD.only_for THEN
            RAISE EXCEPTION 'cases_timelineentry rows are immutable' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER cases_timelineentry_immutable BEFORE UPDATE ON cases_timelineentry FOR EACH ROW EXECUTE FUNCTION cases_timelineentry_immutable();
"""
GO = "DROP TRIGGER cases_timelineentry_immutable ON cases_timelineentry; DROP FUNCTION cases_timelineentry_immutable();"


class Migration(migrations.Migration):
    """What happened is not rewritten: the same trigger as before, but one that the model names."""

    dependencies = [
        ("cases", "0022_consent_once_to"),
    ]

    operations = [
        migrations.RunSQL(GO, OLD),
        pgtrigger.migrations.AddTrigger(
            model_name="timelineentry",
            trigger=pgtrigger.compiler.Trigger(
                name="never_rewritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."case_id" IS DISTINCT FROM (NEW."case_id") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."public" IS DISTINCT FROM (NEW."public") OR OLD."only_for" IS DISTINCT FROM (NEW."only_for") OR OLD."data" IS DISTINCT FROM (NEW."data"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c2ecd8f78216cd478523ae69d9131b331f619b31",
                    operation="UPDATE",
                    pgid="pgtrigger_never_rewritten_135bc",
                    table="cases_timelineentry",
                    when="BEFORE",
                ),
            ),
        ),
    ]
