"""Pages of the catalogue show departments: a change to one makes them new."""

from django.db import migrations

from apps.core.stamps import bump_on_change


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("core", "0003_stamp")]

    operations = [bump_on_change("accounts_department", "catalogue")]
