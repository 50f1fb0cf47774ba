"""One time, one person: held, confirmed, moved, cancelled, and what happens when many want it."""

import datetime as dt
import re
import threading
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts.erasure import close_account
from apps.accounts.models import User
from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus, CancelledBy
from apps.appointments.timetable.models import Closure, Counter
from apps.appointments.timetable.states import Audience
from apps.core.models import OutgoingEmail
from apps.core.sockets import retention_rules
from apps.core.transitions import TransitionConflict, TransitionError
from tests.appointments import setting
from tests.appointments.setting import confirmed, hold, lapse, many, racing

pytestmark = pytest.mark.django_db


# -- one after the other -------------------------------------------------------------------------------


def test_seat_is_given_once() -> None:
    office = setting.office(counters=2)
    assert {hold(office).counter_id, hold(office).counter_id} == set(Counter.objects.values_list("pk", flat=True))
    with pytest.raises(holding.Full):
        hold(office)
    # Its neighbour is another time.
    hold(office, "09:12")


def test_database_refuses_what_overlaps_even_without_the_verbs() -> None:
    booking = hold(setting.office())
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.create(
            counter=booking.counter, during=booking.during, starts_at=booking.starts_at, ends_at=booking.ends_at,
            status=BookingStatus.CONFIRMED,
        )  # fmt: skip


@pytest.mark.parametrize("time", ["07:48", "09:05", "11:54", "12:00"])
def test_time_outside_the_rules_is_not_offered(time: str) -> None:
    with pytest.raises(holding.NotOffered):
        hold(setting.office(), time)


def test_closed_counter_is_not_given() -> None:
    office = setting.office()
    Closure.objects.create(office=office, begins=setting.at("08:30"), ends=setting.at("09:01"))
    with pytest.raises(holding.NotOffered):
        hold(office)


def test_walk_ins_time_is_nobodys_to_book() -> None:
    office = setting.office(audience=Audience.WALK_IN)
    for audience in (Audience.PUBLIC, Audience.INTERNAL):
        with pytest.raises(holding.NotOffered):
            hold(office, audience=audience)


def test_internal_time_is_for_staff() -> None:
    office = setting.office(audience=Audience.INTERNAL)
    with pytest.raises(holding.NotOffered):
        hold(office)
    assert hold(office, audience=Audience.INTERNAL)


def test_buffer_is_kept_on_both_sides() -> None:
    office = setting.office(buffer_minutes=12)
    hold(office, "09:00")
    for time in ("08:48", "09:12"):
        with pytest.raises(holding.Full):
            hold(office, time)
    hold(office, "09:24")
    hold(office, "08:36")


def test_lapsed_hold_makes_way_in_the_same_act() -> None:
    office = setting.office()
    first = hold(office)
    transitions.reserve(first, name="Zoë", email="zoe@example.org")
    lapse(first)
    second = hold(office)
    assert list(Booking.objects.all()) == [second], "what lapsed is gone with its details"


def test_lapsed_holds_are_swept() -> None:
    booking = hold(setting.office())
    assert holding.release_lapsed() == 0
    lapse(booking)
    assert holding.release_lapsed() == 1
    assert not Booking.objects.exists()


def test_hold_is_extended_three_times() -> None:
    booking = hold(setting.office())
    for _ in range(3):
        holding.extend(booking)
    with pytest.raises(TransitionError):
        holding.extend(booking)


def test_code_confirms_and_wrong_ones_are_counted() -> None:
    booking = hold(setting.office())
    code = transitions.reserve(booking, name="Zoë", email="zoe@example.org")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for left in (4, 3):
        with pytest.raises(transitions.WrongCode) as caught:
            transitions.check_code(booking, wrong)
        assert caught.value.left == left
    transitions.check_code(booking, f" {code[:3]} {code[3:]} ")
    # The right one begins the count anew; five wrong ones are all there are.
    for _ in range(5):
        with pytest.raises(transitions.WrongCode):
            transitions.check_code(booking, wrong)
    with pytest.raises(transitions.WrongCode):
        transitions.check_code(booking, code)


