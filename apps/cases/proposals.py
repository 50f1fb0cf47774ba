"""Doing an act, or proposing it where one person alone may not: then another releases it, or all parties agree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.cases import acts
from apps.cases.access import roles_in
from apps.cases.acts import CaseAct
from apps.cases.addressee import PRINCIPALS
from apps.cases.audience import standing_for
from apps.cases.emails import notify
from apps.cases.models import Agreement, Case, Mandate, Party, Proposal, record
from apps.cases.states import PROPOSALS, Act, JoinedBy, PartyRole, ProposalStatus
from apps.core.requests import query_dict
from apps.core.text import storable
from apps.core.transitions import TransitionConflict, TransitionError, Who, move


class NotTheirOwn(TransitionError):
    """Somebody else has to have the second word."""


class NeedsProof(TransitionError):
    """Who came by a mailed link has not proved to be the party: they agree by signature."""


def carry_out(
    act: CaseAct, subject: Case | Party, *, data: dict[str, Any], typed: Mapping[str, Any], by: Any
) -> str:  # fmt: skip
    """Do what was asked for, or propose it; returns the sentence that says which.

    ``data`` is what the act's form has understood, ``typed`` what was sent. Raises TransitionError when it is not for them,
    or not now, and whatever the verb raises.
    """
    if act.verb is None or not act.is_for(subject, by):
        raise TransitionError("not now, or not by them")
    case = acts.case_of(subject)
    if act.released_by or (act.by_all and len(who_agrees(case)) > 1):
        propose(act, subject, typed=typed, by=by)
        if act.who == Who.STAFF:
            return _("Vorgeschlagen. Eine zweite Person muss es noch freigeben.")
        return _("Vorgeschlagen. Sobald alle Beteiligten zugestimmt haben, ist es so weit.")
    return act.said(act.verb(subject, data, by))


def who_agrees(case: Case) -> list[Party]:
    """The parties who all have to agree: those whose application it is, and whoever has joined it.

    Somebody who was named and has not come has not taken part, and cannot be waited for.
    """
    return [
        party
        for party in case.parties.all()
        if party.role in PRINCIPALS and (party.role == PartyRole.APPLICANT or party.account_id is not None)
    ]


def propose(act: CaseAct, subject: Case | Party, *, typed: Mapping[str, Any], by: Any) -> Proposal:
    """Put an act before those who have to have the second word.

    Raises TransitionConflict when it lies before them already.
    """
    case = acts.case_of(subject)
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
            if act.who == Who.STAFF:
                record(case, Act.PROPOSED, by=by, public=False, what=act.key)
            else:
                concerned = who_agrees(case)
                record(case, Act.PROPOSED, by=by, only_for=[party.pk for party in concerned], what=act.key)
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


def agree(proposal: Proposal, *, by: Any) -> bool:
    """A party agrees; True when it was the last one, and the act is done.

    Raises NeedsProof, and TransitionError when it is settled, lapsed, or was not theirs to agree to.
    """
    with transaction.atomic():
        locked = _lock(proposal, Who.PARTY)
        if not _agree(locked, by=by):
            raise TransitionError("they have agreed before")
        concerned = [party.pk for party in who_agrees(locked.case)]
        record(locked.case, Act.AGREED, by=by, only_for=concerned, what=locked.act)
        if missing(locked):
            return False
        _do(locked, by=by)
    return True


def signature_seen(proposal: Proposal, party: Party, *, by: Any) -> bool:
    """A member of staff has a party's signature before them; True when it was the last agreement, and the act is done.

    Raises TransitionError when it is settled, or was not the party's to agree to.
    """
    with transaction.atomic():
        locked = _lock(proposal, Who.PARTY)
        if party not in missing(locked) or not roles_in(locked.case, by):
            raise TransitionError("not theirs, or agreed before")
        Agreement.objects.create(proposal=locked, party=party, signature_seen_by=by)
        concerned = [one.pk for one in who_agrees(locked.case)]
        record(locked.case, Act.AGREED, by=by, only_for=concerned, what=locked.act, signature=True)
        if missing(locked):
            return False
        _do(locked, by=by, proposer_acts=True)
    return True


def release(proposal: Proposal, *, by: Any) -> str:
    """Another member of staff has looked at it: it is done, by them; returns the sentence about it.

    Raises NotTheirOwn, and TransitionError when they may not release it, it is settled or lapsed.
    """
    with transaction.atomic():
        locked = _lock(proposal, Who.STAFF)
        act = _act_of(locked)
        if locked.proposed_by_id == by.pk or not roles_in(locked.case, by) & act.released_by:
            raise NotTheirOwn("somebody else releases it")
        return _do(locked, by=by)


def refuse(proposal: Proposal, *, reason: str, by: Any) -> None:
    """Another one says no. Raises NotTheirOwn, and TransitionError when it is settled or not theirs."""
    with transaction.atomic():
        side = Who(proposal.side)
        locked = _lock(proposal, side)
        if locked.proposed_by_id == by.pk or (
            side == Who.STAFF and not roles_in(locked.case, by) & _act_of(locked).released_by
        ):
            raise NotTheirOwn("somebody else refuses it")
        if side == Who.PARTY and not standing_for(locked.case, by) & {party.pk for party in who_agrees(locked.case)}:
            raise TransitionError("not theirs")
        _settle(locked, ProposalStatus.REFUSED, by=by, reason=reason)
        _record(locked, Act.REFUSED, by=by)


def take_back(proposal: Proposal, *, by: Any) -> None:
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


def shown_to(case: Case, user: Any, side: Who) -> list[Shown]:
    """The open proposals of a case that somebody sees, and what they can say to each.

    Parties see those among parties; staff see both, and note signatures for the parties.
    """
    open_ones = case.proposals.open().select_related("proposed_by", "party")
    if side == Who.PARTY:
        open_ones = open_ones.filter(side=Who.PARTY.value)
    found = [_shown(proposal, case, user, side) for proposal in open_ones]
    return [shown for shown in found if shown is not None]


def _shown(proposal: Proposal, case: Case, user: Any, side: Who) -> Shown | None:
    act, subject = acts.get(proposal.act), proposal.party or case
    proposal.case = case
    if proposal.party is not None:
        proposal.party.case = case
    if act is None or not act.when(subject, proposal.proposed_by):
        # It cannot be done any more.
        return None
    own = proposal.proposed_by_id == user.pk
    if proposal.side == Who.STAFF.value:
        may = not own and bool(roles_in(case, user) & act.released_by)
        return Shown(proposal, act, _lines(proposal, act, subject), [], own, may)
    absent = missing(proposal)
    if side == Who.STAFF:
        return Shown(proposal, act, [], absent, is_own=False, may_settle=False)
    standing = standing_for(case, user)
    if not standing & {party.pk for party in who_agrees(case)}:
        return None
    return Shown(proposal, act, [], absent, own, bool(standing & {party.pk for party in absent}))


def cases_that_wait(cases: Iterable[Case], user: Any) -> set[int]:
    """In which of these cases somebody's agreement is missing; in a fixed number of queries, one where nothing is open."""
    open_ones = list(
        Proposal.objects.open().filter(case__in=[case.pk for case in cases], side=Who.PARTY.value)
        .select_related("case").prefetch_related("case__parties", "agreements")
    )  # fmt: skip
    if not open_ones:
        return set()
    own = set(
        Party.objects.standing(user).filter(case__in=[one.case_id for one in open_ones]).values_list("pk", flat=True)
    )
    own |= set(Mandate.objects.in_force().filter(representative__in=own).values_list("principal", flat=True))
    return {one.case_id for one in open_ones if own & {party.pk for party in missing(one)} and _can_be(one, user)}


