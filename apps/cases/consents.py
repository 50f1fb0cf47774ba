"""That somebody agrees to fetch letters here instead of getting them by post: what is asked, given, withdrawn."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Consent, Party, record
from apps.cases.sockets import consent_ends
from apps.cases.states import Act
from apps.catalogue.models import Regime
from apps.core.transitions import TransitionConflict

# Raised with every change of the words below, so that it can be told who has agreed to what.
VERSION = "2026-11"
QUESTION = _("Wie möchten Sie den Bescheid bekommen?")
IN_THE_PORTAL = _("Hier im Portal. Sie bekommen eine E-Mail, sobald er da ist.")
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


def wording(regime: str, *, language: str) -> str:
    """What somebody agrees to who chooses the portal, as it stands on the page."""
    with translation.override(language):
        return "\n".join(str(part) for part in (QUESTION, IN_THE_PORTAL, KNOWN_WHEN.get(regime, "")) if str(part))


def give(party: Party, *, regime: str, language: str) -> Consent:
    """A party agrees to fetch letters in the portal, from now on.

    Raises TransitionConflict when it has agreed already.
    """
    try:
        with transaction.atomic():
            return Consent.objects.create(party=party, wording=wording(regime, language=language), version=VERSION)
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
        given = Consent.objects.filter(party=party, withdrawn_at=None)
        if given.update(withdrawn_at=timezone.now()) != 1:
            raise TransitionConflict("the party does not consent")
        for told in consent_ends:
            told(party)
        record(party.case, Act.CONSENT_ENDED, by=by, only_for=[party.pk])
