import secrets

from django.db import migrations, models

from apps.core.migrating import only_back


class Migration(migrations.Migration):
    """Keys of terminals are made by the standard library: longer by three characters."""

    dependencies = [("appointments", "0009_closed_days")]

    operations = [
        migrations.AlterField(
            model_name="officepolicy",
            name="terminal_key",
            field=models.CharField(default=secrets.token_urlsafe, editable=False, max_length=43, unique=True),
        ),
        only_back("UPDATE appointments_officepolicy SET terminal_key = left(terminal_key, 40)"),
    ]
