"""What happened is not rewritten; only references to deleted people and mails may go."""

from django.db import migrations

from apps.core.immutable import forbid_update


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [forbid_update("cases_timelineentry", ["case_id", "at", "act", "public", "data"])]
