"""How long what is kept, in days; each app names its rules in its ``plugs.py``."""

RETENTION_DAYS = {
    "drafts": 60,
    "ownerless_drafts": 7,  # as long as the cookie of their browser lives
    "previews": 1,  # of letters nobody has released
    "applications": 365 * 10,
    "contact": 365,
    "access_codes": 7,  # after they have ended
    "looks": 365,  # who of the staff has read what
    "bookings": 30,  # after the visit
    "shifts": 7,
    "wishes": 30,  # after it ended
    "tickets": 365 * 2,
    "kita_imports": 30,
    "emails": 90,
    "heartbeats": 7,
    "unverified_accounts": 30,
    "account_links": 7,  # after they have ended
    "session_list": 1,  # after the sign-in
    "reconciliations": 365,
    "retention_runs": 365 * 3,
    "admin_log": 365 * 3,
    "orphaned_files": 1,
    "sessions": 0,  # after they have ended
}
