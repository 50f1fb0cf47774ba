"""What a browser has to do before it may hold a time when traffic looks odd: work (ALTCHA), or a mailed code.

No third party, no riddle for the eyes. Who is signed in is known and does neither.
"""

import base64
import datetime as dt
import hashlib
import json
import secrets
from typing import Any

import altcha
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from apps.core import emails, limits, security_log

MINUTES = 20
CODE_TRIES = 5
SESSION_KEY = "hold_code"
# The widest counter to look for; a telephone needs a second or two for it.
MOST_WORK = 400


def odd(request: HttpRequest) -> bool:
    """Count one attempt to hold; True where this client, or everybody together, asks oddly often."""
    client = limits.client_networks(request)
    calm = limits.within_networks("hold-client", client, limit=settings.APPOINTMENT_HOLDS_BEFORE_PROOF, seconds=600)
    return not limits.within("hold-all", "all", limit=settings.APPOINTMENT_HOLDS_PER_MINUTE, seconds=60) or not calm


def needed(request: HttpRequest) -> bool:
    """Whether a proof has to come with this request to hold a time, and neither work nor the mailed code does."""
    if not odd(request) or request.user.is_authenticated:
        return False
    work = request.POST.get("altcha", "")
    return not (holds(work) if work else _code_fits(request))


# -- work -----------------------------------------------------------------------------------------------


def challenge() -> dict[str, Any]:
    """A piece of work for one hold, as the widget understands it."""
    made = altcha.create_challenge(
        algorithm="PBKDF2/SHA-256",
        cost=settings.ALTCHA_COST,
        counter=secrets.randbelow(MOST_WORK) + MOST_WORK // 4,
        expires_at=timezone.now() + dt.timedelta(minutes=MINUTES),
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("key"),
    )
    return made.to_dict()


def holds(work: str) -> bool:
    """Whether the work is done, was asked for by us, is not too old and counts for the first time."""
    if len(work) > 5000:
        return False
    result = altcha.verify_solution(work, _secret("challenge"), hmac_key_secret=_secret("key"))
    if not result.verified:
        return False
    # The same work again is none; the name lives as long as the work would count.
    try:
        signature = json.loads(base64.b64decode(work))["challenge"]["signature"]
    except (ValueError, KeyError, TypeError):
        return False
    name = hashlib.sha256(str(signature).encode()).hexdigest()
    return bool(cache.add(f"altcha:{name}", 1, MINUTES * 60))


def _secret(name: str) -> str:
    return hashlib.sha256(f"altcha:{name}:{settings.SECRET_KEY}".encode()).hexdigest()


# -- mailed code ------------------------------------------------------------------------------------------


def mail_code(request: HttpRequest, email: str, *, language: str) -> None:
    """Mail a code that this browser may send instead of work."""
    code = f"{secrets.randbelow(10**6):06d}"
    until = timezone.now() + dt.timedelta(minutes=MINUTES)
    request.session[SESSION_KEY] = [_hashed(code), until.timestamp(), secrets.token_urlsafe(9)]
    emails.queue(email, "appointment_code", {"code": code, "minutes": MINUTES}, language=language)


def _code_fits(request: HttpRequest) -> bool:
    kept = request.session.get(SESSION_KEY)
    typed = "".join(c for c in request.POST.get("proof_code", "")[:20] if c.isdigit())
    if not kept or not typed or kept[1] < timezone.now().timestamp():
        return False
    # Counted in the cache: of any number of answers at the same moment, as many count as are allowed.
    if not limits.within("hold-code", str(kept[2]), limit=CODE_TRIES, seconds=MINUTES * 60):
        return False
    if not secrets.compare_digest(kept[0], _hashed(typed)):
        security_log.note("code_failed", request=request, purpose="hold")
        return False
    del request.session[SESSION_KEY]
    return True


def _hashed(code: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}:hold:{code}".encode()).hexdigest()
