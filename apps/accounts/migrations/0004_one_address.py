"""An account has one address: what was added beside it before could still be used to sign in."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Lower


def remove_others(apps, schema_editor):
    EmailAddress = apps.get_model("account", "EmailAddress")
    others = EmailAddress.objects.alias(mine=Lower("user__email"), this=Lower("email")).exclude(mine=F("this"))
    # Only an administrator could change a person's address without a proof: their word has to do for the new one.
    people = {other.user for other in others.filter(verified=True).select_related("user")}
    others.delete()
    for user in people:
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email.lower(), verified=True, primary=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_proven_accounts"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    # Going back brings no address back, and needs none: the code before takes one address as well.
    operations = [migrations.RunPython(remove_others, migrations.RunPython.noop)]
