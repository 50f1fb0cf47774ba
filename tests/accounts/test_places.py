"""Roles are held in places; those of others than the city lead nowhere near the staff area."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.accounts import places
from apps.accounts.models import Department, Membership, Place, Role, User
from apps.cases.access import CaseAccess, case_access, roles_in
from apps.cases.acts import acts_for
from apps.cases.models import Case, Look
from tests import factories


@pytest.fixture
def of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Departments are places of others, as the houses of a Kita carrier will be."""
    kind = places.kind_of(places.DEPARTMENT)
    assert kind is not None
    monkeypatch.setitem(places._kinds, places.DEPARTMENT, replace(kind, outside=True))


@pytest.fixture
def carrier(traffic: Department, of_others: None) -> User:
    """Somebody outside the city who leads a place."""
    user = factories.citizen("traeger@example.org", "Nadja", "Kowalski")
    Membership.objects.create(user=user, role=Role.HEAD, place=traffic.place)
    return user


def test_a_department_has_a_place_of_its_own(traffic: Department, taxes: Department) -> None:
    assert traffic.place != taxes.place
    assert (traffic.place.kind, str(traffic.place)) == ("department", str(traffic))


def test_a_place_goes_with_its_department(db: None, karla: User) -> None:
    made = Department.objects.create(slug="neu", name_de="Neu", name_en="New")
    Membership.objects.create(user=karla, role=Role.CLERK, place=made.place)
    made.delete()
    assert not Place.objects.filter(pk=made.place_id).exists()
    assert not Membership.objects.filter(place=made.place_id).exists()


def test_whoever_is_not_staff_is_nothing_in_a_department(traffic: Department, parking_case: Case) -> None:
    somebody = factories.citizen("fremd@example.org", "Fremd", "Person")
    Membership.objects.create(user=somebody, role=Role.HEAD, place=traffic.place)
    assert somebody.membership_list == []
    assert not Case.objects.worked_by(somebody).exists()
    assert roles_in(parking_case, somebody) == frozenset()


def test_staff_are_nothing_in_a_place_of_others(karla: User, parking_case: Case, of_others: None) -> None:
    assert not Case.objects.worked_by(User.objects.get(pk=karla.pk)).exists()


def test_a_carrier_works_on_the_cases_of_the_place(carrier: User, parking_case: Case, dog_case: Case) -> None:
    assert list(Case.objects.worked_by(carrier)) == [parking_case]
    assert roles_in(parking_case, carrier) == {Role.HEAD}
    assert "note" in {act.key for act in acts_for(parking_case, carrier)}
    assert acts_for(dog_case, carrier) == []


def test_a_carrier_never_works_on_a_case_of_their_own(carrier: User) -> None:
    own = factories.parking_case(carrier)
    assert not Case.objects.worked_by(carrier).filter(pk=own.pk).exists()


def test_a_carrier_is_not_in_the_staff_area(client: Any, carrier: User, parking_case: Case) -> None:
    client.as_(carrier)
    for path in (reverse("admin:index"), reverse("admin:queue"), parking_case.staff_url):
        assert client.get(path).status_code == 404, path
    assert not Look.objects.exists()


def test_a_carrier_needs_a_second_factor_everywhere(client: Any, carrier: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    answer = client.as_(carrier).get(reverse("portal:my_area"))
    assert answer.url == reverse("accounts:factor_missing")


def test_the_session_of_a_carrier_ends_as_early_as_that_of_staff(client: Any, carrier: User, settings: Any) -> None:
    client.as_(carrier).get(reverse("portal:my_area"))
    session = client.session
    session["seen_at"] -= settings.SESSION_STAFF_IDLE_SECONDS + 5
    session.save()
    assert "/konto/login/" in client.get(reverse("portal:my_area")).url


def test_a_carrier_does_not_close_the_account_alone(client: Any, carrier: User) -> None:
    client.as_(carrier).post(reverse("accounts:delete"))
    assert User.objects.get(pk=carrier.pk).is_active


def test_citizens_pay_no_query_for_it(client: Any, aylin: User, django_assert_num_queries: Any) -> None:
    client.as_(aylin)
    person = User.objects.with_membership().get(pk=aylin.pk)
    with django_assert_num_queries(0):
        assert not person.works_here


def test_an_app_opens_cases_by_plugging_in(
    monkeypatch: pytest.MonkeyPatch, piotr: User, parking_case: Case, dog_case: Case
) -> None:
    from django.db.models import Q

    monkeypatch.setattr(case_access, "_items", list(case_access))
    assert list(Case.objects.worked_by(piotr)) == [dog_case]
    case_access.plug(CaseAccess(lambda _user: Q(pk=parking_case.pk), lambda user, _case: user.membership_list))
    assert set(Case.objects.worked_by(piotr)) == {dog_case, parking_case}
    assert roles_in(parking_case, piotr) == {Role.CLERK}


@pytest.mark.parametrize(("role", "where"), [("cdo", True), ("clerk", False), ("admin", True), ("", True)])
def test_only_what_one_can_be_there(karla: User, taxes: Department, role: str, where: bool) -> None:
    with pytest.raises(ValidationError):
        Membership(user=karla, role=role, place=taxes.place if where else None).clean()


def test_an_administrator_makes_nobody_from_outside_a_clerk(client: Any, aylin: User, traffic: Department) -> None:
    boss = User.objects.create_superuser("chefin@wolfsburg.example", "ein langes Passwort 42")
    url = reverse("admin:accounts_user_change", args=[aylin.pk])
    form = {"family_name": "Özdemir", "language": "de", "is_active": "on", "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0, "memberships-0-role": "clerk", "memberships-0-place": traffic.place.pk,
            "memberships-0-user": aylin.pk}  # fmt: skip
    answer = client.as_(boss).post(url, form)
    assert "Beschäftigte der Stadt haben Rollen bei der Stadt" in answer.content.decode()
    assert not Membership.objects.filter(user=aylin).exists()


def test_the_first_role_of_somebody_outside_begins_with_a_link(
    client: Any, of_others: None, traffic: Department, mailoutbox: Any
) -> None:
    boss = User.objects.create_superuser("chefin@wolfsburg.example", "ein langes Passwort 42")
    nadja = factories.citizen("traeger@example.org", "Nadja", "Kowalski")
    epoch = nadja.session_epoch
    form = {"family_name": "Kowalski", "language": "de", "is_active": "on", "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0, "memberships-0-role": "head", "memberships-0-place": traffic.place.pk,
            "memberships-0-user": nadja.pk}  # fmt: skip
    answer = client.as_(boss).post(reverse("admin:accounts_user_change", args=[nadja.pk]), form)
    assert answer.status_code == 302, answer.content.decode()
    nadja.refresh_from_db()
    assert nadja.session_epoch == epoch + 1
    assert nadja.links.filter(used_at=None).count() == 1
    assert not nadja.is_staff
