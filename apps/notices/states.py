"""The statuses of a notice on its way from decision to document."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Who, Workflow, by


class NoticeStatus(models.TextChoices):
    PENDING = "pending", _("wird erstellt")
    DONE = "done", _("liegt bereit")
    DEAD = "dead", _("konnte nicht erstellt werden")


class Arrival(models.TextChoices):
    """How a letter that went out has reached its addressee, as far as somebody has said something about it."""

    LATER = "later", _("an einem anderen Tag angekommen")
    NEVER = "never", _("nicht angekommen")


WORKFLOW = Workflow(
    name="notice",
    states=NoticeStatus,
    moves={
        NoticeStatus.PENDING: by(Who.PORTAL, NoticeStatus.DONE, NoticeStatus.DEAD),
        NoticeStatus.DEAD: by(Who.STAFF, NoticeStatus.PENDING),
    },
)