def test_mail_says_when_and_where_but_not_who_or_what() -> None:
    booking = hold(setting.office())
    transitions.reserve(booking, name="Zoë D’Angelo", email="zoe@example.org")
    mail = OutgoingEmail.objects.get(purpose="appointment_confirm")
    assert booking.reference in mail.body
    assert "Rathaus B" in mail.body
    assert re.search(r"/termine/link/[^/\s]+/bestaetigen/", mail.body)
    for secret in ("Zoë", "D’Angelo", "Personalausweis"):
        assert secret not in mail.subject + mail.body


def test_lapsed_reservation_cannot_be_confirmed() -> None:
    booking = hold(setting.office())
    transitions.reserve(booking, name="Zoë", email="zoe@example.org")
    lapse(booking)
    with pytest.raises(TransitionError):
        transitions.confirm(booking)


def test_moving_keeps_the_old_time_until_the_new_one_is_certain() -> None:
    office = setting.office()
    old = confirmed(office, "09:00")
    new = hold(office, "10:00", replaces=old)
    old.refresh_from_db()
    assert old.status == BookingStatus.CONFIRMED
    transitions.confirm(new, name=old.name, email=old.email)
    old.refresh_from_db()
    assert (old.status, old.cancelled_by) == (BookingStatus.CANCELLED, CancelledBy.MOVED)
    assert OutgoingEmail.objects.filter(purpose="appointment_moved").count() == 1
    assert not OutgoingEmail.objects.filter(purpose="appointment_cancelled").exists()


def test_link_of_a_booking_that_was_moved_leads_to_the_new_one(client: Any) -> None:
    office = setting.office()
    old = confirmed(office, "09:00")
    new = hold(office, "10:00", replaces=old)
    transitions.confirm(new, name=old.name, email=old.email)
    page = client.get(f"/termine/link/{transitions.manage_token(old)}/", follow=True).content.decode()
    assert "Dieser Termin ist verschoben." in page
    assert "10:00 Uhr" in page
    assert "Zum neuen Termin" in page


def test_move_that_fails_keeps_the_old_time() -> None:
    office = setting.office()
    old = confirmed(office, "09:00")
    new = hold(office, "10:00", replaces=old)
    lapse(new)
    with pytest.raises(TransitionError):
        transitions.confirm(new, name=old.name, email=old.email)
    old.refresh_from_db()
    assert old.status == BookingStatus.CONFIRMED


def test_move_of_what_was_cancelled_meanwhile_leaves_the_new_time() -> None:
    office = setting.office()
    old = confirmed(office, "09:00")
    new = hold(office, "10:00", replaces=old)
    transitions.cancel(Booking.objects.get(pk=old.pk))
    transitions.confirm(new, name=old.name, email=old.email)
    assert list(Booking.objects.confirmed()) == [new]


def test_booking_is_moved_to_one_time_only() -> None:
    office = setting.office()
    old = confirmed(office, "09:00")
    here, there = hold(office, "10:00", replaces=old), hold(office, "11:00", replaces=old)
    transitions.confirm(here, name=old.name, email=old.email)
    with pytest.raises(TransitionError):
        transitions.confirm(there, name=old.name, email=old.email)
    assert list(Booking.objects.confirmed()) == [here]


def test_move_keeps_account_and_case(aylin: Any, parking_case: Any) -> None:
    office = setting.office()
    old = confirmed(office, "09:00", user=aylin)
    Booking.objects.filter(pk=old.pk).update(case=parking_case)
    new = hold(office, "10:00", replaces=Booking.objects.get(pk=old.pk))
    transitions.confirm(new, name=old.name, email=old.email)
    new.refresh_from_db()
    assert (new.user, new.case) == (aylin, parking_case)


def test_visit_that_is_over_cannot_be_cancelled() -> None:
    booking = confirmed(setting.office())
    with time_machine.travel(booking.starts_at + dt.timedelta(days=1)), pytest.raises(TransitionError):
        transitions.cancel(booking)
    assert Booking.objects.get().status == BookingStatus.CONFIRMED


def test_address_has_three_times_ahead_at_most() -> None:
    office = setting.office()
    for time in ("09:00", "09:12", "09:24"):
        confirmed(office, time)
    with pytest.raises(transitions.TooMany):
        confirmed(office, "09:36")
    # The office itself is not bound by that, and moving takes nothing more.
    confirmed(office, "09:48", audience=Audience.INTERNAL)
    new = hold(office, "10:00", replaces=Booking.objects.confirmed().first())
    transitions.confirm(new, name="Zoë", email="zoe@example.org")


