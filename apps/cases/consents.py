"""That somebody agrees to fetch letters here, or to one letter for all parties: what is asked, given, withdrawn."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from apps.cases.addressee import PRINCIPALS
from apps.cases.models import Case, Consent, Party, record
from apps.cases.sockets import consent_ends
from apps.cases.states import Act, ConsentTo
from apps.catalogue.models import Regime
from apps.core.transitions import TransitionConflict, TransitionError

# Raised with every change of the words below, so that it can be told who has agreed to what.
VERSION = "2026-11"
QUESTION = _("Wie möchten Sie den Bescheid bekommen?")
IN_THE_PORTAL = _("Hier im Portal. Sie bekommen eine E-Mail, sobald er da ist.")
ONE_LETTER = _(
    "Der Bescheid kommt in einem gemeinsamen Brief mit der Post. Er gilt damit für alle Beteiligten als bekannt gegeben, auch "
    "für Sie. Das geht nur, wenn alle einverstanden sind und unter einer Anschrift wohnen. Bis zur Entscheidung können Sie "
    "einen eigenen Brief verlangen, danach eine Abschrift."
)
# When a letter in the portal counts as known; whoever consents must be told.
KNOWN_WHEN: dict[str, Any] = {
    # § 41 Abs. 2a VwVfG
    Regime.VWVFG: _(
        "Wenn Sie das Portal wählen, gilt der Bescheid einen Tag nach Ihrem Abruf als bekannt gegeben. "
        "Rufen Sie ihn nicht innerhalb von zehn Tagen ab, kommt er mit der Post."
    ),
    # § 122a Abs. 4 AO, § 37 Abs. 2a SGB X
    **dict.fromkeys(
        (Regime.AO, Regime.SGBX),
        _(
            "Wenn Sie das Portal wählen, gilt der Bescheid vier Tage nach unserer E-Mail als bekannt gegeben, "
            "auch wenn Sie ihn nicht öffnen."
        ),
    ),
}


def wording(regime: str, *, language: str, to: ConsentTo = ConsentTo.PORTAL) -> str:
    """What somebody agrees to, as it stands on the page (or on the paper that is signed)."""
    said = (ONE_LETTER,) if to == ConsentTo.ONE_LETTER else (QUESTION, IN_THE_PORTAL, KNOWN_WHEN.get(regime, ""))
    with translation.override(language):
        return "\n".join(str(part) for part in said if str(part))


def give(
    party: Party, *, regime: str, language: str, to: ConsentTo = ConsentTo.PORTAL, signature_seen_by: Any = None
) -> Consent:
    """A party agrees to fetch letters in the portal, or to one letter for all, from now on.

    Raises TransitionConflict when it has agreed already.
    """
    said = wording(regime, language=language, to=to)
    try:
        with transaction.atomic():
            return Consent.objects.create(
                party=party, to=to, wording=said, version=VERSION, signature_seen_by=signature_seen_by
            )
    except IntegrityError as error:
        raise TransitionConflict("the party consents already") from error


def regime_of(party: Party) -> str:
    """By which law letters in the party's case become known."""
    service = party.case.service
    return service.regime if service is not None else ""


def agree(party: Party, *, by: Any) -> Consent:
    """A party agrees later on, in its account; see ``give``. Raises TransitionConflict, too, for who came by a mailed link."""
    if party.by_mail_only:
        # A letter would count as known because somebody reads a mailbox.
        raise TransitionConflict("a mailed link proves nothing")
    with transaction.atomic():
        given = give(party, regime=regime_of(party), language=by.language)
        record(party.case, Act.CONSENTED, by=by, only_for=[party.pk])
    return given


def withdraw(party: Party, *, by: Any) -> None:
    """A party wants letters by post from now on; what it has not fetched yet is posted, too.

    Raises TransitionConflict when it does not consent (any more).
    """
    with transaction.atomic():
        given = Consent.objects.given(ConsentTo.PORTAL).filter(party=party)
        if given.update(withdrawn_at=timezone.now()) != 1:
            raise TransitionConflict("the party does not consent")
        for told in consent_ends:
            told(party)
        record(party.case, Act.CONSENT_ENDED, by=by, only_for=[party.pk])


def agree_to_one_letter(party: Party, *, by: Any, signed: bool = False) -> None:
    """A party agrees to one letter for all (§ 122 Abs. 6 AO): in its account, or ``signed``, which ``by`` has seen.

    Raises TransitionConflict when it has agreed already, TransitionError once the case is decided and for who came by a
    mailed link: that proves who reads a mailbox, not who they are.
    """
    with transaction.atomic():
        _demand_undecided(party)
        if not signed and party.by_mail_only:
            raise TransitionError("a mailed link proves nothing")
        give(
            party, regime=regime_of(party), language="de" if signed else by.language, to=ConsentTo.ONE_LETTER,
            signature_seen_by=by if signed else None,
        )  # fmt: skip
        record(party.case, Act.ONE_LETTER, by=by, only_for=[party.pk])


def want_own_letter(party: Party, *, by: Any) -> None:
    """A party wants a letter of its own after all, as it says in its account or has told ``by``.

    Raises TransitionConflict when it has not agreed to one for all, TransitionError once the case is decided.
    """
    with transaction.atomic():
        _demand_undecided(party)
        given = Consent.objects.given(ConsentTo.ONE_LETTER).filter(party=party)
        if given.update(withdrawn_at=timezone.now()) != 1:
            raise TransitionConflict("the party has not agreed to one letter")
        record(party.case, Act.OWN_LETTER, by=by, only_for=[party.pk])


def not_agreed_to_one_letter(case: Case) -> list[Party]:
    """Whose agreement to one letter for all is missing (§ 122 Abs. 6 AO)."""
    agreed = Consent.objects.given(ConsentTo.ONE_LETTER).filter(party__case=case).values("party")
    return list(case.parties.filter(role__in=PRINCIPALS).exclude(pk__in=agreed))


def who_want_their_own(case: Case) -> list[Party]:
    """Who had agreed to one letter for all and has taken that back: they are written to alone (§ 122 Abs. 7 Satz 2 AO)."""
    taken_back = Consent.objects.filter(to=ConsentTo.ONE_LETTER, party__case=case, withdrawn_at__isnull=False)
    wanting = set(taken_back.values_list("party", flat=True))
    return [party for party in not_agreed_to_one_letter(case) if party.pk in wanting]


def may_agree_to_one_letter(party: Party) -> bool:
    """Whether there is one to agree to: an open case that is several people's, and theirs."""
    several = sum(other.role in PRINCIPALS for other in party.case.parties.all()) > 1
    return several and party.role in PRINCIPALS and party.case.is_open


def has_agreed(party: Party, to: ConsentTo = ConsentTo.ONE_LETTER) -> bool:
    """Whether the party agrees to one letter for all (or to the portal), as its case was read: for pages.

    A case that was read with ``parties__consents`` is not asked again.
    """
    own = (one for one in party.case.parties.all() if one == party)
    return any(said.to == to and said.is_given for one in own for said in one.consents.all())


def _demand_undecided(party: Party) -> None:
    # The row of the case first, as every decision does: what is said before counts, what is said after does not.
    if not Case.objects.held(party.case_id).is_open:
        raise TransitionError("the case is decided")
