"""Codes that are mailed to an address and typed into the browser that asked for them.

Whoever types the code has proved that the address is theirs. What waits for the proof (a registration, a new address)
lies in the session of that browser and nowhere else, so nothing exists before somebody has proved something.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal.cryptokit import normalize_user_code
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from apps.accounts import devices
from apps.core import limits, security_log

SECONDS = 15 * 60
TRIES = 3


class TooMuchMail(Exception):
    """The address has had its mails of the day."""


class WrongCode(ValidationError):
    """The code does not fit; its sentence says whether another may be tried."""

    def __init__(self, *, left: bool) -> None:
        again = _("Dieser Code passt nicht. Bitte sehen Sie noch einmal in die neueste E-Mail.")
        super().__init__(
            again if left else _("Dieser Code gilt nicht mehr. Bitte lassen Sie sich einen neuen schicken.")
        )


@dataclass(frozen=True)
class Pending:
    """What waits for a code."""

    purpose: str
    address: str
    payload: dict[str, Any]
    key: str
    digest: str
    until: float


def send(request: HttpRequest, purpose: str, address: str, template: str, **payload: Any) -> None:
    """Mail a code to ``address``; ``payload`` waits in the session until it is typed. Raises TooMuchMail.

    An empty ``template`` mails nothing and keeps a code that nobody knows: the page is the same for an address that
    has an account. The mail that its owner gets instead counts here all the same.
    """
    if not limits.may_mail(request, address, known_device=devices.known_for(request, address)):
        raise TooMuchMail
    code = get_adapter(request).generate_email_verification_code()
    key = secrets.token_urlsafe(12)
    request.session[_name(purpose)] = {
        "address": address, "payload": payload, "key": key, "until": time.time() + SECONDS,
        "digest": _digest(key, code),
    }  # fmt: skip
    if template:
        get_adapter(request).send_mail(template, address, {"code": code, "minutes": SECONDS // 60})


def pending(request: HttpRequest, purpose: str) -> Pending | None:
    """What waits for a code in this browser; None when nothing does or it has waited too long."""
    kept = request.session.get(_name(purpose))
    if not kept or kept["until"] < time.time():
        return None
    return Pending(purpose=purpose, **kept)


def check(request: HttpRequest, purpose: str, typed: str) -> Pending:
    """Take out what waited, if the code fits. Raises WrongCode.

    Tries are counted in the cache and not in the session: of any number of answers at the same moment, three count.
    """
    waiting = pending(request, purpose)
    if waiting is None:
        raise WrongCode(left=False)
    if not limits.within("code", waiting.key, limit=TRIES, seconds=SECONDS):
        raise WrongCode(left=False)
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(constant_time_compare(waiting.digest, _digest(waiting.key, typed, key)) for key in keys):
        security_log.note("code_failed", request=request, person=request.user.pk, purpose=purpose)
        raise WrongCode(left=limits.counted("code", waiting.key) < TRIES)
    del request.session[_name(purpose)]
    return waiting


def _digest(key: str, code: str, secret: str | None = None) -> str:
    return salted_hmac(f"accounts.codes.{key}", normalize_user_code(code), secret, algorithm="sha256").hexdigest()


def _name(purpose: str) -> str:
    return f"code_{purpose}"