def test_mistyped_address_is_corrected_within_the_same_half_hour() -> None:
    booking = hold(setting.office())
    transitions.reserve(booking, name="Zoë", email="zeo@example.org")
    until = booking.expires_at
    code = transitions.reserve(booking, name="Zoë", email="zoe@example.org")
    assert (booking.email, booking.expires_at) == ("zoe@example.org", until)
    transitions.check_code(booking, code)


def test_cancelled_time_rests_and_is_free_again() -> None:
    office = setting.office()
    transitions.cancel(confirmed(office))
    with pytest.raises(holding.Full):
        hold(office)
    lapse(Booking.objects.get(status=BookingStatus.FREED))
    assert hold(office)
    assert not Booking.objects.filter(status=BookingStatus.FREED).exists()
    assert OutgoingEmail.objects.filter(purpose="appointment_cancelled").count() == 1


@pytest.mark.parametrize(("before", "count"), [(31, 0), (29, 1), (2, 1), (-1, 0)])
def test_reminder_goes_out_once_from_the_day_before(before: int, count: int) -> None:
    booking = confirmed(setting.office())
    with time_machine.travel(booking.starts_at - dt.timedelta(hours=before)):
        assert transitions.remind() == count
        assert transitions.remind() == 0
    assert OutgoingEmail.objects.filter(purpose="appointment_reminder", to_address=booking.email).count() == count


@pytest.mark.parametrize(("hours", "count"), [(0, 0), (11, 0), (13, 1)])
def test_who_has_just_booked_is_not_reminded(hours: int, count: int) -> None:
    booking = confirmed(setting.office())
    with time_machine.travel(booking.starts_at - dt.timedelta(hours=2)):
        Booking.objects.filter(pk=booking.pk).update(confirmed_at=timezone.now() - dt.timedelta(hours=hours))
        assert transitions.remind() == count


def test_past_visits_lose_their_people_and_keep_their_times(aylin: Any) -> None:
    office = setting.office()
    past, present = confirmed(office, "09:00", user=aylin), confirmed(office, "10:00", user=aylin)
    Booking.objects.filter(pk=past.pk).update(
        starts_at=timezone.now() - dt.timedelta(days=31, minutes=12), ends_at=timezone.now() - dt.timedelta(days=31)
    )
    [rule] = [r for r in retention_rules if r.key == "bookings"]
    assert rule.erase(rule.expired(timezone.now())) == 1
    assert rule.erase(rule.expired(timezone.now())) == 0
    past.refresh_from_db()
    assert (past.name, past.email, past.user) == ("", "", None)
    assert past.reference
    present.refresh_from_db()
    assert present.name


def test_closed_account_keeps_its_appointment_behind_the_link(aylin: Any) -> None:
    booking = confirmed(setting.office(), user=aylin)
    close_account(aylin)
    booking.refresh_from_db()
    assert (booking.status, booking.user) == (BookingStatus.CONFIRMED, None)
    assert transitions.booking_for_token(transitions.manage_token(booking)) == booking


# -- many at once ---------------------------------------------------------------------------------------


@racing
@pytest.mark.parametrize("counters", [1, 5])
def test_twenty_at_once_get_exactly_as_many_seats_as_there_are(
    django_db_serialized_rollback: Any, counters: int
) -> None:
    office = setting.office(counters=counters)
    results = many(lambda _n: hold(office), 20)
    assert sum(isinstance(r, Booking) for r in results) == counters
    assert sum(isinstance(r, holding.Full) for r in results) == 20 - counters


@racing
def test_lapsed_seat_is_given_once(django_db_serialized_rollback: Any) -> None:
    office = setting.office()
    lapse(hold(office))
    results = many(lambda _n: hold(office), 20)
    assert sum(isinstance(r, Booking) for r in results) == 1
    assert {type(r) for r in results} == {Booking, holding.Full}


