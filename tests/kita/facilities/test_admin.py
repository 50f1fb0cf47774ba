"""The office keeps Kitas in the admin: what is typed wrongly is said, what has begun is followed and not changed."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Group as RightsGroup
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.core.business_calendar import today
from apps.kita.facilities.editing import OutlineField
from apps.kita.facilities.models import Capacity, CarrierAgreement, District, Facility, Vacancy
from tests import factories, walk
from tests.kita.facilities.setting import carrier, kita

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Any:
    """Somebody of the Kita office, signed in: a clerk whose rights come from the group of that name."""
    person = factories.staff("olga@example.org", "Olga", "Ohm", (Role.CLERK, walk.department("jugend")))
    person.groups.add(RightsGroup.objects.get(name="Kita-Büro"))
    return walk.browser(person)


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send back of a form of the admin."""
    context = client.get(path).context
    data: dict[str, Any] = {}
    for form in [context["adminform"].form, *(f.formset.management_form for f in context["inline_admin_formsets"])]:
        data |= {bound.html_name: _sent(bound) for bound in form}
    for inline in context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            data |= {bound.html_name: _sent(bound) for bound in form}
    return {name: value for name, value in data.items() if value is not None}


def _sent(bound: Any) -> Any:
    value = bound.field.prepare_value(bound.value()) if bound.value() is not None else ""
    if isinstance(value, bool):
        return "on" if value else None
    if isinstance(value, (dt.time, dt.date)):
        return value.isoformat()[:10] if isinstance(value, dt.date) else value.isoformat()[:5]
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else str(value)


def errors_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, "it was taken"
    found: dict[str, Any] = dict(answer.context["adminform"].form.errors)
    for inline in answer.context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            found |= form.errors
    return found


def test_a_changed_name_is_found_at_once(office: Any) -> None:
    made = kita("Kita Ahorn")
    path = reverse("admin:kita_facility_change", args=[made.pk])
    answer = office.post(path, form_of(office, path) | {"name": "Kita Buche"})
    assert answer.status_code == 302
    assert [hit.facility.name for hit in office.get("/kitas/?q=buche").context["hits"]] == ["Kita Buche"]
    assert office.get("/kitas/?q=ahorn").context["hits"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opens": "16:00", "closes": "08:00"}, "closes"),
        ({"early_from": "09:00"}, "early_from"),
        ({"late_until": "12:00"}, "late_until"),
        ({"latitude": ""}, "latitude"),
        ({"longitude": ""}, "longitude"),
        ({"latitude": "nan"}, "latitude"),
        ({"latitude": "12"}, "latitude"),
        ({"closing_days": "400"}, "closing_days"),
        ({"lunch": "-1"}, "lunch"),
        ({"name": ""}, "name"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"postcode": "abc"}, "postcode"),
        ({"phone": "05361 28 (Frau Meyer)"}, "phone"),
        ({"description_de": "x" * 4001}, "description_de"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(office: Any, changes: dict[str, str], field: str) -> None:
    made = kita("Kita Ahorn")
    path = reverse("admin:kita_facility_change", args=[made.pk])
    assert field in errors_of(office.post(path, form_of(office, path) | changes))


def test_places_are_followed_and_never_changed(office: Any) -> None:
    group = kita("Kita Ahorn").groups.get()
    path = reverse("admin:kita_group_change", args=[group.pk])
    data = form_of(office, path) | {
        "capacities-TOTAL_FORMS": "2", "capacities-1-group": group.pk, "capacities-1-valid_from": "2027-08-01",
        "capacities-1-places": "20", "capacities-1-uncertain": "2",
    }  # fmt: skip
    assert office.post(path, data).status_code == 302
    newest = Capacity.objects.get(valid_from=dt.date(2027, 8, 1))
    assert (newest.places, newest.uncertain, newest.recorded_by) == (20, 2, User.objects.get(email="olga@example.org"))
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Capacity.objects.filter(pk=newest.pk).update(places=1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacities-1-valid_from": "2027-08-02"}, "valid_from"),
        ({"capacities-1-uncertain": "30"}, "uncertain"),
        ({"capacities-1-places": "9999"}, "places"),
    ],
)
def test_wrong_places_are_said_at_their_field(office: Any, changes: dict[str, str], field: str) -> None:
    group = kita("Kita Ahorn").groups.get()
    path = reverse("admin:kita_group_change", args=[group.pk])
    data = form_of(office, path) | {
        "capacities-TOTAL_FORMS": "2", "capacities-1-group": group.pk, "capacities-1-valid_from": "2027-08-01",
        "capacities-1-places": "20", "capacities-1-uncertain": "2",
    }  # fmt: skip
    assert field in errors_of(office.post(path, data | changes))


