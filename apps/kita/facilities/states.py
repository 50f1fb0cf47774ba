"""What a facility, its carrier and its groups can be."""

from django.db import models
from django.utils.translation import gettext_lazy as _

# Kinds of places where people outside the city hold roles (accounts/places.py), and what they are there.
FACILITY, CARRIER = "facility", "carrier"
KITA_HEAD, CARRIER_STAFF = "kita_head", "carrier_staff"


class FacilityKind(models.TextChoices):
    KITA = "kita", _("Kita")
    CHILDMINDER = "childminder", _("Kindertagespflege")
    LARGE_CHILDMINDER = "large_childminder", _("Großtagespflege")


class CarrierKind(models.TextChoices):
    MUNICIPAL = "municipal", _("städtisch")
    CHURCH = "church", _("kirchlich")
    WELFARE = "welfare", _("Wohlfahrtsverband")
    PARENTS = "parents", _("Elterninitiative")
    OTHER = "other", _("anderer freier Träger")
    CHILDMINDERS = "childminders", _("selbständige Tagespflege")


class Age(models.TextChoices):
    """For which children a group is."""

    KRIPPE = "krippe", _("Krippe (unter 3 Jahren)")
    KINDERGARTEN = "kindergarten", _("Kindergarten (3 Jahre bis zur Schule)")
    MIXED = "mixed", _("altersübergreifend (unter und über 3 Jahren)")


class BarrierFree(models.TextChoices):
    FULL = "full", _("barrierefrei")
    PARTLY = "partly", _("teilweise barrierefrei")
    NO = "no", _("nicht barrierefrei")
    UNKNOWN = "unknown", _("keine Angabe")
