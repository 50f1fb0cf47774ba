"""That somebody agrees to fetch letters here, or to one letter for all parties: what is asked, given, withdrawn."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
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
    "Der Bescheid kommt in einem gemeinsamen Brief mit der Post. Er gilt damit für alle Beteiligten als bekannt gegeben: Auch "
    "Ihre Frist für einen Rechtsbehelf läuft dann, selbst wenn Sie ihn nicht lesen. Wir schreiben nur dann gemeinsam, wenn "
    "alle einverstanden sind und unter einer Anschrift wohnen. Bis zur Entscheidung können Sie einen eigenen Brief verlangen, "
    "danach eine Abschrift."
)
OWN_LETTER = _("Sie möchten einen eigenen Brief, auch wenn andere mit einem gemeinsamen einverstanden sind.")
# § 122a Abs. 4 AO, § 37 Abs. 2a SGB X
_AFTER_THE_MAIL = _(
    "Wenn Sie das Portal wählen, gilt der Bescheid vier Tage nach unserer E-Mail als bekannt gegeben, "
    "auch wenn Sie ihn nicht öffnen."
)
# When a letter in the portal counts as known; whoever consents must be told.
KNOWN_WHEN: dict[str, Any] = {
    # § 41 Abs. 2a VwVfG
    Regime.VWVFG: _(
        "Wenn Sie das Portal wählen, gilt der Bescheid einen Tag nach Ihrem Abruf als bekannt gegeben. "
        "Rufen Sie ihn nicht innerhalb von zehn Tagen ab, kommt er mit der Post."
    ),
    Regime.AO: _AFTER_THE_MAIL,
    Regime.SGBX: _AFTER_THE_MAIL,
}


def wording(regime: str, *, language: str, to: ConsentTo = ConsentTo.PORTAL) -> str:
    """What somebody agrees to, as it stands on the page (or on the paper that is signed)."""
    words: dict[ConsentTo, Any] = {ConsentTo.ONE_LETTER: (ONE_LETTER,), ConsentTo.OWN_LETTER: (OWN_LETTER,)}
    said = words.get(to, (QUESTION, IN_THE_PORTAL, KNOWN_WHEN.get(regime, "")))
    with translation.override(language):
        return "\n".join(str(part) for part in said if str(part))


def give(
    party: Party, *, to: ConsentTo = ConsentTo.PORTAL, language: str = "", signature_seen_by: User | None = None
) -> Consent:
    """A party agrees to something about its letters from now on, in the language of the page if it is not said.

    Raises TransitionConflict when it has agreed already.
    """
    said = wording(regime_of(party), language=language or translation.get_language() or "de", to=to)
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


def agree(party: Party, *, by: User) -> Consent:
    """A party agrees later on, in its account; see ``give``. Raises TransitionConflict, too, for who came by a mailed link."""
    if party.by_mail_only:
        # A letter would count as known because somebody reads a mailbox.
        raise TransitionConflict("a mailed link proves nothing")
    with transaction.atomic():
        given = give(party)
        record(party.case, Act.CONSENTED, by=by, only_for=[party.pk])
    return given


def withdraw(party: Party, *, by: User) -> None:
    """A party wants letters by post from now on; what it has not fetched yet is posted, too.

    Raises TransitionConflict when it does not consent (any more).
    """
    with transaction.atomic():
        if not _end(party, ConsentTo.PORTAL):
            raise TransitionConflict("the party does not consent")
        for told in consent_ends:
            told(party)
        record(party.case, Act.CONSENT_ENDED, by=by, only_for=[party.pk])


def agree_to_one_letter(party: Party, *, by: User, signed: bool = False) -> None:
    """A party agrees to one letter for all (§ 122 Abs. 6 AO): in its account, or ``signed``, which ``by`` has seen.

    Raises TransitionConflict when it has agreed already, TransitionError once the case is decided and for who came by a
    mailed link: that proves who reads a mailbox, not who they are.
    """
    with transaction.atomic():
        _demand_undecided(party)
        if not signed and party.by_mail_only:
            raise TransitionError("a mailed link proves nothing")
        _end(party, ConsentTo.OWN_LETTER)
        seen_by = by if signed else None
        give(party, to=ConsentTo.ONE_LETTER, language="de" if signed else "", signature_seen_by=seen_by)
        record(party.case, Act.ONE_LETTER, by=by, only_for=[party.pk])


def want_own_letter(party: Party, *, by: User) -> None:
    """A party wants a letter of its own (§ 122 Abs. 7 Satz 2 AO), as it says in its account or has told ``by``.

    Raises TransitionConflict when it has said so already, TransitionError once the case is decided.
    """
    with transaction.atomic():
        _demand_undecided(party)
        _end(party, ConsentTo.ONE_LETTER)
        give(party, to=ConsentTo.OWN_LETTER)
        record(party.case, Act.OWN_LETTER, by=by, only_for=[party.pk])


def strike_signature(party: Party, *, by: User) -> None:
    """It was noted by mistake that a party has signed; it has said nothing, then.

    Raises TransitionConflict when nothing of the kind stands there, TransitionError once the case is decided.
    """
    with transaction.atomic():
        _demand_undecided(party)
        signed = Consent.objects.given(ConsentTo.ONE_LETTER).filter(party=party, signature_seen_by__isnull=False)
        if not signed.update(withdrawn_at=timezone.now()):
            raise TransitionConflict("no signature is noted")
        record(party.case, Act.ONE_LETTER_ENDED, by=by, only_for=[party.pk])


def not_agreed_to_one_letter(case: Case) -> list[Party]:
    """Whose agreement to one letter for all is missing (§ 122 Abs. 6 AO)."""
    agreed = Consent.objects.given(ConsentTo.ONE_LETTER).filter(party__case=case).values("party")
    return list(case.parties.filter(role__in=PRINCIPALS).exclude(pk__in=agreed))


def who_want_their_own(case: Case) -> list[Party]:
    """Who is written to alone because they want to be (§ 122 Abs. 7 Satz 2 AO)."""
    wanting = Consent.objects.given(ConsentTo.OWN_LETTER).filter(party__case=case).values("party")
    return list(case.parties.filter(role__in=PRINCIPALS, pk__in=wanting))


def may_be_together(case: Case) -> bool:
    """Whether several may get one letter in such a case: that of several people, and by the law of taxes only (§ 122 AO)."""
    several = sum(party.role in PRINCIPALS for party in case.parties.all()) > 1
    return several and case.service is not None and case.service.regime == Regime.AO


def may_still_say(party: Party) -> bool:
    """Whether there is still something to say about one letter for all, and it is the party's to say it."""
    return party.role in PRINCIPALS and party.case.is_open and may_be_together(party.case)


def has_said(party: Party, to: ConsentTo) -> bool:
    """Whether the party agrees to something, as its case was read: for pages.

    A case that was read with ``parties__consents`` is not asked again.
    """
    own = (one for one in party.case.parties.all() if one == party)
    return any(said.to == to and said.is_given for one in own for said in one.consents.all())


def has_signed(party: Party) -> bool:
    """Whether the party agrees to one letter for all by a signature that was seen, as its case was read."""
    own = (one for one in party.case.parties.all() if one == party)
    given = (said for one in own for said in one.consents.all() if said.to == ConsentTo.ONE_LETTER and said.is_given)
    return any(said.signature_seen_by_id is not None for said in given)


def _end(party: Party, to: ConsentTo) -> bool:
    """Take back what a party has agreed to; whether there was something."""
    return bool(Consent.objects.given(to).filter(party=party).update(withdrawn_at=timezone.now()))


def _demand_undecided(party: Party) -> None:
    # The row of the case first, as every decision does: what is said before counts, what is said after does not.
    if not Case.objects.held(party.case_id).is_open:
        raise TransitionError("the case is decided")
