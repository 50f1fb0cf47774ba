"""What stands with notices and deliveries goes from the letters: in one statement, for each waits for a lock."""

from django.db import migrations

DROP = """
    ALTER TABLE notices_notice
        DROP COLUMN case_id,
        DROP COLUMN number,
        DROP COLUMN title,
        DROP COLUMN result_de,
        DROP COLUMN result_en,
        DROP COLUMN decided_by_id,
        DROP COLUMN delivery,
        DROP COLUMN notification_id,
        DROP COLUMN opened_at,
        DROP COLUMN available_until,
        DROP COLUMN unreachable_at,
        DROP COLUMN posted_on,
        DROP COLUMN posted_by_id
"""
ADD = """
    ALTER TABLE notices_notice
        ADD COLUMN case_id bigint REFERENCES cases_case (id) DEFERRABLE INITIALLY DEFERRED,
        ADD COLUMN number smallint CHECK (number >= 0),
        ADD COLUMN title varchar(200),
        ADD COLUMN result_de varchar(300),
        ADD COLUMN result_en varchar(300),
        ADD COLUMN decided_by_id bigint REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED,
        ADD COLUMN delivery varchar(8),
        ADD COLUMN notification_id uuid REFERENCES core_outgoingemail (id) DEFERRABLE INITIALLY DEFERRED,
        ADD COLUMN opened_at timestamptz,
        ADD COLUMN available_until date,
        ADD COLUMN unreachable_at timestamptz,
        ADD COLUMN posted_on date,
        ADD COLUMN posted_by_id bigint REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED
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
WHOLE = """
    ALTER TABLE notices_notice
        ALTER COLUMN case_id SET NOT NULL, ALTER COLUMN number SET NOT NULL, ALTER COLUMN title SET NOT NULL,
        ALTER COLUMN result_de SET NOT NULL, ALTER COLUMN result_en SET NOT NULL, ALTER COLUMN delivery SET NOT NULL;
    CREATE INDEX notices_notice_case_id_back ON notices_notice (case_id);
    CREATE INDEX notices_notice_decided_by_back ON notices_notice (decided_by_id);
    CREATE INDEX notices_notice_notification_back ON notices_notice (notification_id);
    CREATE INDEX notices_notice_posted_by_back ON notices_notice (posted_by_id)
"""
KEPT = """
    ALTER TABLE notices_notice
        ADD CONSTRAINT notice_case_number_unique UNIQUE (case_id, number),
        ADD CONSTRAINT notice_posted_is_done CHECK (posted_on IS NULL OR status = 'done');
    CREATE INDEX notice_to_post_idx ON notices_notice (done_at)
    WHERE posted_on IS NULL AND status = 'done' AND (delivery = 'post' OR opened_at IS NULL)
"""
GONE = (
    "case", "number", "title", "result_de", "result_en", "decided_by", "delivery", "notification", "opened_at",
    "available_until", "unreachable_at", "posted_on", "posted_by",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("notices", "0010_only_letters")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelOptions(
                    name="notice",
                    options={
                        "ordering": ["created_at", "pk"],
                        "verbose_name": "Brief",
                        "verbose_name_plural": "Briefe",
                    },
                ),
                migrations.RemoveConstraint(model_name="notice", name="notice_case_number_unique"),
                migrations.RemoveConstraint(model_name="notice", name="notice_posted_is_done"),
                migrations.RemoveIndex(model_name="notice", name="notice_to_post_idx"),
                *(migrations.RemoveField(model_name="notice", name=name) for name in GONE),
            ],
            # Constraints and indexes go with their columns.
            database_operations=[migrations.RunSQL(DROP, [ADD, BACK, WHOLE, KEPT])],
        ),
    ]
