"""What is shown before a decision may be several letters."""

from django.db import migrations, models

from apps.core.migrating import only_back


class Migration(migrations.Migration):
    dependencies = [("notices", "0012_names")]

    operations = [
        migrations.AddField(model_name="letterpreview", name="letters", field=models.JSONField(default=list)),
        migrations.RunSQL(
            "UPDATE notices_letterpreview SET letters = jsonb_build_array(context) WHERE template <> ''",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(model_name="letterpreview", name="context"),
        # They are made again with a press.
        only_back("DELETE FROM notices_previewpage; DELETE FROM notices_letterpreview; SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AddField(model_name="previewpage", name="letter", field=models.PositiveSmallIntegerField(default=1)),
    ]
