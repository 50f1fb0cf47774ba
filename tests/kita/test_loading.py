"""What a portal begins with: the parts of the city for every one, invented Kitas and rules for the demo only."""

import pytest
from django.core.management import call_command

from apps.kita.facilities.models import CarrierAgreement, Concept, District, Facility, Landmark
from apps.kita.rules.models import Criterion, Round

pytestmark = pytest.mark.django_db


def test_a_portal_begins_without_kitas_and_rules() -> None:
    call_command("load_kitas", verbosity=0)
    assert (District.objects.count(), Facility.objects.count(), Criterion.objects.count()) == (16, 0, 0)
    assert Landmark.objects.exists()
    assert Concept.objects.exists()


def test_loading_again_keeps_what_the_office_has_changed() -> None:
    District.objects.filter(slug="vorsfelde").update(outline=[], parts=["Altstadt"])
    Landmark.objects.filter(slug="rathaus").delete()
    call_command("load_kitas", verbosity=0)
    assert District.objects.get(slug="vorsfelde").parts == ["Altstadt"]
    assert Landmark.objects.filter(slug="rathaus").exists()


def test_examples_come_once_and_only_where_they_are_asked_for() -> None:
    for _again in range(2):
        call_command("load_kitas", examples=True, verbosity=0)
        assert (Facility.objects.count(), Criterion.objects.count(), Round.objects.count()) == (60, 6, 8)
    assert CarrierAgreement.objects.count() == 5
    for facility in Facility.objects.all():
        facility.full_clean()