@racing
def test_confirming_races_with_who_takes_the_lapsed_time(django_db_serialized_rollback: Any) -> None:
    office = setting.office()
    for _ in range(10):
        booking = hold(office)
        Booking.objects.filter(pk=booking.pk).update(expires_at=timezone.now() + dt.timedelta(milliseconds=15))
        booking.refresh_from_db()
        confirming = partial(transitions.confirm, booking, name="Zoë", email="zoe@example.org")
        acts = [confirming, *[partial(hold, office)] * 5]
        results = many(lambda n, acts=acts: acts[n](), 6)  # type: ignore[misc]
        assert {type(r) for r in results} <= {type(None), Booking, holding.Full, TransitionConflict}
        standing = list(Booking.objects.exclude(pk__in=Booking.objects.lapsed()))
        assert len(standing) <= 1
        if None in results:
            assert [b.pk for b in standing] == [booking.pk]
            assert standing[0].status == BookingStatus.CONFIRMED
        Booking.objects.all().delete()


@racing
def test_sweep_never_takes_what_is_being_confirmed(django_db_serialized_rollback: Any) -> None:
    booking = hold(setting.office())
    confirming, swept = threading.Event(), threading.Event()

    def confirm() -> None:
        with transaction.atomic():
            transitions.confirm(booking, name="Zoë", email="zoe@example.org")
            # The time of the hold runs out while the confirmation is on its way.
            confirming.set()
            swept.wait(10)

    def sweep() -> None:
        confirming.wait(10)
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=11)):
            timer = threading.Timer(0.3, swept.set)
            timer.start()
            holding.release_lapsed()
            holding.release(Booking.objects.filter(pk=booking.pk))
        swept.set()

    assert many(lambda n: [confirm, sweep][n](), 2) == [None, None]
    assert Booking.objects.get().status == BookingStatus.CONFIRMED


@racing
def test_wrong_codes_at_once_are_all_counted(django_db_serialized_rollback: Any) -> None:
    booking = hold(setting.office())
    transitions.reserve(booking, name="Zoë", email="zoe@example.org")
    many(lambda _n: transitions.check_code(Booking.objects.get(pk=booking.pk), "x"), 8)
    assert Booking.objects.get().code_tries == 5


@racing
def test_double_click_on_confirm_confirms_once(django_db_serialized_rollback: Any) -> None:
    booking = hold(setting.office())
    results = many(
        lambda _n: transitions.confirm(Booking.objects.get(pk=booking.pk), name="Zoë", email="zoe@example.org"), 5
    )
    assert results.count(None) == 1
    assert OutgoingEmail.objects.filter(purpose="appointment_confirmed").count() == 1


@racing
def test_mixed_lengths_under_load_never_overlap(django_db_serialized_rollback: Any) -> None:
    card, passport = setting.bookable(), setting.bookable("reisepass", 48)
    office = setting.office(counters=3, services=[card, passport], opens="08:00", closes="10:00")
    starts = ["08:00", "08:12", "08:24", "08:48", "09:12"]

    def work(index: int) -> Any:
        for turn in range(4):
            try:
                booking = hold(office, starts[(index + turn) % 5], services=[[card], [passport]][(index + turn) % 2])
                if (index + turn) % 3:
                    transitions.confirm(booking, name="Zoë", email="")
                else:
                    holding.release(Booking.objects.filter(pk=booking.pk))
            except holding.Full:
                continue

    assert set(many(work, 12)) == {None}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM appointments_booking a JOIN appointments_booking b ON a.counter_id = b.counter_id "
            "AND a.id < b.id AND a.during && b.during WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'"
        )
        assert cursor.fetchone() == (0,)
    assert Booking.objects.confirmed().count() > 5


def test_moves_do_not_multiply_an_appointment() -> None:
    """Several holds in place of one booking that was cancelled: the limit of an address holds."""
    office = setting.office(counters=5)
    old = confirmed(office, "09:00")
    moves = [hold(office, "10:00", replaces=old) for _ in range(4)]
    transitions.cancel(Booking.objects.get(pk=old.pk))
    for number, booking in enumerate(moves):
        if number < 3:
            transitions.confirm(booking, email=old.email)
        else:
            with pytest.raises(transitions.TooMany):
                transitions.confirm(booking, email=old.email)
    assert Booking.objects.confirmed().count() == 3


def test_whoever_moves_with_the_link_does_not_become_the_owner(aylin: User, juergen: User) -> None:
    office = setting.office()
    old = hold(office, "09:00", user=aylin)
    transitions.confirm(old, by=aylin, name="Aylin", email=aylin.email)
    new = hold(office, "10:00", user=juergen, replaces=old)
    transitions.confirm(new, by=juergen, name=old.name, email=old.email)
    assert Booking.objects.confirmed().get().user == aylin
