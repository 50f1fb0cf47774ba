from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from apps.core.migrating import only_back

# Until now there were codes on paper only. Those whom others have named are few.
JOINED = "UPDATE cases_party SET joined_by = 'code' WHERE role = 'joint' AND account_id IS NOT NULL AND joined_by = ''"


class Migration(migrations.Migration):
    """Whoever has connected an account has done so by a code; taken back, what only a mail has connected is not."""

    dependencies = [("cases", "0018_proposals_and_hearings")]

    operations = [
        migrations.RunSQL(JOINED, migrations.RunSQL.noop),
        only_back("UPDATE cases_party SET account_id = NULL WHERE joined_by = 'mail'"),
        only_back("DELETE FROM cases_accesscode WHERE way = 'mail'"),
        only_back("UPDATE cases_party SET role = 'joint' WHERE role = 'none'"),
        ValidateConstraint(model_name="party", name="party_joined_by_known"),
    ]
