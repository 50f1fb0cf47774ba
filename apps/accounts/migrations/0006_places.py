import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Roles are held in places, of which departments are one kind; this makes room for them beside what there is."""

    dependencies = [("accounts", "0005_country")]

    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
            ],
            options={"verbose_name": "Ort einer Rolle", "verbose_name_plural": "Orte von Rollen"},
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(condition=~models.Q(kind=""), name="place_has_kind"),
        ),
        migrations.AddField(
            model_name="department",
            name="place",
            field=models.OneToOneField(
                editable=False, null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s", to="accounts.place",
            ),
        ),
        migrations.AddField(
            model_name="staffrole",
            name="place",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="memberships",
                to="accounts.place", verbose_name="Ort",
            ),
        ),
        # They hold what was; in the last step others hold what is. Taken back, they come when everything is there again.
        migrations.RemoveConstraint(model_name="staffrole", name="staff_role_unique"),
        migrations.RemoveConstraint(model_name="staffrole", name="staff_role_place"),
    ]  # fmt: skip
