"""What was noted wrongly of a delivery is put right with a trace, and the periods follow, for that addressee only."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case, Hearing
from apps.cases.states import Act, Way
from apps.core.business_calendar import today
from apps.core.models import Fact, FactKind
from apps.core.transitions import TransitionError
from apps.notices import corrections, transitions
from apps.notices.models import Delivery, DeliveryCorrection, Letter, Notice
from apps.notices.periods import period_of, presumed_day
from tests import factories

MARCH = dt.date(2026, 3, 30)


def at(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9)))


def decided(case: Case, outcome: str = Status.REJECTED, **changes: Any) -> Delivery:
    """A decided case's letter, made in March; ``changes`` are its dates."""
    applications.decide(case, outcome=outcome, reasons="Darum.", by=factories.clerk_of(case))
    delivery = factories.delivery_of(case)
    factories.finished(delivery.letter)
    Letter.objects.filter(pk=delivery.letter_id).update(done_at=at(MARCH - dt.timedelta(days=2)))
    Notice.objects.update(created_at=at(MARCH - dt.timedelta(days=2)))
    Delivery.objects.filter(pk=delivery.pk).update(**{"way": Way.POST, "posted_on": MARCH, **changes})
    return again(delivery)


def again(delivery: Delivery) -> Delivery:
    return Delivery.objects.select_related("letter__notice__case__service", "party").get(pk=delivery.pk)


def known(delivery: Delivery) -> Any:
    found = period_of(again(delivery), today=today())
    return found and (found.known_on, found.ends_on)


