"""Carry decisions and deliveries over, in batches; the triggers of 0008 do the work for every row that is touched."""

import django.db.models.deletion
from django.db import migrations, models

from apps.core.migrating import in_batches


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notices", "0008_letters_beside")]

    operations = [
        migrations.RunPython(
            in_batches("notices_notice", "UPDATE notices_notice SET status = status WHERE {rows}", size=5_000),
            migrations.RunPython.noop,
        ),
        # So that the column can be told to be never empty without a look at every row under a lock.
        migrations.RunSQL(
            [
                "ALTER TABLE notices_notice DROP CONSTRAINT IF EXISTS letter_has_notice",
                "ALTER TABLE notices_notice ADD CONSTRAINT letter_has_notice CHECK (notice_id IS NOT NULL) NOT VALID",
                "ALTER TABLE notices_notice VALIDATE CONSTRAINT letter_has_notice",
            ],
            "ALTER TABLE notices_notice DROP CONSTRAINT IF EXISTS letter_has_notice",
        ),
        # What an attempt that was broken off has left.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS notices_letter_notice_id_idx", migrations.RunSQL.noop),
        # The index that a foreign key has, made beside those who read and write.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY notices_letter_notice_id_idx ON notices_notice (notice_id)",
                    "DROP INDEX CONCURRENTLY notices_letter_notice_id_idx",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="notice",
                    name="notice",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letters",
                        to="notices.decision",
                    ),
                )
            ],
        ),
    ]
