from django.db import migrations, models

# Those begun before were thought to be sent on the day they were begun.
SENT = "UPDATE cases_hearing SET sent_on = (opened_at AT TIME ZONE 'Europe/Berlin')::date WHERE waived_because = ''"


class Migration(migrations.Migration):
    """When the letter of a hearing went out: one that never did has asked nobody."""

    dependencies = [("cases", "0019_carry_joined")]

    operations = [
        migrations.AddField("hearing", "sent_on", models.DateField(blank=True, null=True)),
        migrations.RunSQL(SENT, migrations.RunSQL.noop),
    ]
