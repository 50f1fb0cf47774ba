"""How somebody comes to a case that others have filed: by a code on paper or a mailed link, with an account or without one.

A code that was posted to an address the office has checked proves who comes; a mailed link proves only who reads a
mailbox. No account is connected because names or addresses are alike.
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.cases.access import held_in
from apps.cases.models import AccessCode, Case, Message, Party, PartyContact, record
from apps.cases.states import Act, JoinedBy
from apps.cases.transitions import message_of
from apps.core import emails
from apps.core.models import PrivateFile
from apps.core.transitions import TransitionError

# Nothing that looks like something else on paper.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH, CODE_DAYS = 12, 30
GRANT_SALT = "cases.access_code.typed"
# How long somebody who has typed a code may take to read and write.
GRANT_SECONDS = 2 * 3600


def make_code(party: Party, *, by: Any) -> str:
    """A code to be put into a letter to an address that the office has checked; what was made before is void.

    Raises TransitionError when the party has an account already, or nobody has checked where it lives.
    """
    if not PartyContact.objects.filter(party=party, checked_on__isnull=False).exists():
        raise TransitionError("nobody has checked the address")
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    with transaction.atomic():
        _make(party, JoinedBy.CODE, f"{party.case.reference} {code}", by=by)
        record(party.case, Act.CODE_MADE, by=by, public=False)
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def invite(party: Party, *, email: str, by: Any) -> None:
    """Mail a link to an address that the party has given itself; what was made before is void.

    Raises TransitionError when the party has an account already.
    """
    token = secrets.token_urlsafe(32)
    case = party.case
    with transaction.atomic():
        _make(party, JoinedBy.MAIL, token, by=by)
        with translation.override(case.language):
            link = settings.SITE_URL + reverse("portal:invitation", args=[token])
        context = {"link": link, "days": CODE_DAYS, "reference": case.reference}
        sent = emails.queue(email, "case_invitation", context, language=case.language)
        record(case, Act.INVITED, by=by, public=False, email=sent)


def typed(reference: str, code: str) -> str | None:
    """What the page of the invitation takes in place of a mailed token, for a code from a letter; None when it does not fit.

    A wrong code counts against every open code of the case before anything is compared.
    """
    letters = "".join(character for character in code.upper() if character.isalnum())
    with transaction.atomic():
        codes = list(
            AccessCode.objects.open().select_for_update(of=("self",))
            .filter(party__case__reference=reference, way=JoinedBy.CODE)
        )  # fmt: skip
        AccessCode.objects.filter(pk__in=[found.pk for found in codes]).update(tries=F("tries") + 1)
    wanted = _hashes(f"{reference} {letters}")
    for found in codes:
        if any(constant_time_compare(found.code_hash, one) for one in wanted):
            # It was no wrong one: what may go wrong afterwards costs no try.
            AccessCode.objects.filter(pk=found.pk).update(tries=0)
            return signing.dumps(found.pk, salt=GRANT_SALT)
    return None


def opened(token: str) -> AccessCode | None:
    """The open invitation behind a mailed token or a typed code; None when it is made up, used or too old."""
    invitations = AccessCode.objects.valid().select_related("party__case__department", "party__case__service")
    try:
        pk = signing.loads(token, salt=GRANT_SALT, max_age=GRANT_SECONDS)
    except signing.BadSignature:
        return invitations.filter(way=JoinedBy.MAIL, code_hash__in=_hashes(token)).first()
    return invitations.filter(way=JoinedBy.CODE, pk=pk).first()


def join(invitation: AccessCode, *, by: Any) -> Case:
    """Connect an account with the party that was invited; the invitation is used.

    Raises TransitionError when the account works on the case or is another party of it, and when somebody was faster.
    """
    party, case = invitation.party, invitation.party.case
    with transaction.atomic():
        # Who handles the letters must not use what is in them.
        if held_in(case, by) or case.parties.filter(account=by).exists():
            raise TransitionError("the account is somebody else in the case")
        _use(invitation)
        if Party.objects.filter(pk=party.pk, account=None).update(account=by, joined_by=invitation.way) != 1:
            raise TransitionError("the party has an account")
        record(case, Act.JOINED, by=by, only_for=[party.pk])
    return case


def answer(invitation: AccessCode, *, body: str, files: Iterable[PrivateFile] = ()) -> Message:
    """What the party says without an account, for the office and for them; the invitation is used.

    Raises TransitionError when somebody was faster.
    """
    with transaction.atomic():
        _use(invitation)
        return message_of(invitation.party.case, [invitation.party.pk], body=body, files=files)


def _use(invitation: AccessCode) -> None:
    if AccessCode.objects.valid().filter(pk=invitation.pk).update(used_at=timezone.now()) != 1:
        raise TransitionError("the invitation is used")


def _make(party: Party, way: str, secret: str, *, by: Any) -> None:
    if Party.objects.select_for_update().get(pk=party.pk).account_id is not None:
        raise TransitionError("the party has an account")
    party.access_codes.filter(used_at=None).delete()
    expires_at = timezone.now() + dt.timedelta(days=CODE_DAYS)
    AccessCode.objects.create(party=party, way=way, code_hash=_hashes(secret)[0], made_by=by, expires_at=expires_at)


def _hashes(secret: str) -> list[str]:
    """By the key of today, and by former ones: a letter on a table outlives a change of the key."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac("cases.access_code", secret, secret=key, algorithm="sha256").hexdigest() for key in keys]
