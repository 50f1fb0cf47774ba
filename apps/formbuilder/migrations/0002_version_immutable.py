"""A version that was published is never changed."""

from django.db import migrations

from apps.core.immutable import forbid_update


class Migration(migrations.Migration):
    dependencies = [("formbuilder", "0001_initial")]

    operations = [forbid_update("formbuilder_formversion")]
