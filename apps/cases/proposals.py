"""Doing an act, or proposing it where one person alone may not: then another releases it, or all parties agree."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.cases import acts
from apps.cases.access import roles_in
from apps.cases.acts import CaseAct
from apps.cases.addressee import PRINCIPALS
from apps.cases.audience import own_party, standing_for, stands_for
from apps.cases.emails import notify
from apps.cases.looks import by_office
from apps.cases.models import Agreement, Case, Mandate, Note, Party, Proposal, record
from apps.cases.sockets import case_exports, standing_ends
from apps.cases.states import PROPOSALS, Act, PartyRole, ProposalStatus
from apps.core.requests import query_dict
from apps.core.sockets import closings
from apps.core.text import storable
from apps.core.transitions import TransitionConflict, TransitionError, Who, move

# Of one act by one person in a day.
MOST_PROPOSALS = 5


class NotTheirOwn(TransitionError):
    """Somebody else has to have the second word."""


class NeedsProof(TransitionError):
    """Who came by a mailed link has not proved to be the party: they agree by signature."""


def carry_out(act: CaseAct, subject: Case | Party, *, data: dict[str, Any], typed: Mapping[str, Any], by: User) -> str:
    """Do what was asked for, or propose it; returns the sentence that says which.

    ``data`` is what the act's form has understood, ``typed`` what was sent. Raises TransitionError when it is not for them,
    or not now, NeedsProof, and whatever the verb raises.
    """
    if act.verb is None or not act.is_for(subject, by):
        raise TransitionError("not now, or not by them")
    case = acts.case_of(subject)
    with transaction.atomic():
        if act.by_all:
            demand_proof(case, by)
            # Nobody joins between the question how many there are and the act.
            Case.objects.held(case.pk)
        if act.released_by or (act.by_all and others(case, by)):
            propose(act, subject, typed=typed, by=by)
            if act.who == Who.STAFF:
                return _("Vorgeschlagen. Eine zweite Person muss es noch freigeben.")
            return _("Vorgeschlagen. Sobald alle Beteiligten zugestimmt haben, ist es so weit.")
        return act.said(act.verb(subject, data, by))


def others(case: Case, user: User) -> list[Party]:
    """Who has to agree besides those for whom somebody stands."""
    standing = standing_for(case, user)
    return [party for party in who_agrees(case) if party.pk not in standing]


def demand_proof(case: Case, user: User) -> None:
    """Raises NeedsProof for whoever has come by a mailed link: that proves who reads a mailbox, not who they are."""
    own = own_party(case, user)
    if own is not None and own.by_mail_only:
        raise NeedsProof("a mailed link proves nothing")


def who_agrees(case: Case) -> list[Party]:
    """The parties who all have to agree: those whose application it is, and whoever has come to it, or is represented in it.

    Somebody who was named and has not come has not taken part, and cannot be waited for.
    """
    parties = list(case.parties.all())
    if len(parties) == 1:
        return [party for party in parties if party.role in PRINCIPALS]
    connected = Mandate.objects.in_force().filter(principal__in=parties, representative__account__isnull=False)
    represented = set(connected.values_list("principal", flat=True))
    return [
        party
        for party in parties
        if party.role in PRINCIPALS
        and (party.role == PartyRole.APPLICANT or party.account_id is not None or party.pk in represented)
    ]


def is_concerned(case: Case, user: User) -> bool:
    """Whether somebody is, or stands for, one of those who all have to agree."""
    return not standing_for(case, user).isdisjoint(party.pk for party in who_agrees(case))


def propose(act: CaseAct, subject: Case | Party, *, typed: Mapping[str, Any], by: User) -> Proposal:
    """Put an act before those who have to have the second word.

    Raises TransitionConflict when it lies before them already.
    """
    case = acts.case_of(subject)
    # What its proposer may not do any more stands in nobody's way.
    lapse(case)
    lately = timezone.now() - dt.timedelta(days=1)
    if case.proposals.filter(proposed_by=by, act=act.key, proposed_at__gt=lately).count() >= MOST_PROPOSALS:
        # The others get a mail each time.
        raise TransitionError("enough for a day")
    form = act.filled(None, subject)
    names = [form.add_prefix(name) for name in form.fields] if form is not None else []
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                case=case,
                party=subject if isinstance(subject, Party) else None,
                act=act.key,
                side=act.who.value,
                typed={name: [storable(str(typed[name]))] for name in names if name in typed},
                proposed_by=by,
            )
            _record(proposal, Act.PROPOSED, by=by)
            if act.who == Who.PARTY:
                _agree(proposal, by=by)
                for party in missing(proposal):
                    notify(case, "case_proposal", to=party)
    except IntegrityError as error:
        raise TransitionConflict("it is proposed already") from error
    return proposal


def missing(proposal: Proposal) -> list[Party]:
    """The parties who have not agreed yet."""
    agreed = {agreement.party_id for agreement in proposal.agreements.all()}
    return [party for party in who_agrees(proposal.case) if party.pk not in agreed]


def agree(proposal: Proposal, *, by: User) -> str:
    """A party agrees; the sentence about what is done when it was the last one, empty while others are missing.

    Raises NeedsProof, and TransitionError when it is settled, lapsed, or was not theirs to agree to.
    """
    with transaction.atomic():
        locked = _lock(proposal, Who.PARTY)
        if not _agree(locked, by=by):
            raise TransitionError("they have agreed before")
        _record(locked, Act.AGREED, by=by)
        return "" if missing(locked) else _do(locked, by=by)


def signature_seen(proposal: Proposal, party: Party, *, by: User) -> str:
    """A member of staff has a party's signature before them; returns as ``agree``.

    Raises TransitionError when it is settled, or was not the party's to agree to.
    """
    with transaction.atomic():
        locked = _lock(proposal, Who.PARTY)
        if party not in missing(locked) or not roles_in(locked.case, by):
            raise TransitionError("not theirs, or agreed before")
        Agreement.objects.create(proposal=locked, party=party, signature_seen_by=by)
        _record(locked, Act.AGREED, by=by, signature=True)
        return "" if missing(locked) else _do(locked, by=by, proposer_acts=True)


def release(proposal: Proposal, *, by: User) -> str:
    """Another member of staff has looked at it: it is done, by them; returns the sentence about it.

    Raises NotTheirOwn, and TransitionError when they may not release it, it is settled or lapsed.
    """
    with transaction.atomic():
        locked = _lock(proposal, Who.STAFF)
        if locked.proposed_by_id == by.pk or not roles_in(locked.case, by) & _act_of(locked).released_by:
            raise NotTheirOwn("somebody else releases it")
        return _do(locked, by=by)


def refuse(proposal: Proposal, *, reason: str, by: User) -> None:
    """Another one says no. Raises NotTheirOwn, and TransitionError when it is settled or not theirs."""
    with transaction.atomic():
        side = Who(proposal.side)
        locked = _lock(proposal, side)
        if locked.proposed_by_id == by.pk or (
            side == Who.STAFF and not roles_in(locked.case, by) & _act_of(locked).released_by
        ):
            raise NotTheirOwn("somebody else refuses it")
        if side == Who.PARTY:
            if not is_concerned(locked.case, by):
                raise TransitionError("not theirs")
            demand_proof(locked.case, by)
        _settle(locked, ProposalStatus.REFUSED, by=by, reason=reason)
        _record(locked, Act.REFUSED, by=by)
        if side == Who.STAFF:
            Note.objects.create(
                case=locked.case, author=by,
                body=_("Abgelehnt: %(what)s. %(reason)s") % {"what": _act_of(locked).label, "reason": reason},
            )  # fmt: skip


def take_back(proposal: Proposal, *, by: User) -> None:
    """Whoever proposed it does not want it any more. Raises TransitionError when it is settled or not theirs."""
    with transaction.atomic():
        locked = _lock(proposal, Who(proposal.side))
        if locked.proposed_by_id != by.pk:
            raise TransitionError("not theirs")
        _settle(locked, ProposalStatus.TAKEN_BACK, by=by)
        _record(locked, Act.TAKEN_BACK, by=by)


@dataclass(frozen=True)
class Shown:
    """A proposal as a page shows it: what would be done, and what the viewer can say to it."""

    proposal: Proposal
    act: CaseAct
    # What was typed, as label and text.
    lines: list[tuple[str, str]]
    missing: list[Party]
    is_own: bool
    may_settle: bool

    @property
    def proposer(self) -> str:
        """Under which name the other parties know whoever proposed it."""
        parties = self.proposal.case.parties.all()
        return next((party.name for party in parties if party.account_id == self.proposal.proposed_by_id), "")


def shown_to(case: Case, user: User, side: Who) -> list[Shown]:
    """The open proposals of a case that somebody sees, and what they can say to each.

    Parties see those among parties; staff see both, and note signatures for the parties.
    """
    open_ones = case.proposals.open().select_related("proposed_by", "party")
    if side == Who.PARTY:
        open_ones = open_ones.filter(side=Who.PARTY.value)
    found = [_shown(proposal, case, user, side) for proposal in open_ones]
    return [shown for shown in found if shown is not None]


def _shown(proposal: Proposal, case: Case, user: User, side: Who) -> Shown | None:
    act, subject = acts.get(proposal.act), proposal.party or case
    proposal.case = case
    if proposal.party is not None:
        proposal.party.case = case
    if act is None or not _can_be(proposal):
        return None
    own = proposal.proposed_by_id == user.pk
    if proposal.side == Who.STAFF.value:
        may = not own and bool(roles_in(case, user) & act.released_by)
        return Shown(proposal, act, _lines(proposal, act, subject), [], own, may)
    absent = missing(proposal)
    if side == Who.STAFF:
        return Shown(proposal, act, [], absent, is_own=False, may_settle=False)
    if not is_concerned(case, user):
        return None
    mine = own_party(case, user)
    proved = mine is None or not mine.by_mail_only
    asked = not standing_for(case, user).isdisjoint(party.pk for party in absent)
    return Shown(proposal, act, [], absent, own, may_settle=proved and asked)


def cases_that_wait(cases: Iterable[Case], user: User) -> set[int]:
    """In which of these cases somebody's agreement is missing; one query where nothing is open, some for each that is."""
    open_ones = list(
        Proposal.objects.open().filter(case__in=[case.pk for case in cases], side=Who.PARTY.value)
        .select_related("case", "party", "proposed_by").prefetch_related("case__parties", "agreements")
    )  # fmt: skip
    if not open_ones:
        return set()
    own = set(stands_for(user).filter(case__in=[one.case_id for one in open_ones]).values_list("pk", flat=True))
    return {one.case_id for one in open_ones if own & {party.pk for party in missing(one)} and _can_be(one)}


