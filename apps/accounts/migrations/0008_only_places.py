import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A role has a place and no department any more."""

    dependencies = [("accounts", "0007_carry_places")]

    operations = [
        migrations.AlterField(
            model_name="department",
            name="place",
            field=models.OneToOneField(
                editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s",
                to="accounts.place",
            ),
        ),
        migrations.RemoveField(model_name="staffrole", name="department"),
        migrations.RenameModel(old_name="StaffRole", new_name="Membership"),
        migrations.AlterField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(max_length=20, verbose_name="Rolle"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("user", "place", "role"), name="membership_unique", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("place", None), ("role", "cdo"))
                | models.Q(models.Q(("role", "cdo"), _negated=True), ("place__isnull", False)),
                name="membership_place",
            ),
        ),
    ]  # fmt: skip
