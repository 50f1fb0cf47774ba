"""Channels and the small vocabularies of the spine; each kind brings its own statuses."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class MandateEnd(models.TextChoices):
    REVOKED = "revoked", _("widerrufen")
    OVER = "over", _("abgelaufen")


class Way(models.TextChoices):
    """How letters reach somebody (§ 41 Abs. 2a VwVfG, § 122a AO need consent for the portal)."""

    PORTAL = "portal", _("zum Abruf im Portal")
    POST = "post", _("per Post")
    EMAIL = "email", _("per E-Mail")


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
    CONTACT_CHANGED = "contact_changed", _("Anschrift geändert")
    PROTECTED = "protected", _("Auskunftssperre vermerkt")
    UNPROTECTED = "unprotected", _("Auskunftssperre aufgehoben")
    CODE_MADE = "code_made", _("Zugangscode erstellt")
    JOINED = "joined", _("Konto verbunden")
    MANDATE = "mandate", _("Vollmacht vermerkt")
    MANDATE_ENDED = "mandate_ended", _("Vollmacht beendet")
    CONSENT_ENDED = "consent_ended", _("Einwilligung in den Abruf widerrufen")
    CONSENTED = "consented", _("In den Abruf eingewilligt")
    EMAIL_BACK = "email_back", _("E-Mail kam zurück")
    FILE_OPENED = "file_opened", _("Anlage geöffnet")
    EMAIL = "email", _("E-Mail gesendet")