def _can_be(proposal: Proposal) -> bool:
    """Whether whoever has proposed it could still do so."""
    act = acts.get(proposal.act)
    return act is not None and act.when(proposal.party or proposal.case, proposal.proposed_by)


@standing_ends.plug
def lapse(case: Case) -> None:
    """What its proposer can no longer do is not proposed any more: a case is decided, a Vollmacht has ended."""
    case.__dict__.pop("_standing", None)
    for proposal in case.proposals.open().select_related("proposed_by", "party"):
        proposal.case = case
        # Where one party after another goes nobody is left who could agree.
        alone = proposal.side == Who.PARTY.value and not missing(proposal)
        if alone or not _can_be(proposal):
            _settle(proposal, ProposalStatus.LAPSED)


def for_another(user: User) -> QuerySet[Proposal, int]:
    """The cases (ids) in which colleagues have proposed something that somebody may release because of a role."""
    roles = {held.role for held in user.membership_list}
    theirs = [act.key for act in acts.all_acts() if act.released_by & roles]
    open_ones = Proposal.objects.open().filter(side=Who.STAFF.value, act__in=theirs)
    return open_ones.exclude(proposed_by=user).values_list("case", flat=True)


def _lines(proposal: Proposal, act: CaseAct, subject: Case | Party) -> list[tuple[str, str]]:
    form = act.filled(None, subject)
    if form is None:
        return []
    typed = [
        (str(field.label), proposal.typed.get(form.add_prefix(name), [""])[0]) for name, field in form.fields.items()
    ]
    return [(label, text) for label, text in typed if text]