def _can_be(proposal: Proposal, user: Any) -> bool:
    act = acts.get(proposal.act)
    return act is not None and act.when(proposal.party or proposal.case, user)


def lapse(case: Case) -> None:
    """What can no longer be done is not proposed any more; called when a case is decided or closed."""
    for proposal in case.proposals.open().select_related("proposed_by", "party"):
        proposal.case = case
        if not _can_be(proposal, proposal.proposed_by):
            changes = {"settled_at": timezone.now()}
            move(proposal, PROPOSALS, ProposalStatus.LAPSED, who=Who.PORTAL, changes=changes)


def for_another(user: Any) -> QuerySet[Proposal, int]:
    """The cases (ids) in which colleagues have proposed something that somebody else has to release."""
    open_ones = Proposal.objects.open().filter(side=Who.STAFF.value)
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
    case = Case.objects.select_for_update(of=("self",)).select_related("service", "department").get(pk=proposal.case_id)
    locked = Proposal.objects.select_for_update(of=("self",)).select_related("party").get(pk=proposal.pk)
    locked.case = case
    if locked.party is not None:
        locked.party.case = case
    if locked.status != ProposalStatus.OPEN or locked.side != side.value:
        raise TransitionError("it is settled")
    return locked


def _agree(proposal: Proposal, *, by: Any) -> bool:
    """Note the agreement of everybody ``by`` stands for who has not agreed; False when there was nobody left."""
    standing = standing_for(proposal.case, by)
    theirs = [party for party in missing(proposal) if party.pk in standing]
    if any(party.account_id == by.pk and party.joined_by == JoinedBy.MAIL for party in theirs):
        raise NeedsProof("a mailed link proves nothing")
    for party in theirs:
        Agreement.objects.create(proposal=proposal, party=party, by=by)
    return bool(theirs)


def _do(proposal: Proposal, *, by: Any, proposer_acts: bool = False) -> str:
    """Do the proposed act; whoever has the last word does it, but where that was a signature, who proposed it."""
    act, subject = _act_of(proposal), proposal.party or proposal.case
    who = proposal.proposed_by if proposer_acts else by
    if act.verb is None or not act.is_for(subject, who):
        raise TransitionError("it cannot be done any more")
    form = act.filled(query_dict(proposal.typed), subject)
    if form is not None and not form.is_valid():
        raise TransitionError("what was typed does not hold any more")
    _settle(proposal, ProposalStatus.DONE, by=by)
    _record(proposal, Act.RELEASED, by=by)
    return act.said(act.verb(subject, form.cleaned_data if form is not None else {}, who))


def _settle(proposal: Proposal, status: str, *, by: Any, reason: str = "") -> None:
    changes = {"settled_by": by, "settled_at": timezone.now(), "reason": reason}
    # Staff who have seen a signature settle what is the parties' affair.
    who = Who.STAFF if roles_in(proposal.case, by) else Who.PARTY
    move(proposal, PROPOSALS, status, who=who, by=by, changes=changes)


def _record(proposal: Proposal, act: str, *, by: Any) -> None:
    if proposal.side == Who.STAFF.value:
        record(proposal.case, act, by=by, public=False, what=proposal.act)
    elif act != Act.RELEASED:
        # What all have agreed to speaks for itself.
        only_for = [party.pk for party in who_agrees(proposal.case)]
        record(proposal.case, act, by=by, only_for=only_for, what=proposal.act)
