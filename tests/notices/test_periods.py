"""Until when one can act against a notice, and why, as its case page says."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case
from apps.cases.states import Way
from apps.core.business_calendar import today
from apps.core.models import OutgoingEmail
from apps.notices import rendering, transitions
from apps.notices.models import Delivery
from apps.notices.periods import Period, period_of
from tests import factories

MARCH = dt.date(2026, 3, 30)


def delivered(case: Case, outcome: str = Status.REJECTED, **changes: Any) -> Delivery:
    applications.decide(case, outcome=outcome, reasons="Darum.", by=factories.clerk_of(case))
    delivery = factories.delivery_of(case)
    factories.finished(delivery.letter)
    Delivery.objects.filter(pk=delivery.pk).update(**changes)
    return Delivery.objects.select_related("letter__notice__case__service").get(pk=delivery.pk)


def period(delivery: Delivery) -> Period:
    found = period_of(delivery, today=today())
    assert found is not None
    return found


def at(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9)))


def test_a_letter_by_post_is_known_on_the_fourth_day_even_a_holiday(aylin: User) -> None:
    found = period(delivered(factories.parking_case(aylin), way=Way.POST, posted_on=MARCH))
    # Good Friday stays the day; the month ends on a Sunday and so on Monday.
    assert (found.known_on, found.ends_on) == (dt.date(2026, 4, 3), dt.date(2026, 5, 4))
    first, month, moved = found.why
    assert "Montag, 30. März 2026" in first
    assert "vierten Tag danach (§ 41 Abs. 2 Satz 1 VwVfG): Freitag, 3. April 2026" in first
    assert "Sonntag, 3. Mai 2026" in month
    assert "Montag, 4. Mai 2026" in moved


def test_under_tax_law_the_day_itself_moves(aylin: User) -> None:
    found = period(delivered(factories.dog_case(aylin), Status.ASSESSED, way=Way.POST, posted_on=MARCH))
    assert (found.known_on, found.ends_on) == (dt.date(2026, 4, 7), dt.date(2026, 5, 7))
    assert len(found.why) == 3
    assert "§ 108 Abs. 3 AO" in found.why[1]


def test_in_the_portal_the_day_after_the_retrieval_counts(aylin: User) -> None:
    case = factories.parking_case(aylin)
    waiting = delivered(case, way=Way.PORTAL, notified_on=MARCH)
    assert period_of(waiting, today=today()) is None
    Delivery.objects.filter(pk=waiting.pk).update(opened_at=at(MARCH + dt.timedelta(days=1)))
    found = period(Delivery.objects.get(pk=waiting.pk))
    assert (found.known_on, found.ends_on) == (dt.date(2026, 4, 1), dt.date(2026, 5, 4))
    assert "§ 41 Abs. 2a VwVfG" in found.why[0]
    # Opened before the mail about it went out.
    Delivery.objects.filter(pk=waiting.pk).update(notified_on=MARCH + dt.timedelta(days=5))
    assert period(Delivery.objects.get(pk=waiting.pk)).known_on == dt.date(2026, 4, 1)


def test_in_the_portal_under_tax_law_the_mail_counts_whether_it_was_opened_or_not(aylin: User) -> None:
    delivery = delivered(factories.dog_case(aylin), Status.ASSESSED, way=Way.PORTAL, notified_on=MARCH)
    found = period(delivery)
    assert (found.known_on, found.ends_on) == (dt.date(2026, 4, 7), dt.date(2026, 5, 7))
    assert "gleich wann" in found.why[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"way": Way.POST},
        {"way": Way.POST, "posted_on": MARCH, "returned_on": MARCH},
        {"way": Way.POST, "posted_on": MARCH, "is_copy": True},
        {"way": Way.PORTAL},
        {"way": Way.POST, "posted_on": dt.date(1999, 1, 1)},
    ],
)
def test_what_did_not_reach_anybody_begins_no_period(aylin: User, changes: dict[str, Any]) -> None:
    assert period_of(delivered(factories.parking_case(aylin), **changes), today=today()) is None


def test_what_goes_abroad_has_no_day_of_the_law(aylin: User) -> None:
    case = factories.parking_case(aylin)
    contact = factories.contact_of(case)
    contact.country = "FR"
    contact.save()
    delivery = delivered(case, way=Way.POST, posted_on=MARCH)
    assert delivery.abroad
    found = period(delivery)
    assert (found.known_on, found.ends_on) == (None, None)
    assert "Ausland" in found.why[0]


def test_under_tax_law_a_letter_abroad_is_known_after_a_month(aylin: User) -> None:
    case = factories.dog_case(aylin)
    delivery = delivered(case, Status.ASSESSED, way=Way.POST, posted_on=MARCH, abroad=True)
    assert "§ 122 Abs. 2 Nr. 2 AO" in period(delivery).why[0]


def test_a_mail_that_reached_nobody_begins_no_period(aylin: User) -> None:
    changes = {"way": Way.PORTAL, "notified_on": MARCH, "unreachable_at": at(MARCH)}
    assert period_of(delivered(factories.dog_case(aylin), Status.ASSESSED, **changes), today=today()) is None


def test_what_was_fetched_before_it_was_posted_after_all_counts_from_then(aylin: User) -> None:
    fetched = MARCH + dt.timedelta(days=2)
    changes = {
        "way": Way.PORTAL,
        "notified_on": MARCH,
        "opened_at": at(fetched),
        "posted_on": fetched + dt.timedelta(days=3),
    }
    assert period(delivered(factories.parking_case(aylin), **changes)).known_on == fetched + dt.timedelta(days=1)


def test_the_day_of_the_mail_stays_when_the_mail_is_erased(parking_case: Case, karla: User) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    delivery = factories.delivery_of(parking_case)
    assert rendering.render(delivery.letter_id)
    email = OutgoingEmail.objects.get(purpose="notice_ready")
    email.sent_at = at(MARCH)
    transitions.told(email, "sent")
    email.delete()
    delivery.refresh_from_db()
    assert delivery.notified_on == MARCH


def test_whoever_was_quicker_than_the_mail_has_its_day_too(parking_case: Case, karla: User) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    delivery = factories.delivery_of(parking_case)
    assert rendering.render(delivery.letter_id)
    Delivery.objects.update(opened_at=at(MARCH))
    email = OutgoingEmail.objects.get(purpose="notice_ready")
    email.sent_at = at(MARCH)
    transitions.told(email, "sent")
    delivery.refresh_from_db()
    assert (delivery.notified_on, delivery.available_until) == (MARCH, None)


def test_each_party_and_the_desk_see_until_when_and_why(client: Any, aylin: User, karla: User, juergen: User) -> None:
    case = factories.parking_case(aylin)
    maria = factories.joint_party(case, account=juergen)
    factories.heard(case)
    applications.decide(case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    for delivery in Delivery.objects.all():
        factories.finished(delivery.letter)
        day = MARCH if delivery.party_id == maria.pk else MARCH + dt.timedelta(days=30)
        Delivery.objects.filter(pk=delivery.pk).update(way=Way.POST, posted_on=day)
    marias, aylins = "4. Mai 2026", "3. Juni 2026"
    page = client.as_(juergen).get(case.get_absolute_url()).content.decode()
    assert f"<strong>{marias}</strong>" in page
    assert aylins not in page
    page = client.as_(aylin).get(case.get_absolute_url()).content.decode()
    assert f"<strong>{aylins}</strong>" in page
    assert marias not in page
    page = client.as_(karla).get(case.staff_url).content.decode()
    assert f"<strong>{aylins}</strong>" in page
    assert f"<strong>{marias}</strong>" in page
