"""That a letter's mail reached nobody stands with the letter, since mails are erased after a while."""

from django.db import migrations, models
from django.db.models.functions import Now


def note_what_mails_say(apps, schema_editor):
    Notice = apps.get_model("notices", "Notice")
    lost = Notice.objects.filter(notification__status__in=["undeliverable", "dead"], delivery="portal", opened_at=None)
    lost.update(unreachable_at=Now())


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0004_remedy_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="unreachable_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(note_what_mails_say, migrations.RunPython.noop),
    ]
