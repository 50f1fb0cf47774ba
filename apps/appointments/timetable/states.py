"""For whom a counter is open, and who may take which time."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    """For whom a counter is open at a time."""

    PUBLIC = "public", _("online und intern")
    INTERNAL = "internal", _("nur intern")
    WALK_IN = "walk_in", _("ohne Termin")


# Whose booking may use which opening: staff may use what the public may, never the walk-ins' time.
REACH: dict[str, tuple[str, ...]] = {
    Audience.PUBLIC: (Audience.PUBLIC,),
    Audience.INTERNAL: (Audience.PUBLIC, Audience.INTERNAL),
}