def test_published_free_places_are_to_be_seen_and_keep_who_said_so(office: Any, client: Client) -> None:
    group = kita("Kita Ahorn").groups.get()
    path = reverse("admin:kita_group_change", args=[group.pk])
    data = form_of(office, path) | {
        "vacancies-TOTAL_FORMS": "1", "vacancies-0-group": group.pk, "vacancies-0-start": f"{today().year + 1}-08-01",
        "vacancies-0-places": "3",
    }  # fmt: skip
    assert office.post(path, data).status_code == 302
    assert Vacancy.objects.get().published_by == User.objects.get(email="olga@example.org")
    assert "3 freie Plätze gemeldet" in client.get("/kitas/").content.decode()


def test_a_carrier_joins_and_it_is_kept_who_recorded_it(office: Any) -> None:
    joining = carrier()
    path = reverse("admin:kita_carrier_change", args=[joining.pk])
    data = form_of(office, path) | {
        "agreements-TOTAL_FORMS": "1", "agreements-0-carrier": joining.pk, "agreements-0-valid_from": "2026-11-01",
        "agreements-0-reference": "51-12/2026",
    }  # fmt: skip
    assert office.post(path, data).status_code == 302
    agreement = CarrierAgreement.objects.get()
    assert agreement.recorded_by is not None
    in_force = CarrierAgreement.objects.in_force
    assert not in_force(dt.date(2026, 10, 31)).exists()
    assert in_force(dt.date(2026, 11, 1)).exists()


def test_the_sketch_is_edited_as_corners(office: Any) -> None:
    district = District.objects.get(slug="vorsfelde")
    path = reverse("admin:kita_district_change", args=[district.pk])
    corners = "52.44, 10.84\n52.45, 10.85\n\n52.43, 10.86"
    assert office.post(path, form_of(office, path) | {"outline": corners}).status_code == 302
    district.refresh_from_db()
    assert district.outline == [[52.44, 10.84], [52.45, 10.85], [52.43, 10.86]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("52.44, 10.84\n52.45", "Zeile 2"), ("52.44, 10.84\n52.45, 10.85", "mindestens drei"),
        ("a, b\n1, 2\n3, 4", "Zeile 1"), ("nan, 10.8\n52.4, 10.8\n52.4, 10.9", "Zeile 1"),
        ("52.44, 10.84\n52.45, 10.85\n99, 10.85", "Zeile 3"), ("52.44, 10.84, 3\n1, 1\n1, 1", "Zeile 1"),
    ],
)  # fmt: skip
def test_a_corner_that_is_none_is_named(typed: str, said: str) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match=said):
        OutlineField(required=False).clean(typed)


def test_outlines_read_back_as_they_were_written() -> None:
    field = OutlineField(required=False)
    outline = [[52.44, 10.84], [52.45, 10.85], [52.43, 10.86]]
    assert field.clean(field.prepare_value(outline)) == outline
    assert not field.has_changed(outline, field.prepare_value(outline))
    assert field.clean("") == []


def test_the_office_deletes_no_carrier_that_has_kitas(office: Any) -> None:
    made = kita("Kita Ahorn")
    office.post(reverse("admin:kita_carrier_delete", args=[made.carrier_id]), {"post": "yes"})
    assert Facility.objects.filter(pk=made.pk).exists()


def test_others_of_the_staff_do_not_get_there() -> None:
    made = kita("Kita Ahorn")
    clerk = walk.browser(
        factories.staff("karla@example.org", "Karla", "Brandes", (Role.CLERK, walk.department("jugend")))
    )
    assert clerk.get(reverse("admin:kita_facility_change", args=[made.pk])).status_code == 404


def test_a_focus_that_is_gone_finds_nobody(office: Any) -> None:
    from apps.kita.facilities.models import Concept

    kita("Kita Ahorn", concepts=("montessori",))
    assert len(office.get("/kitas/?q=montessori").context["hits"]) == 1
    path = reverse("admin:kita_concept_delete", args=[Concept.objects.get(slug="montessori").pk])
    assert office.post(path, {"post": "yes"}).status_code == 302
    assert office.get("/kitas/?q=montessori").context["hits"] == []


def test_hours_that_end_before_they_begin_are_said_at_their_field(office: Any) -> None:
    group = kita("Kita Ahorn").groups.get()
    path = reverse("admin:kita_group_change", args=[group.pk])
    data = form_of(office, path) | {"care_times-0-begins": "12:00", "care_times-0-ends": "08:00"}
    assert "ends" in errors_of(office.post(path, data))
