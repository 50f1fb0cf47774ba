"""Triggers that copy what a notice held into decisions and deliveries (0008 to 0010)."""

# A delivery takes the id of what was the notice: addresses that people have kept lead to the same document.
MIRROR = [
    """
    CREATE FUNCTION notices_notice_decision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO notices_decision (id, case_id, number, title, result_de, result_en, created_at, decided_by_id)
        VALUES (NEW.id, NEW.case_id, NEW.number, NEW.title, NEW.result_de, NEW.result_en, NEW.created_at, NEW.decided_by_id)
        ON CONFLICT (id) DO NOTHING;
        NEW.notice_id := NEW.id;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION notices_notice_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO notices_delivery (
            id, letter_id, principal_id, party_id, is_copy, recipients, way, notification_id, opened_at,
            available_until, unreachable_at, posted_on, posted_by_id
        )
        SELECT NEW.id, NEW.id, own.id, receives.id, false, coalesce(NEW.context -> 'recipients', '[]'::jsonb), NEW.delivery,
            NEW.notification_id, NEW.opened_at, NEW.available_until, NEW.unreachable_at, NEW.posted_on, NEW.posted_by_id
        FROM (
            SELECT id FROM cases_party WHERE case_id = NEW.case_id ORDER BY role <> 'applicant', id LIMIT 1
        ) own, (
            SELECT id FROM cases_party WHERE case_id = NEW.case_id
            ORDER BY role <> 'representative', role <> 'applicant', id LIMIT 1
        ) receives
        ON CONFLICT (id) DO UPDATE SET
            way = EXCLUDED.way, notification_id = EXCLUDED.notification_id, opened_at = EXCLUDED.opened_at,
            available_until = EXCLUDED.available_until, unreachable_at = EXCLUDED.unreachable_at,
            posted_on = EXCLUDED.posted_on, posted_by_id = EXCLUDED.posted_by_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER notices_notice_decision BEFORE INSERT OR UPDATE ON notices_notice
    FOR EACH ROW EXECUTE FUNCTION notices_notice_decision()
    """,
    """
    CREATE TRIGGER notices_notice_delivery AFTER INSERT OR UPDATE ON notices_notice
    FOR EACH ROW EXECUTE FUNCTION notices_notice_delivery()
    """,
]
NO_MIRROR = [
    "DROP TRIGGER IF EXISTS notices_notice_delivery ON notices_notice",
    "DROP TRIGGER IF EXISTS notices_notice_decision ON notices_notice",
    "DROP FUNCTION IF EXISTS notices_notice_delivery()",
    "DROP FUNCTION IF EXISTS notices_notice_decision()",
]
