"""Heads and carriers keep their own Kitas, and see no other."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Membership, Place, User
from apps.core.business_calendar import today
from apps.kita.facilities.models import Capacity, Carrier, CarrierAgreement, Facility, Vacancy
from apps.kita.facilities.states import CARRIER_STAFF, KITA_HEAD
from tests import factories, walk
from tests.kita.facilities.setting import kita

pytestmark = pytest.mark.django_db


@pytest.fixture
def ahorn() -> Facility:
    return kita("Kita Ahorn")


@pytest.fixture
def head(ahorn: Facility) -> User:
    """Leyla leads Kita Ahorn."""
    leyla = factories.citizen("leyla@kita.example", "Leyla", "Aydın")
    Membership.objects.create(user=leyla, role=KITA_HEAD, place=ahorn.place)
    return leyla


@pytest.fixture
def of_the_carrier(ahorn: Facility) -> User:
    """Tom works for the carrier of Kita Ahorn."""
    tom = factories.citizen("tom@kita.example", "Tom", "Berger")
    Membership.objects.create(user=tom, role=CARRIER_STAFF, place=ahorn.carrier.place)
    return tom


def pages(facility: Facility) -> list[str]:
    group = facility.groups.get()
    return [
        reverse("kita:house", args=[facility.slug]), reverse("kita:house_details", args=[facility.slug]),
        reverse("kita:house_vacancy", args=[facility.slug, group.pk]),
        reverse("kita:house_capacity", args=[facility.slug, group.pk]),
    ]  # fmt: skip


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_head_sees_the_own_kita_and_no_other(ahorn: Facility, head: User) -> None:
    other = kita("Kita Birke")
    leyla = walk.browser(head)
    assert [leyla.get(path).status_code for path in pages(ahorn)] == [200] * 4
    assert [leyla.get(path).status_code for path in pages(other)] == [404] * 4
    assert [leyla.post(path, {}).status_code for path in pages(other)[1:]] == [404] * 3
    listed = text(leyla.get(reverse("kita:houses")))
    assert "Kita Ahorn" in listed
    assert "Kita Birke" not in listed
    assert "Kita Ahorn" in text(leyla.get(reverse("portal:my_area")))


def test_a_group_of_another_kita_is_not_reached_through_the_own(ahorn: Facility, head: User) -> None:
    foreign = kita("Kita Birke").groups.get()
    path = reverse("kita:house_vacancy", args=[ahorn.slug, foreign.pk])
    assert (
        walk.browser(head).post(path, {"start": today().replace(day=1).isoformat(), "places": "1"}).status_code == 404
    )
    assert not Vacancy.objects.exists()


def test_a_carrier_sees_all_its_kitas(ahorn: Facility, of_the_carrier: User) -> None:
    kita("Kita Birke")
    kita("Kita Fremd", by="Anderer Verein")
    listed = text(walk.browser(of_the_carrier).get(reverse("kita:houses")))
    assert [name in listed for name in ("Kita Ahorn", "Kita Birke", "Kita Fremd")] == [True, True, False]


def test_for_others_there_is_nothing(ahorn: Facility, client: Client, aylin: User, karla: User) -> None:
    for path in (*pages(ahorn), reverse("kita:houses")):
        assert "/konto/login/" in client.get(path).url
        for person in (aylin, karla):
            assert walk.browser(person).get(path).status_code == 404
    assert "Ihre Kitas" not in text(walk.browser(aylin).get(reverse("portal:my_area")))


def test_a_clerk_who_is_given_the_role_is_nothing_there(ahorn: Facility, karla: User) -> None:
    """Staff of the city hold roles in places of the city only, whatever rows there are."""
    with pytest.raises(ValidationError):
        Membership(user=karla, role=KITA_HEAD, place=ahorn.place).clean()
    Membership.objects.create(user=karla, role=KITA_HEAD, place=ahorn.place)
    assert walk.browser(karla).get(pages(ahorn)[0]).status_code == 404


def test_free_places_that_a_head_reports_are_seen_at_once(ahorn: Facility, head: User, client: Client) -> None:
    leyla, group = walk.browser(head), ahorn.groups.get()
    path = reverse("kita:house_vacancy", args=[ahorn.slug, group.pk])
    month = today().replace(day=1).isoformat()
    assert leyla.post(path, {"start": month, "places": "2"}).url == reverse("kita:house", args=[ahorn.slug])
    assert "2 freie Plätze gemeldet" in text(client.get("/kitas/"))
    assert Vacancy.objects.get().published_by == head
    leyla.post(path, {"start": month, "places": "0"})
    assert "freie Plätze gemeldet" not in text(client.get("/kitas/"))
    assert Vacancy.objects.count() == 2


def test_places_are_recorded_in_versions_with_who_said_so(ahorn: Facility, head: User) -> None:
    leyla, group = walk.browser(head), ahorn.groups.get()
    path = reverse("kita:house_capacity", args=[ahorn.slug, group.pk])
    asked = text(leyla.get(path))
    assert "Freie Plätze dürfen Sie deshalb nicht zurückhalten" in asked
    month = today().replace(day=1).isoformat()
    assert leyla.post(path, {"valid_from": month, "places": "20", "uncertain": "3"}).status_code == 302
    newest = Capacity.objects.order_by("-pk").first()
    assert newest is not None
    assert (newest.places, newest.uncertain, newest.recorded_by) == (20, 3, head)
    shown = text(leyla.get(pages(ahorn)[0]))
    assert "davon 3 bis 1. Mai ungewiss" in shown
    assert "25 Plätze" in shown
    # Nothing said about what is uncertain is none.
    assert leyla.post(path, {"valid_from": month, "places": "19"}).status_code == 302


@pytest.mark.parametrize(
    ("where", "sent", "field"),
    [
        ("vacancy", {"start": "2026-13-01", "places": "1"}, "start"),
        ("vacancy", {"start": "1999-01-01", "places": "1"}, "start"),
        ("vacancy", {"start": "", "places": "1"}, "start"),
        ("vacancy", {"places": "-1"}, "places"),
        ("vacancy", {"places": "201"}, "places"),
        ("vacancy", {"start": today().replace(day=1).isoformat(), "places": "26"}, "places"),
        ("vacancy", {"places": "viele"}, "places"),
        ("vacancy", {"places": ""}, "places"),
        ("capacity", {"places": "10", "uncertain": "11"}, "uncertain"),
        ("capacity", {"places": "x", "uncertain": "11"}, "places"),
        ("capacity", {"places": "99999999999"}, "places"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    ahorn: Facility, head: User, where: str, sent: dict[str, str], field: str
) -> None:
    path = reverse(f"kita:house_{where}", args=[ahorn.slug, ahorn.groups.get().pk])
    answer = walk.browser(head).post(path, sent)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Vacancy.objects.exists()
    assert Capacity.objects.count() == 1


def test_a_kita_describes_itself_and_is_found_by_it(ahorn: Facility, head: User, client: Client) -> None:
    leyla, path = walk.browser(head), reverse("kita:house_details", args=[ahorn.slug])
    sent = {
        "description_de": "Bei uns gibt es einen Schneckengarten.\nUnd Bienen.", "description_en": "Snails.",
        "phone": "05361 99", "email": "ahorn@kita.example", "website": "", "accessibility_de": "Rampe am Hof",
        "accessibility_en": "", "closing_days": "18", "lunch": "62,50", "address_public": "on",
        # What the office keeps is not taken.
        "name": "Kita Umbenannt", "published": "", "opens": "05:00",
    }  # fmt: skip
    assert leyla.post(path, sent).status_code == 302
    assert [hit.facility.name for hit in client.get("/kitas/?q=schneckengarten").context["hits"]] == ["Kita Ahorn"]
    shown = text(client.get("/kitas/kita-ahorn/"))
    assert "62,50 €" in shown
    assert "Rampe am Hof" in shown
    ahorn.refresh_from_db()
    assert (ahorn.name, ahorn.opens, ahorn.published) == ("Kita Ahorn", dt.time(8), True)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", "kein"),
        ("website", "javascript:alert(1)"),
        ("closing_days", "400"),
        ("lunch", "-3"),
        ("phone", "\x07"),
    ],
)
def test_nothing_that_was_typed_is_lost(ahorn: Facility, head: User, field: str, typed: str) -> None:
    path = reverse("kita:house_details", args=[ahorn.slug])
    answer = walk.browser(head).post(path, {"description_de": "Sorgfältig geschrieben", field: typed})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Sorgfältig geschrieben" in text(answer)
    ahorn.refresh_from_db()
    assert ahorn.description_de == ""


def test_html_of_a_head_is_text_for_parents(ahorn: Facility, head: User, client: Client) -> None:
    path = reverse("kita:house_details", args=[ahorn.slug])
    walk.browser(head).post(path, {"description_de": "<script>alert(1)</script><b>fett</b>"})
    assert "&lt;script&gt;" in client.get("/kitas/kita-ahorn/").content.decode()


def test_a_childminder_takes_the_own_address_down(client: Client) -> None:
    minder = kita("Kindertagespflege Igel", kind="childminder", street="Heimweg")
    igel = factories.citizen("igel@kita.example", "Ines", "Gel")
    Membership.objects.create(user=igel, role=KITA_HEAD, place=minder.place)
    assert "Heimweg" in text(client.get(minder.get_absolute_url()))
    walk.browser(igel).post(reverse("kita:house_details", args=[minder.slug]), {})
    assert "Heimweg" not in text(client.get(minder.get_absolute_url()))
    assert client.get("/kitas/?q=heimweg").context["hits"] == []


def test_what_parents_see_is_shown_to_the_head(ahorn: Facility, head: User) -> None:
    group, month = ahorn.groups.get(), today().replace(day=1)
    for places in (2, 1):
        Vacancy.objects.create(group=group, start=month, places=places)
    shown = text(walk.browser(head).get(pages(ahorn)[0]))
    assert "<dd> 1 Platz ab" in shown


def test_whether_the_carrier_has_joined_is_said(ahorn: Facility, head: User) -> None:
    leyla = walk.browser(head)
    assert "Ihr Träger ist nicht beigetreten" in text(leyla.get(pages(ahorn)[0]))
    CarrierAgreement.objects.create(carrier=ahorn.carrier, valid_from=today(), reference="V 1")
    assert "Ihr Träger ist nicht beigetreten" not in text(leyla.get(pages(ahorn)[0]))


def test_a_place_goes_with_its_kita(head: User, ahorn: Facility) -> None:
    place, carrier = ahorn.place_id, ahorn.carrier
    ahorn.delete()
    assert not Place.objects.filter(pk=place).exists()
    assert not Membership.objects.filter(user=head).exists()
    carrier.delete()
    assert not Carrier.objects.exists()


def test_a_head_needs_a_second_factor(ahorn: Facility, head: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    assert walk.browser(head).get(pages(ahorn)[0]).url == reverse("accounts:factor_missing")


def test_an_administrator_can_make_somebody_head(client: Any, ahorn: Facility) -> None:
    boss = User.objects.create_superuser("chefin@wolfsburg.example", "ein langes Passwort 42")
    leyla = factories.citizen("leyla@kita.example", "Leyla", "Aydın")
    path = reverse("admin:accounts_user_change", args=[leyla.pk])
    form = {"family_name": "Aydın", "language": "de", "is_active": "on", "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0, "memberships-0-role": KITA_HEAD, "memberships-0-place": ahorn.place.pk,
            "memberships-0-user": leyla.pk}  # fmt: skip
    client.as_(boss).post(path, form)
    assert [held.role_label for held in Membership.objects.filter(user=leyla)] == ["Leitung der Kita"]
