"""What was a notice is a letter, what was decided is a notice."""

import django.db.models.deletion
from django.db import migrations, models

NAMES = [
    "ALTER TABLE notices_notice RENAME TO notices_letter",
    "ALTER TABLE notices_noticedocument RENAME TO notices_letterdocument",
    "ALTER TABLE notices_letterdocument RENAME COLUMN notice_id TO letter_id",
    "ALTER TABLE notices_noticeattempt RENAME TO notices_letterattempt",
    "ALTER TABLE notices_letterattempt RENAME COLUMN notice_id TO letter_id",
    "ALTER TABLE notices_decision RENAME TO notices_notice",
]
BACK = [
    "ALTER TABLE notices_notice RENAME TO notices_decision",
    "ALTER TABLE notices_letterattempt RENAME COLUMN letter_id TO notice_id",
    "ALTER TABLE notices_letterattempt RENAME TO notices_noticeattempt",
    "ALTER TABLE notices_letterdocument RENAME COLUMN letter_id TO notice_id",
    "ALTER TABLE notices_letterdocument RENAME TO notices_noticedocument",
    "ALTER TABLE notices_letter RENAME TO notices_notice",
]


class Migration(migrations.Migration):
    dependencies = [("notices", "0011_columns")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Notice", "Letter"),
                migrations.RenameModel("NoticeDocument", "LetterDocument"),
                migrations.RenameField("LetterDocument", "notice", "letter"),
                migrations.RenameModel("NoticeAttempt", "LetterAttempt"),
                migrations.RenameField("LetterAttempt", "notice", "letter"),
                migrations.RenameModel("Decision", "Notice"),
                migrations.AlterField(
                    model_name="notice",
                    name="case",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="cases.case"
                    ),
                ),
            ],
            database_operations=[migrations.RunSQL(NAMES, BACK)],
        ),
    ]