def _act_of(proposal: Proposal) -> CaseAct:
    act = acts.get(proposal.act)
    if act is None:
        raise TransitionError("nobody knows this act any more")
    return act


def _lock(proposal: Proposal, side: Who) -> Proposal:
    # The case first, as everything that changes it does.
    case = Case.objects.select_related("service", "department").held(proposal.case_id)
    locked = Proposal.objects.select_for_update(of=("self",)).select_related("party").get(pk=proposal.pk)
    locked.case = case
    if locked.party is not None:
        locked.party.case = case
    if locked.status != ProposalStatus.OPEN or locked.side != side.value:
        raise TransitionError("it is settled")
    return locked


def _agree(proposal: Proposal, *, by: User) -> bool:
    """Note the agreement of everybody ``by`` stands for who has not agreed; False when there was nobody left."""
    standing = standing_for(proposal.case, by)
    theirs = [party for party in missing(proposal) if party.pk in standing]
    demand_proof(proposal.case, by)
    for party in theirs:
        Agreement.objects.create(proposal=proposal, party=party, by=by)
    return bool(theirs)


def _do(proposal: Proposal, *, by: User, proposer_acts: bool = False) -> str:
    """Do the proposed act; whoever has the last word does it, but where that was a signature, who proposed it."""
    act, subject = _act_of(proposal), proposal.party or proposal.case
    who = proposal.proposed_by if proposer_acts else by
    if act.verb is None or not act.is_for(subject, who):
        raise TransitionError("it cannot be done any more")
    form = act.filled(query_dict(proposal.typed), subject)
    if form is not None and not form.is_valid():
        raise TransitionError("what was typed does not hold any more")
    _settle(proposal, ProposalStatus.DONE, by=by)
    if proposal.side == Who.STAFF.value:
        # What all parties have agreed to speaks for itself.
        _record(proposal, Act.RELEASED, by=by)
    return act.said(act.verb(subject, form.cleaned_data if form is not None else {}, who))


