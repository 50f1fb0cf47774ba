"""Messages, files and entries of the timeline may be for some parties only."""

import django.contrib.postgres.fields
from django.db import migrations, models


def only_for(model: str) -> migrations.AddField:
    return migrations.AddField(
        model_name=model,
        name="only_for",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.BigIntegerField(), blank=True, null=True, size=None
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_parties_apart")]

    operations = [
        only_for("attachment"),
        only_for("message"),
        only_for("timelineentry"),
    ]