def test_a_wrong_posting_day_is_put_right_and_the_period_follows(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    corrections.correct_posting(delivery, on=dt.date(2026, 4, 1), reason="Verzählt", by=karla)
    assert known(delivery) == (dt.date(2026, 4, 5), dt.date(2026, 5, 5))
    trace = DeliveryCorrection.objects.get()
    assert (trace.was_on, trace.became_on, trace.reason, trace.by) == (MARCH, dt.date(2026, 4, 1), "Verzählt", karla)
    assert delivery.notice.case.timeline.get(act=Act.NOTICE_CORRECTED).only_for == [delivery.party_id]


def test_what_did_not_go_waits_in_the_outgoing_post_again(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    assert not Delivery.objects.to_post()
    corrections.correct_posting(delivery, on=None, reason="Lag noch im Fach", by=karla)
    assert list(Delivery.objects.to_post()) == [delivery]
    assert known(delivery) is None
    assert Fact.objects.filter(what=FactKind.DELIVERY, outcome="posting_undone").count() == 1
    assert transitions.posted([again(delivery)], on=today(), by=karla) == 1


def test_a_trace_is_never_changed(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    corrections.correct_posting(delivery, on=None, reason="Lag noch im Fach", by=karla)
    with pytest.raises(DatabaseError), transaction.atomic():
        DeliveryCorrection.objects.update(reason="Nichts gewesen")
    with pytest.raises(DatabaseError), transaction.atomic():
        DeliveryCorrection.objects.update(by=aylin)
    assert DeliveryCorrection.objects.get().reason == "Lag noch im Fach"


@pytest.mark.parametrize(
    "changes",
    [
        {"posted_on": None},
        {"returned_on": MARCH},
        {"arrival": "never"},
        {"arrival": "later", "arrived_on": dt.date(2026, 4, 9)},
    ],
)
def test_the_posting_day_of_what_is_not_just_posted_stays(aylin: User, karla: User, changes: dict[str, Any]) -> None:
    delivery = decided(factories.parking_case(aylin), **changes)
    with pytest.raises(TransitionError):
        corrections.correct_posting(delivery, on=dt.date(2026, 4, 1), reason="x", by=karla)
    assert not DeliveryCorrection.objects.exists()


def test_a_hearing_counts_from_the_corrected_day(aylin: User, karla: User) -> None:
    case = factories.parking_case(aylin)
    party = factories.checked(factories.joint_party(case))
    hearing = Hearing.objects.create(party=party, opened_by=karla, due_on=today() + dt.timedelta(days=30))
    delivery = factories.letter(case)
    Letter.objects.filter(pk=delivery.letter_id).update(template="hearing")
    factories.finished(delivery.letter)
    delivery = again(delivery)
    Delivery.objects.filter(pk=delivery.pk).update(way=Way.POST, principal=party, party=party)
    transitions.posted([again(delivery)], on=today(), by=karla)
    hearing.refresh_from_db()
    assert hearing.sent_on == today()
    corrections.correct_posting(delivery, on=today() + dt.timedelta(days=1), reason="Erst morgen", by=karla)
    hearing.refresh_from_db()
    assert hearing.sent_on == today() + dt.timedelta(days=1)
    corrections.correct_posting(delivery, on=None, reason="Doch nicht", by=karla)
    hearing.refresh_from_db()
    assert hearing.sent_on is None


def test_a_later_arrival_counts_for_this_addressee_alone(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    other = decided(factories.parking_case(aylin))
    corrections.arrived(delivery, how="later", on=dt.date(2026, 4, 20), reason="Umschlag mit Stempel", by=karla)
    assert known(delivery) == (dt.date(2026, 4, 20), dt.date(2026, 5, 20))
    assert known(other) == (dt.date(2026, 4, 3), dt.date(2026, 5, 4))
    found = period_of(again(delivery), today=today())
    assert found is not None
    assert "§ 41 Abs. 2 Satz 3 VwVfG" in found.why[0]
    corrections.arrived(delivery, how="", on=None, reason="Stempel war von einem anderen Brief", by=karla)
    assert known(delivery) == (dt.date(2026, 4, 3), dt.date(2026, 5, 4))
    assert [trace.became for trace in DeliveryCorrection.objects.all()] == ["later", ""]


def test_what_did_not_arrive_is_known_to_nobody_and_is_written_again(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    corrections.arrived(delivery, how="never", on=None, reason="Sagt, es kam nichts", by=karla)
    assert known(delivery) is None
    assert again(delivery).waits_for_address
    written = transitions.send_again(again(delivery), by=karla).deliveries.get()
    assert again(delivery).again == written
    assert not again(delivery).arrival_may_change


def in_portal(case: Case, **changes: Any) -> Delivery:
    """An assessment of which a mail has told in March."""
    return decided(case, Status.ASSESSED, way=Way.PORTAL, posted_on=None, notified_on=MARCH, **changes)


def test_under_tax_law_a_mail_that_came_later_counts_from_the_retrieval(aylin: User, piotr: User) -> None:
    fetched = dt.date(2026, 4, 11)
    delivery = in_portal(factories.dog_case(aylin), opened_at=at(fetched))
    assert presumed_day(delivery) == dt.date(2026, 4, 7)
    for how, on in (("never", None), ("later", dt.date(2026, 4, 10))):
        with pytest.raises(TransitionError):
            corrections.arrived(delivery, how=how, on=on, reason="x", by=piotr)
    corrections.arrived(delivery, how="later", on=fetched, reason="Sagt, sie kam erst dann", by=piotr)
    # A Saturday: what was fetched then is known then (§ 122a Abs. 4 AO).
    assert known(delivery) == (fetched, dt.date(2026, 5, 11))


def test_under_tax_law_what_nobody_has_fetched_goes_by_post_instead(client: Any, aylin: User, piotr: User) -> None:
    delivery = in_portal(factories.dog_case(aylin))
    assert not delivery.arrival_may_change
    with pytest.raises(TransitionError):
        corrections.arrived(delivery, how="later", on=dt.date(2026, 4, 20), reason="x", by=piotr)


def test_under_tax_law_a_mail_that_reached_nobody_does_not_hide_that_the_letter_was_fetched(aylin: User) -> None:
    fetched = dt.date(2026, 4, 11)
    delivery = in_portal(factories.dog_case(aylin), unreachable_at=at(MARCH), opened_at=at(fetched))
    assert known(delivery) == (fetched, dt.date(2026, 5, 11))


def test_for_a_letter_in_the_portal_the_page_asks_for_no_day(client: Any, aylin: User, piotr: User) -> None:
    delivery = in_portal(factories.dog_case(aylin), opened_at=at(dt.date(2026, 4, 11)))
    client.as_(piotr)
    page = reverse("notices:correct", args=[delivery.pk, "ankunft"])
    assert 'name="on"' not in client.get(page).content.decode()
    assert client.post(page, {"how": "later", "reason": "Sagt, sie kam später"}).status_code == 302
    assert known(delivery) == (dt.date(2026, 4, 11), dt.date(2026, 5, 11))
    Delivery.objects.filter(pk=delivery.pk).update(arrival="", arrived_on=None, opened_at=at(dt.date(2026, 4, 1)))
    answer = client.post(page, {"how": "later", "reason": "Sagt, sie kam später"})
    assert "gilt erst am 7. April 2026 als bekannt gegeben" in answer.content.decode()


def test_a_copy_that_was_opened_too_late_does_not_keep_the_letter_from_the_post(aylin: User, karla: User) -> None:
    """Ten days unread, noted as posted, opened here, and then it turns out that it was not posted."""
    delivery = decided(
        factories.parking_case(aylin), way=Way.PORTAL, notified_on=MARCH, available_until=dt.date(2026, 4, 9),
        posted_on=dt.date(2026, 4, 10), opened_at=at(dt.date(2026, 4, 12)),
    )  # fmt: skip
    corrections.correct_posting(delivery, on=None, reason="Lag noch im Fach", by=karla)
    assert list(Delivery.objects.to_post()) == [delivery]
    assert known(delivery) is None


def test_in_the_portal_under_the_vwvfg_only_the_retrieval_counts(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin), way=Way.PORTAL, posted_on=None, notified_on=MARCH)
    assert presumed_day(delivery) is None
    with pytest.raises(TransitionError):
        corrections.arrived(delivery, how="later", on=dt.date(2026, 4, 20), reason="x", by=karla)


def test_abroad_a_known_day_begins_the_period(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin), abroad=True)
    assert known(delivery) == (None, None)
    assert presumed_day(delivery) is None
    corrections.arrived(delivery, how="later", on=dt.date(2026, 4, 20), reason="Rückschein", by=karla)
    assert known(delivery) == (dt.date(2026, 4, 20), dt.date(2026, 5, 20))


def test_under_tax_law_abroad_nothing_counts_before_a_month(aylin: User) -> None:
    delivery = decided(factories.dog_case(aylin), Status.ASSESSED, abroad=True)
    assert presumed_day(delivery) == dt.date(2026, 4, 30)


def test_what_did_not_come_back_runs_as_before(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    transitions.returned(delivery, on=dt.date(2026, 4, 8), by=karla)
    assert known(delivery) is None
    corrections.undo_return(delivery, reason="Falsche Akte", by=karla)
    assert known(delivery) == (dt.date(2026, 4, 3), dt.date(2026, 5, 4))
    with pytest.raises(TransitionError):
        corrections.undo_return(delivery, reason="Falsche Akte", by=karla)


@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_correct_at_once_leave_one_trace(aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    barrier, said = threading.Barrier(2), []

    def correct() -> None:
        barrier.wait(30)
        try:
            corrections.correct_posting(delivery, on=dt.date(2026, 4, 1), reason="Verzählt", by=karla)
            said.append("done")
        except TransitionError:
            said.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=correct) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", "refused"]
    assert DeliveryCorrection.objects.count() == 1


PAGES = [
    ("posttag", {"what": "day", "on": "01.04.2026"}, "Zur Post gegeben am 01.04.2026, nicht am 30.03.2026."),
    ("posttag", {"what": "not_yet", "on": ""}, "Am 30.03.2026 doch nicht zur Post gegeben."),
    ("ankunft", {"how": "later", "on": "20.04.2026"}, "Angekommen am 20.04.2026."),
    ("ankunft", {"how": "never", "on": ""}, "Nicht angekommen."),
]


@pytest.mark.parametrize(("fact", "typed", "said"), PAGES)
def test_a_clerk_corrects_on_a_page_and_sees_the_trace(
    client: Any, aylin: User, karla: User, fact: str, typed: dict[str, str], said: str
) -> None:
    delivery = decided(factories.parking_case(aylin))
    client.as_(karla)
    page = reverse("notices:correct", args=[delivery.pk, fact])
    assert page in client.get(delivery.notice.case.staff_url).content.decode()
    answer = client.post(page, {**typed, "reason": "Weil <b>so</b>"}, follow=True)
    shown = " ".join(answer.content.decode().split())
    assert said in shown
    assert "Grund: Weil &lt;b&gt;so&lt;/b&gt;" in shown
    client.as_(aylin)
    assert "Weil" not in client.get(delivery.notice.case.get_absolute_url()).content.decode()


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("posttag", {"reason": "x"}, "Bitte wählen Sie aus, was richtig ist."),
    ("posttag", {"what": "day", "reason": "x"}, "Bitte geben Sie den Tag an"),
    ("posttag", {"what": "day", "on": "30.03.2026", "reason": "x"}, "Dieser Tag steht schon da."),
    ("posttag", {"what": "day", "on": "01.03.2026", "reason": "x"}, "gab es den Brief noch nicht"),
    ("posttag", {"what": "day", "on": "01.03.2098", "reason": "x"}, "liegt in der Zukunft"),
    ("posttag", {"what": "not_yet"}, "Bitte schreiben Sie, warum"),
    ("posttag", {"what": "day", "on": "gestern\x00", "reason": "x"}, "Beispiel"),
    ("ankunft", {"how": "later", "reason": "x"}, "Bitte geben Sie den Tag an"),
    ("ankunft", {"how": "later", "on": "03.04.2026", "reason": "x"}, "gilt erst am 3. April 2026 als bekannt gegeben"),
    ("ankunft", {"how": "later", "on": "01.03.2026", "reason": "x"}, "noch nicht unterwegs"),
    ("ankunft", {"how": "presumed", "reason": "x"}, "Das steht schon so da."),
    ("ankunft", {"reason": "x"}, "Bitte wählen Sie aus, was richtig ist."),
    ("ankunft", {"how": "sonst", "reason": "x"}, "sonst"),
]


@pytest.mark.parametrize(("fact", "typed", "said"), WRONG)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_lost(
    client: Any, aylin: User, karla: User, fact: str, typed: dict[str, str], said: str
) -> None:
    delivery = decided(factories.parking_case(aylin))
    client.as_(karla)
    answer = client.post(reverse("notices:correct", args=[delivery.pk, fact]), typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not DeliveryCorrection.objects.exists()


def test_what_was_typed_stays_when_a_colleague_was_faster(client: Any, aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    transitions.returned(delivery, on=dt.date(2026, 4, 8), by=karla)
    client.as_(karla)
    answer = client.post(
        reverse("notices:correct", args=[delivery.pk, "posttag"]),
        {"what": "day", "on": "01.04.2026", "reason": "Mein Grund"},
    )
    assert answer.status_code == 422
    assert "Mein Grund" in answer.content.decode()
    assert "Das geht bei diesem Stand des Bescheids nicht." in answer.content.decode()


def test_there_is_nothing_else_to_correct(client: Any, aylin: User, karla: User) -> None:
    delivery = decided(factories.parking_case(aylin))
    client.as_(karla)
    assert client.get(reverse("notices:correct", args=[delivery.pk, "porto"])).status_code == 404


@pytest.mark.parametrize("verb", [
    lambda d, by: corrections.correct_posting(d, on=None, reason="x", by=by),
    lambda d, by: corrections.arrived(d, how="never", on=None, reason="x", by=by),
])  # fmt: skip
def test_nothing_changes_after_a_letter_was_written_again(
    aylin: User, karla: User, verb: Callable[[Delivery, User], None]
) -> None:
    delivery = decided(factories.parking_case(aylin))
    corrections.arrived(delivery, how="never", on=None, reason="x", by=karla)
    transitions.send_again(again(delivery), by=karla)
    with pytest.raises(TransitionError):
        verb(again(delivery), karla)
