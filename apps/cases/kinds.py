"""Kinds of cases: what a door registers so that the spine can carry it."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.cases.audience import cases_that_ask, standing_for
from apps.cases.models import AccessCode, Case, Consent, Look, Party, PartyContact
from apps.core.downloads import pieces
from apps.core.kinds import days
from apps.core.retention import delete_all
from apps.core.sockets import Panel, RetentionRule, Socket, closings, export_files, exports, recounts, retention_rules
from apps.core.transitions import Phase, Workflow

# A text that is there or is translated when it is shown.
Text = str | Promise


@dataclass(frozen=True)
class StatusText:
    """What a status means to the citizen, in one sentence, and what happens next."""

    sentence: Text
    next_step: Text = ""


def _nothing(*_args: Any) -> list[Any]:
    return []


@dataclass(frozen=True)
class Kind:
    """One kind of case.

    ``working``, ``waiting`` and ``resumed`` name the statuses that the spine's own verbs use:
    taking a case, asking the citizen, the citizen's answer.
    """

    key: str
    label: Text
    workflow: Workflow
    sentences: Mapping[Any, StatusText]
    working: str
    waiting: str
    resumed: str
    # Panels take the request and the case.
    staff_panels: Callable[[HttpRequest, Case], list[Panel]] = _nothing
    citizen_panels: Callable[[HttpRequest, Case], list[Panel]] = _nothing
    # What every party may read, for one that has no account.
    shared_panels: Callable[[HttpRequest, Case], list[Panel]] = _nothing
    # What the queue's search finds besides reference and names.
    search_text: Callable[[Case], str] = lambda _case: ""
    # Where somebody without an account answers; takes the case, gives a path.
    reply_path: Callable[[Case], str] | None = None
    # What a party told and was told besides; with (case, user).
    export: Callable[[Case, Any], dict[str, Any]] = lambda _case, _user: {}
    badge: Mapping[Any, str] = field(default_factory=dict)
    # Whether it ends in letters.
    has_letters: bool = False
    # Whether the clerk may use the spine's own question with a date.
    asks_questions: bool = True

    def status_label(self, status: str) -> str:
        """The status in the clerk's words."""
        return str(dict(self.workflow.states.choices).get(status, status))


# What apps know of a case of any kind (notices), for the export of the data of one of its parties; with (case, user).
case_exports: Socket[Callable[[Case, Any], dict[str, Any]]] = Socket()
# With a party that does not want to fetch letters here any more, in the transaction that says so.
consent_ends: Socket[Callable[[Party], None]] = Socket()
# With a case in which somebody does not stand for a party any more, in the transaction that says so.
standing_ends: Socket[Callable[[Case], None]] = Socket()
_kinds: dict[str, Kind] = {}
# Panels that belong to cases of every kind (notices); taken with (request, case, staff: bool).
case_panels: Socket[Callable[[HttpRequest, Case, bool], list[Panel]]] = Socket()


def register(kind: Kind) -> Kind:
    """Make a kind known; called once from an app's ``ready()``."""
    _kinds[kind.key] = kind
    return kind


def get(key: str) -> Kind:
    """The kind registered under ``key``; KeyError when no installed app has it."""
    return _kinds[key]


def of(case: Case) -> Kind:
    """The kind of a case."""
    return _kinds[case.kind]


def all_kinds() -> list[Kind]:
    """Every registered kind, in order of registration."""
    return list(_kinds.values())


def _status_for(case: Case, user: Any) -> str:
    """The status as a party may know it: that somebody else is asked is not for them."""
    asked = case.pk in cases_that_ask([case], user)
    return case.status if asked or case.phase != Phase.WAITING else of(case).resumed


@exports.plug
def export_cases(user: Any) -> tuple[str, list[dict[str, Any]]]:
    """A person's own cases with what they told the city and what it told them."""
    rows = []
    for case in Case.objects.of(user):
        standing = standing_for(case, user)
        row: dict[str, Any] = {
            _("Nummer"): case.reference,
            _("Anliegen"): case.title,
            _("Eingegangen"): case.submitted_at.isoformat(),
            _("Status"): of(case).status_label(_status_for(case, user)),
            _("Nachrichten"): [m.body for m in case.messages.heard_by(standing)],
            _("Dateien"): [a.file.name for a in case.attachments.heard_by(standing).select_related("file")],
        }
        for plugged in case_exports:
            row |= plugged(case, user)
        rows.append(row | of(case).export(case, user))
    return _("Vorgänge"), rows


@export_files.plug
def files_of_cases(user: Any) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What a person has sent, by case."""
    for case in Case.objects.of(user):
        for attachment in case.attachments.heard_by(standing_for(case, user)).select_related("file"):
            if attachment.file.viewable:
                yield f"{case.reference}/{attachment.file.name}", pieces(attachment.file)


retention_rules.plug(
    RetentionRule(
        "looks", "Wer Vorgänge eingesehen hat",
        lambda now: Look.objects.filter(at__lt=now - days("looks")), delete_all,
    )
)  # fmt: skip


retention_rules.plug(
    RetentionRule(
        "access_codes", "Zugangscodes, die nicht mehr gelten",
        lambda now: AccessCode.objects.filter(expires_at__lt=now - days("access_codes")), delete_all,
    )
)  # fmt: skip


@closings.plug
def letters_by_post(user: Any) -> None:
    """Who closes the account gets what is still to come by post."""
    # Only their own: how others in the case get theirs is for those to say.
    own = Party.objects.filter(account=user)
    Consent.objects.filter(party__in=own, withdrawn_at=None).update(withdrawn_at=timezone.now())
    PartyContact.objects.filter(party__in=own, email=user.email).update(email="")


@recounts.plug
def recount_cases(month: dt.date) -> list[str]:
    """See ``facts.recount``."""
    # Here and not above: facts need the kinds of this module.
    from apps.cases.facts import recount

    return recount(month)
