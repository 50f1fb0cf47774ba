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
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.accounts.models import User
from apps.cases.access import held_in
from apps.cases.models import ACCESS_TRIES, AccessCode, Case, Hearing, Mandate, Message, Party, PartyContact, record
from apps.cases.states import Act, JoinedBy, PartyRole
from apps.cases.transitions import message_of, statement_made
from apps.core import emails
from apps.core.business_calendar import today
from apps.core.models import PrivateFile
from apps.core.transitions import TransitionError

# Nothing that looks like something else on paper.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH, CODE_DAYS = 12, 30
GRANT_SALT = "cases.access_code.typed"
# How long somebody who has typed a code may take to read and write.
GRANT_SECONDS = 2 * 3600
# In a case and a day: nobody's mailbox is filled.
MOST_INVITATIONS = 10


class NotThisAccount(TransitionError):
    """Whoever is signed in handles the case, or is another party of it: what others are to say is not theirs to say."""


class NotDecided(TransitionError):
    """The address of another party is secret, and nobody has looked whether what is sent gives it away (§ 51 BMG)."""


def demand_decision(party: Party, decided: bool) -> None:
    """Raises NotDecided where another party's address is protected and nobody says that they have checked what is sent."""
    others = PartyContact.objects.filter(party__case=party.case_id, protected=True).exclude(pk=party.pk)
    if not decided and others.exists():
        raise NotDecided("the office has to decide first")


def make_code(party: Party, *, decided: bool = False, until: dt.date | None = None, by: User) -> str:
    """A code to be put into a letter to an address that the office has checked; what was made before is void.

    It holds for thirty days, and through the day ``until``. Raises NotDecided, and TransitionError when the party has proved
    itself already or nobody has checked where it lives.
    """
    demand_decision(party, decided)
    if not PartyContact.objects.filter(party=party, checked_on__isnull=False).exists():
        raise TransitionError("nobody has checked the address")
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    with transaction.atomic():
        _make(party, JoinedBy.CODE, f"{party.case.reference} {code}", until=until, by=by)
        record(party.case, Act.CODE_MADE, by=by, public=False, decided=decided)
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def invite(party: Party, *, email: str, decided: bool = False, by: User) -> None:
    """Mail a link to an address that the party has given itself; what was made before is void.

    Raises NotDecided, and TransitionError when the party has an account already.
    """
    demand_decision(party, decided)
    lately = timezone.now() - dt.timedelta(days=1)
    if party.case.timeline.filter(act=Act.INVITED, at__gt=lately).count() >= MOST_INVITATIONS:
        raise TransitionError("enough for a day")
    token = secrets.token_urlsafe(32)
    case = party.case
    with transaction.atomic():
        _make(party, JoinedBy.MAIL, token, by=by)
        with translation.override(case.language):
            link = settings.SITE_URL + reverse("portal:invitation", args=[token])
        context = {"link": link, "days": CODE_DAYS, "reference": case.reference}
        sent = emails.queue(email, "case_invitation", context, language=case.language)
        record(case, Act.INVITED, by=by, public=False, email=sent, decided=decided)


def typed(reference: str, code: str) -> str | None:
    """What the page of the invitation takes in place of a mailed token, for a code from a letter; None when it does not fit.

    A wrong code counts against every open code of the case; the rows are held meanwhile, so that of many at once each counts.
    """
    letters = "".join(character for character in code.upper() if character.isalnum())
    with transaction.atomic():
        codes = list(
            AccessCode.objects.open().select_for_update(of=("self",))
            .filter(party__case__reference=reference, way=JoinedBy.CODE).select_related("party__case")
        )  # fmt: skip
        wanted = _hashes(f"{reference} {letters}")
        # Every one is compared, whichever fits.
        fitting = [found for found in codes if any(constant_time_compare(found.code_hash, one) for one in wanted)]
        if not fitting:
            AccessCode.objects.filter(pk__in=[found.pk for found in codes]).update(tries=F("tries") + 1)
            for found in codes:
                if found.tries + 1 == ACCESS_TRIES:
                    # Somebody has tried many: whose code it was gets another one, and a hearing must not just run out.
                    record(found.party.case, Act.CODE_VOID, public=False)
                    Hearing.objects.waiting().filter(party=found.party_id).update(void_on=today())
            return None
    return signing.dumps(fitting[0].pk, salt=GRANT_SALT)


