"""The day of the mail about a letter, as far as the mail is still known, and which letters go abroad; in batches."""

from django.db import migrations

from apps.core.migrating import in_batches

DAYS = """
    UPDATE notices_delivery SET notified_on = (
        SELECT (mail.sent_at AT TIME ZONE 'Europe/Berlin')::date FROM core_outgoingemail mail
        WHERE mail.id = notices_delivery.notification_id AND mail.status = 'sent'
    ) WHERE notified_on IS NULL AND notification_id IS NOT NULL AND {rows}
"""
COUNTRIES = """
    UPDATE notices_delivery SET abroad = true WHERE NOT abroad AND EXISTS (
        SELECT FROM cases_partycontact contact
        WHERE contact.party_id = notices_delivery.party_id AND contact.country <> 'DE'
    ) AND {rows}
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("cases", "0023_triggers"),
        ("core", "0006_facts_of_appointments"),
        ("notices", "0015_days_countries_codes"),
    ]

    operations = [
        migrations.RunPython(in_batches("notices_delivery", statement), migrations.RunPython.noop)
        for statement in (DAYS, COUNTRIES)
    ]
