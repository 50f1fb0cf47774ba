"""Every letter has its notice; from here on nothing is mirrored any more.

What follows is parted into short transactions: each holds its locks for a moment only.
"""

import django.db.models.deletion
from django.db import migrations, models

from apps.notices.migrations._letters_mirror import MIRROR, NO_MIRROR

# What came while the columns were there and the triggers were not (the migration had been taken back, or failed).
MISSED = """
    UPDATE notices_notice SET status = status WHERE notice_id IS NULL;
    SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0009_carry_letters"), ("cases", "0010_parties_apart")]

    operations = [
        migrations.RunSQL(MISSED, migrations.RunSQL.noop),
        migrations.RunSQL(NO_MIRROR, [*NO_MIRROR, *MIRROR]),
        migrations.AlterField(
            model_name="notice",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="notices.decision"
            ),
        ),
        # It has spared the whole table a look while nobody could read it.
        migrations.RunSQL(
            "ALTER TABLE notices_notice DROP CONSTRAINT IF EXISTS letter_has_notice", migrations.RunSQL.noop
        ),
    ]
