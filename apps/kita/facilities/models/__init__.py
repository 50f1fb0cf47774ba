"""Kitas, who runs them, their groups and how many places those have."""

from apps.kita.facilities.models.carriers import Carrier, CarrierAgreement
from apps.kita.facilities.models.city import District, Landmark
from apps.kita.facilities.models.facility import MOST_TEXT, Concept, Facility, FacilityImport
from apps.kita.facilities.models.groups import Capacity, CareTime, Group, Vacancy

__all__ = [
    "MOST_TEXT",
    "Capacity",
    "CareTime",
    "Carrier",
    "CarrierAgreement",
    "Concept",
    "District",
    "Facility",
    "FacilityImport",
    "Group",
    "Landmark",
    "Vacancy",
]
