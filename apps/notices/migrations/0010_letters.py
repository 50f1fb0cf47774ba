"""What was a notice is a letter, what was decided is a notice; pages that are shown before a decision may show several letters."""

import django.db.models.deletion
from django.db import migrations, models

from apps.core.migrating import only_back
from apps.notices.migrations._letters_mirror import MIRROR, NO_MIRROR

# What came while the columns were there and the triggers were not (the migration had been taken back, or failed).
MISSED = """
    UPDATE notices_notice SET status = status WHERE notice_id IS NULL;
    SET CONSTRAINTS ALL IMMEDIATE
"""
# A notice of one letter goes back as it was. Of several, only the first can: what was sent to others is in no older table.
BACK = """
    CREATE TEMPORARY TABLE further ON COMMIT DROP AS
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY notice_id ORDER BY created_at, id) AS place FROM notices_notice
    ) counted WHERE place > 1;
    DELETE FROM notices_delivery_also_to WHERE delivery_id IN (
        SELECT id FROM notices_delivery WHERE letter_id IN (SELECT id FROM further)
    );
    UPDATE notices_delivery SET again_id = NULL WHERE again_id IS NOT NULL;
    DELETE FROM notices_delivery WHERE letter_id IN (SELECT id FROM further);
    DELETE FROM notices_noticedocument WHERE notice_id IN (SELECT id FROM further);
    DELETE FROM notices_noticeattempt WHERE notice_id IN (SELECT id FROM further);
    DELETE FROM notices_notice WHERE id IN (SELECT id FROM further);
    UPDATE notices_notice n
    SET case_id = d.case_id, number = d.number, title = d.title, result_de = d.result_de, result_en = d.result_en,
        decided_by_id = d.decided_by_id
    FROM notices_decision d WHERE d.id = n.notice_id;
    UPDATE notices_notice n
    SET delivery = s.way, notification_id = s.notification_id, opened_at = s.opened_at,
        available_until = s.available_until, unreachable_at = s.unreachable_at, posted_on = s.posted_on,
        posted_by_id = s.posted_by_id
    FROM notices_delivery s WHERE s.letter_id = n.id AND NOT s.is_copy;
    SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0009_carry_letters"), ("cases", "0010_parties_apart")]

    operations = [
        migrations.RunSQL(MISSED, migrations.RunSQL.noop),
        migrations.RunSQL(NO_MIRROR, [*NO_MIRROR, *MIRROR]),
        migrations.AlterModelOptions(
            name="notice",
            options={"ordering": ["created_at", "pk"], "verbose_name": "Brief", "verbose_name_plural": "Briefe"},
        ),
        migrations.RemoveConstraint(model_name="notice", name="notice_case_number_unique"),
        migrations.RemoveConstraint(model_name="notice", name="notice_posted_is_done"),
        migrations.RemoveIndex(model_name="notice", name="notice_to_post_idx"),
        migrations.AlterField(
            model_name="notice",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="notices.decision"
            ),
        ),
        # So that they can come back empty, to be filled.
        migrations.AlterField(
            model_name="notice",
            name="case",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="cases.case"
            ),
        ),
        migrations.AlterField(model_name="notice", name="number", field=models.PositiveSmallIntegerField(null=True)),
        migrations.AlterField(model_name="notice", name="title", field=models.CharField(max_length=200, null=True)),
        migrations.AlterField(model_name="notice", name="result_de", field=models.CharField(max_length=300, null=True)),
        migrations.AlterField(model_name="notice", name="result_en", field=models.CharField(max_length=300, null=True)),
        only_back(BACK),
        migrations.RemoveField(model_name="notice", name="case"),
        migrations.RemoveField(model_name="notice", name="number"),
        migrations.RemoveField(model_name="notice", name="title"),
        migrations.RemoveField(model_name="notice", name="result_de"),
        migrations.RemoveField(model_name="notice", name="result_en"),
        migrations.RemoveField(model_name="notice", name="decided_by"),
        migrations.RemoveField(model_name="notice", name="delivery"),
        migrations.RemoveField(model_name="notice", name="notification"),
        migrations.RemoveField(model_name="notice", name="opened_at"),
        migrations.RemoveField(model_name="notice", name="available_until"),
        migrations.RemoveField(model_name="notice", name="unreachable_at"),
        migrations.RemoveField(model_name="notice", name="posted_on"),
        migrations.RemoveField(model_name="notice", name="posted_by"),
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