def opened(token: str) -> AccessCode | None:
    """The open invitation behind a mailed token or a typed code; None when it is made up, used or too old."""
    # A representative whose mandate has ended is nobody's any more; who is no party has nothing to see.
    ended = Q(party__role=PartyRole.NONE) | Q(party__role=PartyRole.REPRESENTATIVE) & ~Exists(
        Mandate.objects.in_force().filter(representative=OuterRef("party"))
    )
    invitations = (
        AccessCode.objects.valid().exclude(ended).select_related("party__case__department", "party__case__service")
    )
    try:
        pk = signing.loads(token, salt=GRANT_SALT, max_age=GRANT_SECONDS)
    except signing.BadSignature:
        return invitations.filter(way=JoinedBy.MAIL, code_hash__in=_hashes(token)).first()
    return invitations.filter(way=JoinedBy.CODE, pk=pk).first()


def join(invitation: AccessCode, *, by: User) -> Case:
    """Connect an account with the party that was invited; the invitation is used.

    A code from a letter says who the party is: it also proves an account that came by mail, and takes the place of one that
    was somebody else's. Raises NotThisAccount, and TransitionError when somebody was faster.
    """
    party, case = invitation.party, invitation.party.case
    with transaction.atomic():
        # The case first: whoever agrees for all must know who all are.
        Case.objects.held(case.pk)
        _demand_nobody_else(party, by)
        _use(invitation)
        # An account that was closed is nobody's.
        unproved = Q(account=None) | Q(account__is_active=False)
        if invitation.way == JoinedBy.CODE:
            unproved |= Q(joined_by=JoinedBy.MAIL)
        if Party.objects.filter(unproved, pk=party.pk).update(account=by, joined_by=invitation.way) != 1:
            raise TransitionError("the party has an account")
        record(case, Act.JOINED, by=by, only_for=[party.pk])
    return case


def answer(invitation: AccessCode, *, body: str, files: Iterable[PrivateFile] = (), seen_by: Any = None) -> Message:
    """What the party says without an account, for the office and for them; the invitation is used.

    It ends a hearing only if a letter has brought them here. ``seen_by`` is who is signed in in the browser, if anybody.
    Raises NotThisAccount, and TransitionError when somebody was faster.
    """
    party = invitation.party
    by_letter = invitation.way == JoinedBy.CODE
    with transaction.atomic():
        Case.objects.held(party.case_id)
        _demand_nobody_else(party, seen_by)
        _use(invitation)
        party.access_codes.filter(used_at=None).delete()
        party.refresh_from_db(fields=["joined_by"])
        # Whoever has connected the party by a mail may be somebody else than who has the letter.
        heard = [] if by_letter and party.by_mail_only else [party.pk]
        said = message_of(party.case, heard, body=body, files=files, unproved=not by_letter)
        if by_letter:
            statement_made([party.pk], by_letter=True)
        return said


def _demand_nobody_else(party: Party, account: Any) -> None:
    """Who handles the letters must not use what is in them, nor one party say what another is asked."""
    if account is None or not account.is_authenticated:
        return
    others = party.case.parties.filter(account=account).exclude(pk=party.pk)
    if held_in(party.case, account) or others.exists():
        raise NotThisAccount("the account is somebody else in the case")


def _use(invitation: AccessCode) -> None:
    if AccessCode.objects.valid().filter(pk=invitation.pk).update(used_at=timezone.now()) != 1:
        raise TransitionError("the invitation is used")


def _make(party: Party, way: str, secret: str, *, until: dt.date | None = None, by: User) -> None:
    found = Party.objects.select_for_update(of=("self",)).select_related("account").get(pk=party.pk)
    has_account = found.account is not None and found.account.is_active
    if has_account and not (way == JoinedBy.CODE and found.by_mail_only):
        raise TransitionError("the party has an account")
    # One of each kind: a mail does not take the code of a letter away.
    party.access_codes.filter(used_at=None, way=way).delete()
    expires_at = timezone.now() + dt.timedelta(days=CODE_DAYS)
    if until is not None:
        expires_at = max(expires_at, timezone.make_aware(dt.datetime.combine(until, dt.time.max)))
    AccessCode.objects.create(party=party, way=way, code_hash=_hashes(secret)[0], made_by=by, expires_at=expires_at)


def _hashes(secret: str) -> list[str]:
    """By the key of today, and by former ones: a letter on a table outlives a change of the key."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac("cases.access_code", secret, secret=key, algorithm="sha256").hexdigest() for key in keys]
