"""Accounts and addresses stand with the parties alone."""

from django.db import migrations, models

from apps.cases.migrations._parties_mirror import MIRROR, NO_MIRROR
from apps.core.migrating import only_back

# Who came while the columns were there and the triggers were not (the migration had been taken back, or failed).
MISSED = """
    UPDATE cases_party p SET role = role WHERE NOT EXISTS (SELECT 1 FROM cases_partycontact c WHERE c.party_id = p.id);
    SET CONSTRAINTS ALL IMMEDIATE
"""
BACK = """
    -- The older portal writes to every representative there is.
    CREATE TEMPORARY TABLE former ON COMMIT DROP AS
    SELECT r.id FROM cases_party r WHERE r.role = 'representative' AND NOT EXISTS (
        SELECT 1 FROM cases_mandate m WHERE m.representative_id = r.id AND m.receives AND m.revoked_at IS NULL
        AND (m.valid_until IS NULL OR m.valid_until >= current_date)
    );
    DELETE FROM cases_mandate WHERE representative_id IN (SELECT id FROM former);
    DELETE FROM cases_consent WHERE party_id IN (SELECT id FROM former);
    DELETE FROM cases_partycontact WHERE party_id IN (SELECT id FROM former);
    DELETE FROM cases_party WHERE id IN (SELECT id FROM former);
    UPDATE cases_party p
    SET street = c.street, house_number = c.house_number, postcode = c.postcode, city = c.city, country = c.country,
        email = c.email, phone = c.phone, consent_at = s.given_at,
        delivery = CASE
            WHEN s.party_id IS NOT NULL AND s.withdrawn_at IS NULL THEN 'portal'
            WHEN k.kind = 'contact' THEN 'email' ELSE 'post'
        END
    FROM cases_partycontact c
    LEFT JOIN (
        SELECT DISTINCT ON (party_id) party_id, given_at, withdrawn_at FROM cases_consent ORDER BY party_id, given_at DESC
    ) s ON s.party_id = c.party_id, cases_case k
    WHERE c.party_id = p.id AND k.id = p.case_id;
    UPDATE cases_case k SET applicant_id = p.account_id
    FROM cases_party p WHERE p.case_id = k.id AND p.account_id IS NOT NULL AND p.role <> 'joint';
    SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_carry_parties")]

    operations = [
        migrations.RunSQL(MISSED, migrations.RunSQL.noop),
        migrations.RunSQL(NO_MIRROR, [*NO_MIRROR, *MIRROR]),
        migrations.RemoveConstraint(model_name="party", name="party_portal_needs_consent"),
        only_back(BACK),
        migrations.RemoveField(model_name="party", name="street"),
        migrations.RemoveField(model_name="party", name="house_number"),
        migrations.RemoveField(model_name="party", name="postcode"),
        migrations.RemoveField(model_name="party", name="city"),
        migrations.RemoveField(model_name="party", name="country"),
        migrations.RemoveField(model_name="party", name="email"),
        migrations.RemoveField(model_name="party", name="phone"),
        migrations.RemoveField(model_name="party", name="delivery"),
        migrations.RemoveField(model_name="party", name="consent_at"),
        migrations.RemoveIndex(model_name="case", name="case_applicant_idx"),
        migrations.RemoveField(model_name="case", name="applicant"),
        migrations.AlterField(
            model_name="timelineentry",
            name="act",
            field=models.CharField(
                choices=[
                    ("submitted", "Eingegangen"),
                    ("captured", "Erfasst"),
                    ("status", "Status geändert"),
                    ("taken", "Bearbeitung begonnen"),
                    ("assigned", "Zugewiesen"),
                    ("handed_over", "An eine andere Dienststelle abgegeben"),
                    ("asked", "Rückfrage gestellt"),
                    ("answered", "Rückfrage beantwortet"),
                    ("message", "Nachricht gesendet"),
                    ("message_in", "Nachricht eingegangen"),
                    ("recused", "Wegen Befangenheit abgegeben"),
                    ("note", "Notiz geschrieben"),
                    ("decided", "Entschieden"),
                    ("withdrawn", "Zurückgezogen"),
                    ("closed", "Abgeschlossen"),
                    ("reopened", "Wieder aufgenommen"),
                    ("notice_created", "Bescheid wird erstellt"),
                    ("notice_ready", "Bescheid liegt bereit"),
                    ("notice_opened", "Bescheid geöffnet"),
                    ("notice_posted", "Bescheid zur Post gegeben"),
                    ("notice_back", "Bescheid kam mit der Post zurück"),
                    ("notice_again", "Bescheid wird erneut zugestellt"),
                    ("consent_ended", "Einwilligung in den Abruf widerrufen"),
                    ("consented", "In den Abruf eingewilligt"),
                    ("email_back", "E-Mail kam zurück"),
                    ("file_opened", "Anlage geöffnet"),
                    ("email", "E-Mail gesendet"),
                ],
                max_length=16,
            ),
        ),
    ]
