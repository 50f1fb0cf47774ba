import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who has looked, has done so in a place: makes room for it."""

    dependencies = [("accounts", "0007_carry_places"), ("cases", "0014_access_codes")]

    operations = [
        migrations.AddField(
            model_name="look",
            name="place",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="accounts.place",
            ),
        ),
        migrations.AlterField(
            model_name="look",
            name="department",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
            ),
        ),
    ]  # fmt: skip