def _settle(proposal: Proposal, status: str, *, by: User | None = None, reason: str = "") -> None:
    changes = {"settled_by": by, "settled_at": timezone.now(), "reason": reason}
    # Staff who have seen a signature settle what is the parties' affair.
    who = Who.PORTAL if by is None else Who.STAFF if roles_in(proposal.case, by) else Who.PARTY
    move(proposal, PROPOSALS, status, who=who, by=by, changes=changes)


def _record(proposal: Proposal, act: str, *, by: User, **data: Any) -> None:
    """Write it down for those whose affair it is: colleagues, or the parties who all have to agree."""
    if proposal.side == Who.STAFF.value:
        record(proposal.case, act, by=by, public=False, what=proposal.act, **data)
    else:
        only_for = [party.pk for party in who_agrees(proposal.case)]
        record(proposal.case, act, by=by, only_for=only_for, what=proposal.act, **data)


@case_exports.plug
def export_proposals(case: Case, user: User) -> dict[str, Any]:
    """What the parties have proposed to each other, as one of them may know it, and which offices have looked."""
    told: list[dict[str, str]] = []
    if is_concerned(case, user):
        for proposal in case.proposals.filter(side=Who.PARTY.value):
            act = acts.get(proposal.act)
            told.append(
                {_("Was"): str(act.label) if act is not None else proposal.act,
                 _("Wann"): proposal.proposed_at.isoformat(), _("Status"): str(proposal.get_status_display())}
            )  # fmt: skip
    return {
        _("Vorschläge"): told,
        _("Eingesehen von"): [f"{look.office}, {look.day.isoformat()}" for look in by_office(case, user)],
    }


@closings.plug
def forget_proposals(user: User) -> None:
    """Nobody has to agree any more to what somebody wanted who has closed the account."""
    for proposal in Proposal.objects.open().filter(proposed_by=user, side=Who.PARTY.value).select_related("case"):
        _settle(proposal, ProposalStatus.LAPSED)
