"""Carry accounts, addresses and consents over, in batches; the triggers of 0008 do the work for every row that is touched."""

from django.db import migrations, models
from django.db.models import Q

from apps.core.migrating import in_batches

# Who is named without an address lives with the applicant: no form asked for another one.
SAME_PLACE = """
    UPDATE cases_partycontact named
    SET street = own.street, house_number = own.house_number, postcode = own.postcode, city = own.city, country = own.country
    FROM cases_party p
    JOIN cases_party a ON a.case_id = p.case_id AND a.role = 'applicant'
    JOIN cases_partycontact own ON own.party_id = a.id
    WHERE named.party_id = p.id AND p.role = 'joint' AND named.street = '' AND named.city = ''
"""
# A representative stood for everybody, and with the applicant's address of e-mail had filed themselves.
REPRESENTATIVES = [
    """
    INSERT INTO cases_mandate (principal_id, representative_id, receives, granted_at)
    SELECT p.id, r.id, true, c.submitted_at
    FROM cases_party p
    JOIN cases_case c ON c.id = p.case_id
    JOIN LATERAL (
        SELECT id FROM cases_party WHERE case_id = p.case_id AND role = 'representative' ORDER BY id LIMIT 1
    ) r ON true
    WHERE p.role <> 'representative'
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE cases_party r SET account_id = p.account_id
    FROM cases_party p JOIN accounts_user u ON u.id = p.account_id
    WHERE p.case_id = r.case_id AND p.role = 'applicant' AND r.role = 'representative' AND lower(u.email) = lower(r.email)
    """,
    # The trigger leaves it empty, since another party of the case has an account.
    """
    UPDATE cases_party p SET account_id = NULL
    FROM cases_party r
    WHERE r.case_id = p.case_id AND p.role = 'applicant' AND r.role = 'representative' AND r.account_id = p.account_id
    """,
]
UNIQUE = models.UniqueConstraint(
    condition=Q(account__isnull=False), fields=("account", "case"), name="party_account_once"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0008_parties_beside")]

    operations = [
        migrations.RunPython(
            in_batches("cases_party", "UPDATE cases_party SET role = role WHERE {rows}"), migrations.RunPython.noop
        ),
        migrations.RunSQL(SAME_PLACE, migrations.RunSQL.noop),
        migrations.RunSQL(REPRESENTATIVES, migrations.RunSQL.noop),
        # What an attempt that was broken off has left.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS party_account_once", migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    """
                    CREATE UNIQUE INDEX CONCURRENTLY party_account_once ON cases_party (account_id, case_id)
                    WHERE account_id IS NOT NULL
                    """,
                    "DROP INDEX CONCURRENTLY party_account_once",
                )
            ],
            state_operations=[migrations.AddConstraint(model_name="party", constraint=UNIQUE)],
        ),
    ]
