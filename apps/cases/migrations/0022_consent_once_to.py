from django.db import migrations, models
from django.db.models import Q

ONCE = models.UniqueConstraint(fields=("party", "to"), condition=Q(withdrawn_at=None), name="consent_once_to")
KNOWN = models.CheckConstraint(condition=Q(to__in=["portal", "one_letter", "own_letter"]), name="consent_to_known")
BUILD = "CREATE UNIQUE INDEX CONCURRENTLY {0} ON cases_consent ({1}) WHERE withdrawn_at IS NULL"
KEEP = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM cases_consent WHERE "to" <> 'portal') THEN
            RAISE EXCEPTION 'what parties have said about one letter for all would be lost';
        END IF;
    END $$
"""
DROP = "DROP INDEX CONCURRENTLY IF EXISTS {0}"


class Migration(migrations.Migration):
    """One consent at a time to each of the things there are to agree to."""

    # Indexes are built beside the people who use the portal.
    atomic = False
    dependencies = [("cases", "0021_consent_to")]

    operations = [
        # What an attempt that was broken off has left.
        migrations.RunSQL(DROP.format("consent_once_to"), migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(BUILD.format("consent_once_to", 'party_id, "to"'), DROP.format("consent_once_to")),
                migrations.RunSQL(DROP.format("consent_once"), BUILD.format("consent_once", "party_id")),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="consent", name="consent_once"),
                migrations.AddConstraint(model_name="consent", constraint=ONCE),
            ],
        ),
        migrations.AddConstraint(model_name="consent", constraint=KNOWN),
        # Going back: without the column such a row would say that its party fetches letters in the portal, and it is the
        # only proof of why several got one letter.
        migrations.RunSQL(migrations.RunSQL.noop, KEEP),
    ]
