from django.db import migrations, models

# Those begun before were thought to be sent on the day they were begun.
SENT = "UPDATE cases_hearing SET sent_on = (opened_at AT TIME ZONE 'Europe/Berlin')::date WHERE waived_because = ''"


class Migration(migrations.Migration):
    """When a hearing's letter went out and whether it still holds; which messages came by a mailed link."""

    dependencies = [("cases", "0019_carry_joined")]

    operations = [
        migrations.AddField("hearing", "sent_on", models.DateField(blank=True, null=True)),
        migrations.AddField("hearing", "void_on", models.DateField(blank=True, null=True)),
        migrations.AddField("message", "unproved", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(SENT, migrations.RunSQL.noop),
    ]
