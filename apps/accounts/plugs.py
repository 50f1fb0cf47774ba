"""What accounts plugs into core: retention of accounts that were never confirmed, export."""

import datetime as dt
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import AccountLink, Profile, User
from apps.core.countries import name_of
from apps.core.retention import days, keep
from apps.core.sockets import RetentionRule, exports, retention_rules


def _never_confirmed(now: dt.datetime) -> QuerySet[User]:
    # Made by an administrator, or by an earlier version of the portal.
    return (
        User.objects.filter(is_staff=False, memberships=None, date_joined__lt=now - days("unverified_accounts"))
        .exclude(emailaddress__verified=True)
        .exclude(last_login__isnull=False)
    )


retention_rules.plug(
    RetentionRule(
        "unverified_accounts",
        "Konten, deren E-Mail-Adresse nie bestätigt wurde",
        _never_confirmed,
        # Only people are counted, not what goes with them.
        lambda rows: rows.delete()[1].get("accounts.User", 0),
    )
)


@exports.plug
def export_account(user: Any) -> tuple[str, list[dict[str, Any]]]:
    """The account and its profile."""
    profile = Profile.objects.filter(user=user).first()
    row: dict[str, Any] = {
        _("E-Mail-Adresse"): user.email,
        _("Vorname"): user.given_name,
        _("Name"): user.family_name,
        _("angelegt am"): user.date_joined.isoformat(),
        _("Sprache"): user.language,
    }
    if profile:
        row |= {
            _("Straße"): profile.street,
            _("Hausnummer"): profile.house_number,
            _("Postleitzahl"): profile.postcode,
            _("Ort"): profile.city,
            _("Land"): name_of(profile.country),
            _("Geburtsdatum"): profile.birth_date.isoformat() if profile.birth_date else "",
            _("Telefon"): profile.phone,
            _("Briefe zusätzlich in dieser Form"): str(profile.get_letter_form_display()),
        }
    return _("Konto"), [row]


keep("admin_log", "Änderungsprotokoll der Stammdaten", LogEntry.objects.all(), "action_time")
keep("account_links", "Links zum Einrichten von Zugängen und Adressen", AccountLink.objects.all(), "expires_at")
# The browser of a sign-in: no session lasts longer than a working day.
keep("session_list", "Liste der Anmeldungen mit dem Browser", UserSession.objects.all(), "created_at")
