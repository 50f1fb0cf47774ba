"""How it is known whether a criterion is met, and what decides between children, in that order."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Basis(models.TextChoices):
    """From what it follows that a criterion is met."""

    DECLARED = "declared", _("Die Eltern geben es an.")
    OFFICE = "office", _("Das Jugendamt stellt es fest.")
    SIBLING = "sibling", _("Ein Geschwisterkind ist beim Beginn noch in dieser Kita.")
    DISTRICT = "district", _("Das Kind wohnt in der Ortschaft dieser Kita.")


class TieBreak(models.TextChoices):
    """What decides between children with the same points in a round, before the lottery does."""

    OLDER = "older", _("das ältere Kind, dann das Los")
    NONE = "none", _("das Los")


# What comes first, by the names that the matching gives its reasons (docs/kita.md, "Priority").
PRIORITY: dict[str, Any] = {
    "holds": _(
        "Wer in dieser Altersgruppe der Kita schon einen Platz hat, behält ihn, bis ein weiter oben stehender Wunsch erfüllt wird."
    ),
    "points": _("Danach zählen die Punkte: Mehr Punkte gehen vor."),
    "tie": _("Bei gleichen Punkten entscheidet, was für die Runde festgelegt ist."),
    "lottery": _("Ist auch das gleich, entscheidet das Los. Jedes Kind hat in einer Runde eine einzige Losnummer."),
}
