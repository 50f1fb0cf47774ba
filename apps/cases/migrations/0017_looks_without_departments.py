import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A look has a place and no department any more."""

    dependencies = [("accounts", "0008_only_places"), ("cases", "0016_carry_looks")]

    operations = [
        migrations.AlterField(
            model_name="look",
            name="place",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.place"
            ),
        ),
        migrations.RunSQL("ALTER TABLE cases_look DROP CONSTRAINT look_has_place", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="look", name="department"),
    ]
