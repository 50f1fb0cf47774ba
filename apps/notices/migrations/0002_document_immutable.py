"""A finished letter is never changed."""

from django.db import migrations

from apps.core.immutable import forbid_update


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [forbid_update("notices_noticedocument")]
