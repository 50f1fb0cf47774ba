"""Channels and the small vocabularies of the spine; each kind brings its own statuses."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Who, Workflow, by


class Channel(models.TextChoices):
    """How a case reached the city."""

    ONLINE = "online", _("online")
    COUNTER = "counter", _("am Schalter")
    PAPER = "paper", _("auf Papier")
    PHONE = "phone", _("am Telefon")


class PartyRole(models.TextChoices):
    APPLICANT = "applicant", _("Antragstellende Person")
    JOINT = "joint", _("Mitbeteiligte Person")
    REPRESENTATIVE = "representative", _("Vertretung")
    # Named by others, and found to have nothing to do with it.
    NONE = "none", _("Nicht beteiligt")


class JoinedBy(models.TextChoices):
    """How an account came to a party that others had named, which says what its owner has proved thereby."""

    # Whoever holds the letter lives where the office has looked up that they live.
    CODE = "code", _("Code aus einem Brief")
    # Whoever reads the mailbox; who that is, nobody has looked at.
    MAIL = "mail", _("Link aus einer E-Mail")


class Way(models.TextChoices):
    """How letters reach somebody (§ 41 Abs. 2a VwVfG, § 122a AO need consent for the portal)."""

    PORTAL = "portal", _("zum Abruf im Portal")
    POST = "post", _("per Post")
    EMAIL = "email", _("per E-Mail")


class ConsentTo(models.TextChoices):
    """What a party can agree to about its letters."""

    # § 41 Abs. 2a VwVfG, § 122a AO, § 37 Abs. 2a SGB X
    PORTAL = "portal", _("Abruf im Portal")
    # § 122 Abs. 6 AO, and what ends it (Abs. 7 Satz 2): nobody gives both at once.
    ONE_LETTER = "one_letter", _("Ein Brief für alle gemeinsam")
    OWN_LETTER = "own_letter", _("Ein eigener Brief")


class Purpose(models.TextChoices):
    """What a member of staff has looked at."""

    CASE = "case", _("Vorgang")
    FILE = "file", _("Anlage")
    LETTER = "letter", _("Bescheid")
    ADDRESS = "address", _("geschützte Anschrift")


class Direction(models.TextChoices):
    IN = "in", _("eingegangen")
    OUT = "out", _("gesendet")


class Act(models.TextChoices):
    """What can stand in a timeline; the label is the sentence people read."""

    SUBMITTED = "submitted", _("Eingegangen")
    CAPTURED = "captured", _("Erfasst")
    STATUS = "status", _("Status geändert")
    TAKEN = "taken", _("Bearbeitung begonnen")
    ASSIGNED = "assigned", _("Zugewiesen")
    HANDED_OVER = "handed_over", _("An eine andere Dienststelle abgegeben")
    ASKED = "asked", _("Rückfrage gestellt")
    ANSWERED = "answered", _("Rückfrage beantwortet")
    MESSAGE = "message", _("Nachricht gesendet")
    MESSAGE_IN = "message_in", _("Nachricht eingegangen")
    RECUSED = "recused", _("Wegen Befangenheit abgegeben")
    NOTE = "note", _("Notiz geschrieben")
    DECIDED = "decided", _("Entschieden")
    WITHDRAWN = "withdrawn", _("Zurückgezogen")
    CLOSED = "closed", _("Abgeschlossen")
    REOPENED = "reopened", _("Wieder aufgenommen")
    NOTICE_CREATED = "notice_created", _("Bescheid wird erstellt")
    NOTICE_READY = "notice_ready", _("Bescheid liegt bereit")
    NOTICE_OPENED = "notice_opened", _("Bescheid geöffnet")
    NOTICE_POSTED = "notice_posted", _("Bescheid zur Post gegeben")
    NOTICE_BACK = "notice_back", _("Bescheid kam mit der Post zurück")
    NOTICE_AGAIN = "notice_again", _("Bescheid wird erneut zugestellt")
    NOTICE_CORRECTED = "notice_corrected", _("Angaben zur Zustellung berichtigt")
    APPEAL = "appeal", _("Rechtsbehelf eingegangen")
    APPEAL_ENDED = "appeal_ended", _("Rechtsbehelf erledigt")
    FORM_WANTED = "form_wanted", _("Form der Briefe vermerkt")
    COPY_ASKED = "copy_asked", _("Barrierefreie Fassung verlangt")
    COPY_GIVEN = "copy_given", _("Barrierefreie Fassung übergeben")
    CONTACT_CHANGED = "contact_changed", _("Anschrift geändert")
    PROTECTED = "protected", _("Auskunftssperre vermerkt")
    UNPROTECTED = "unprotected", _("Auskunftssperre aufgehoben")
    CHECKED = "checked", _("Anschrift geprüft")
    CODE_MADE = "code_made", _("Zugangscode erstellt")
    CODE_VOID = "code_void", _("Zugangscode gilt nicht mehr: zu viele falsche Eingaben")
    INVITED = "invited", _("Per E-Mail eingeladen")
    HEARD = "heard", _("Anhörung begonnen")
    HEARING_ENDED = "hearing_ended", _("Zur Anhörung geäußert")
    HEARING_WAIVED = "hearing_waived", _("Von der Anhörung abgesehen")
    NO_PARTY = "no_party", _("Als nicht beteiligt festgestellt")
    PROPOSED = "proposed", _("Vorschlag gemacht")
    AGREED = "agreed", _("Dem Vorschlag zugestimmt")
    RELEASED = "released", _("Vorschlag freigegeben")
    REFUSED = "refused", _("Vorschlag abgelehnt")
    TAKEN_BACK = "taken_back", _("Vorschlag zurückgenommen")
    JOINED = "joined", _("Konto verbunden")
    MANDATE = "mandate", _("Vollmacht vermerkt")
    MANDATE_ENDED = "mandate_ended", _("Vollmacht beendet")
    CONSENT_ENDED = "consent_ended", _("Einwilligung in den Abruf widerrufen")
    CONSENTED = "consented", _("In den Abruf eingewilligt")
    ONE_LETTER = "one_letter", _("Mit einem Brief für alle einverstanden")
    ONE_LETTER_ENDED = "one_letter_ended", _("Einverständnis mit einem Brief für alle gestrichen")
    OWN_LETTER = "own_letter", _("Einen eigenen Brief verlangt")
    EMAIL_BACK = "email_back", _("E-Mail kam zurück")
    FILE_OPENED = "file_opened", _("Anlage geöffnet")
    EMAIL = "email", _("E-Mail gesendet")


# What the timeline says of a letter that decides nothing.
OF_A_HEARING: dict[str, Any] = {
    Act.NOTICE_CREATED: _("Anhörung wird erstellt"),
    Act.NOTICE_READY: _("Anhörung liegt bereit"),
    Act.NOTICE_OPENED: _("Anhörung geöffnet"),
    Act.NOTICE_POSTED: _("Anhörung zur Post gegeben"),
    Act.NOTICE_BACK: _("Anhörung kam mit der Post zurück"),
    Act.NOTICE_AGAIN: _("Anhörung wird erneut zugestellt"),
}


class ProposalStatus(models.TextChoices):
    OPEN = "open", _("offen")
    DONE = "done", _("freigegeben")
    REFUSED = "refused", _("abgelehnt")
    TAKEN_BACK = "taken_back", _("zurückgenommen")
    # The case has moved on: it could not be done any more.
    LAPSED = "lapsed", _("überholt")


PROPOSALS = Workflow(
    name="proposal",
    states=ProposalStatus,
    moves={
        ProposalStatus.OPEN: by(
            (Who.STAFF, Who.PARTY), ProposalStatus.DONE, ProposalStatus.REFUSED, ProposalStatus.TAKEN_BACK
        )
        | by(Who.PORTAL, ProposalStatus.LAPSED),
    },
)
