"""Triggers that copy what old columns of parties hold into what takes their place (0008 to 0010)."""

# The case's account is that of its first applicant. A representative who filed with their own is seen to in 0009.
MIRROR = [
    """
    CREATE FUNCTION cases_party_account() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.account_id IS NULL AND NEW.role = 'applicant' AND NOT EXISTS (
            SELECT 1 FROM cases_party p WHERE p.case_id = NEW.case_id AND p.account_id IS NOT NULL AND p.id <> NEW.id
        ) THEN
            SELECT applicant_id INTO NEW.account_id FROM cases_case WHERE id = NEW.case_id;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION cases_party_mirror() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO cases_partycontact (party_id, street, house_number, postcode, city, country, email, phone)
        VALUES (NEW.id, NEW.street, NEW.house_number, NEW.postcode, NEW.city, NEW.country, NEW.email, NEW.phone)
        ON CONFLICT (party_id) DO UPDATE SET
            street = EXCLUDED.street, house_number = EXCLUDED.house_number, postcode = EXCLUDED.postcode,
            city = EXCLUDED.city, country = EXCLUDED.country, email = EXCLUDED.email, phone = EXCLUDED.phone;
        IF NEW.delivery = 'portal' THEN
            INSERT INTO cases_consent (party_id, wording, version, given_at)
            VALUES (NEW.id, 'Hier im Portal. Sie bekommen eine E-Mail, sobald er da ist.', '2026-09', NEW.consent_at)
            ON CONFLICT DO NOTHING;
        ELSE
            UPDATE cases_consent SET withdrawn_at = greatest(now(), given_at)
            WHERE party_id = NEW.id AND withdrawn_at IS NULL;
            -- Given, and taken back by closing the account: when, nobody has written down.
            INSERT INTO cases_consent (party_id, wording, version, given_at, withdrawn_at)
            SELECT NEW.id, 'Hier im Portal. Sie bekommen eine E-Mail, sobald er da ist.', '2026-09', NEW.consent_at,
                greatest(now(), NEW.consent_at)
            WHERE NEW.consent_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cases_consent WHERE party_id = NEW.id);
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER cases_party_account BEFORE INSERT OR UPDATE ON cases_party
    FOR EACH ROW EXECUTE FUNCTION cases_party_account()
    """,
    """
    CREATE TRIGGER cases_party_mirror AFTER INSERT OR UPDATE ON cases_party
    FOR EACH ROW EXECUTE FUNCTION cases_party_mirror()
    """,
]
NO_MIRROR = [
    "DROP TRIGGER IF EXISTS cases_party_mirror ON cases_party",
    "DROP TRIGGER IF EXISTS cases_party_account ON cases_party",
    "DROP FUNCTION IF EXISTS cases_party_mirror()",
    "DROP FUNCTION IF EXISTS cases_party_account()",
]
