"""That somebody acts against a notice is noted, shown to whom it concerns, and keeps the case from being deleted."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.cases.models import Case
from apps.cases.plugs import export_cases
from apps.cases.states import Act, Way
from apps.core.business_calendar import today
from apps.core.retention import apply_retention
from apps.core.transitions import TransitionError
from apps.notices.appeals import end_appeal, note_appeal
from apps.notices.models import Appeal, Delivery
from tests import factories
from tests.notices.test_corrections import decided

LONG_AGO = dt.timedelta(days=365 * 10 + 30)


@pytest.fixture
def delivery(aylin: User) -> Delivery:
    return decided(factories.parking_case(aylin))


def noted(delivery: Delivery, by: User, **changes: Any) -> Appeal:
    values: dict[str, Any] = {
        "party": delivery.party, "kind": "objection", "decider": "Verwaltungsgericht Braunschweig", "reference": "6 A 12/26",
        "received_on": dt.date(2026, 4, 20),
    }  # fmt: skip
    return note_appeal(delivery.notice, **(values | changes), by=by)


def old(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(decided_at=timezone.now() - LONG_AGO)


def test_an_open_appeal_keeps_the_case(delivery: Delivery, karla: User) -> None:
    case = delivery.notice.case
    appeal = noted(delivery, karla)
    old(case)
    apply_retention()
    assert Case.objects.filter(pk=case.pk).exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.get(pk=case.pk).delete()
    # It ends now: the ten years count from that day.
    end_appeal(appeal, on=today(), outcome="zurückgewiesen", by=karla)
    apply_retention()
    assert Case.objects.filter(pk=case.pk).exists()
    Appeal.objects.update(received_on=today() - LONG_AGO, ended_on=today() - LONG_AGO)
    apply_retention()
    assert not Case.objects.filter(pk=case.pk).exists()


def test_a_case_without_an_appeal_goes_as_before(delivery: Delivery) -> None:
    old(delivery.notice.case)
    apply_retention()
    assert not Case.objects.exists()


def test_it_is_ended_once(delivery: Delivery, karla: User) -> None:
    appeal = noted(delivery, karla)
    end_appeal(appeal, on=today(), outcome="abgeholfen", by=karla)
    with pytest.raises(TransitionError):
        end_appeal(appeal, on=today(), outcome="anders", by=karla)
    appeal.refresh_from_db()
    assert appeal.outcome == "abgeholfen"


def test_a_clerk_notes_it_and_sees_whether_it_came_in_time(client: Any, delivery: Delivery, karla: User) -> None:
    case = delivery.notice.case
    client.as_(karla)
    typed = {
        "appeal-notice": delivery.notice.pk, "appeal-kind": "action", "appeal-party": delivery.party_id,
        "appeal-decider": "Verwaltungsgericht <b>Braunschweig", "appeal-reference": "6 A 12/26",
        "appeal-received_on": "05.05.2026",
    }  # fmt: skip
    page = reverse("admin:case_act", args=[case.reference, "appeal"])
    late = " ".join(client.post(page, typed, follow=True).content.decode().split())
    assert "Klage eingegangen am 5. Mai 2026" in late
    assert "Nach dem Ende der Frist am 04.05.2026 eingegangen." in late
    assert "Verwaltungsgericht &lt;b&gt;Braunschweig" in late
    Appeal.objects.update(received_on=dt.date(2026, 5, 4))
    assert "Innerhalb der Frist bis 04.05.2026" in " ".join(client.get(case.staff_url).content.decode().split())
    ended = {"appeal_ended-appeal": Appeal.objects.get().pk, "appeal_ended-on": "06.05.2026",
             "appeal_ended-outcome": "zurückgenommen"}  # fmt: skip
    shown = client.post(reverse("admin:case_act", args=[case.reference, "appeal_ended"]), ended, follow=True)
    assert "Erledigt am 06.05.2026: zurückgenommen" in " ".join(shown.content.decode().split())
    assert [entry.act for entry in case.timeline.filter(act__startswith="appeal").order_by("at")] == [
        Act.APPEAL, Act.APPEAL_ENDED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "day", "late"),
    [
        ("action", "", None), ("action", "05.05.2026", True), ("action", "04.05.2026", False), ("urgent", "05.05.2026", None),
        ("other", "05.05.2026", None), ("objection", "05.05.2026", True),
    ],
)  # fmt: skip
def test_late_is_only_what_has_a_period_and_whose_day_is_known(
    client: Any, delivery: Delivery, karla: User, kind: str, day: str, late: bool | None
) -> None:
    """Of an action the day at the court counts (§ 74 VwGO), which the city may not know."""
    client.as_(karla)
    typed = {
        "notice": delivery.notice.pk,
        "kind": kind,
        "party": delivery.party_id,
        "decider": "VG",
        "received_on": day,
    }
    page = reverse("admin:case_act", args=[delivery.notice.case.reference, "appeal"])
    shown = client.post(page, {f"appeal-{name}": value for name, value in typed.items()}, follow=True).content.decode()
    assert ("Nach dem Ende der Frist" in shown, "Innerhalb der Frist" in shown) == (late is True, late is False)
    assert Appeal.objects.count() == 1
    end_appeal(Appeal.objects.get(), on=today(), outcome="erledigt", by=karla)


def test_the_page_asks_no_more_for_many_appeals(
    client: Any, delivery: Delivery, karla: User, django_assert_num_queries: Any
) -> None:
    client.as_(karla)
    noted(delivery, karla)
    client.get(delivery.notice.case.staff_url)
    with CaptureQueriesContext(connection) as one:
        client.get(delivery.notice.case.staff_url)
    noted(delivery, karla)
    noted(delivery, karla)
    with django_assert_num_queries(len(one)):
        client.get(delivery.notice.case.staff_url)


def test_ones_own_data_hold_ones_own_appeal(delivery: Delivery, aylin: User, juergen: User, karla: User) -> None:
    noted(delivery, karla)
    assert "Verwaltungsgericht Braunschweig" in str(export_cases(aylin))
    assert "Verwaltungsgericht Braunschweig" not in str(export_cases(juergen))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"received_on": ""}, "wann der Rechtsbehelf einging"),
        ({"received_on": "01.01.2098"}, "liegt in der Zukunft"),
        ({"received_on": "01.01.2020"}, "gab es den Bescheid noch nicht"),
        ({"notice": ""}, "Bitte wählen Sie den Bescheid."),
        ({"kind": ""}, "Bitte wählen Sie die Art"),
        ({"decider": ""}, "Bitte nennen Sie das Gericht"),
        ({"party": "99999999"}, "Auswahl"),
    ],
)
def test_what_is_missing_is_said(
    client: Any, delivery: Delivery, karla: User, changed: dict[str, str], said: str
) -> None:
    client.as_(karla)
    typed = {"notice": delivery.notice.pk, "kind": "objection", "party": "", "decider": "Stadt", "received_on": ""}
    data = {
        f"appeal-{name}": value for name, value in (typed | {"received_on": f"{today():%d.%m.%Y}"} | changed).items()
    }
    answer = client.post(reverse("admin:case_act", args=[delivery.notice.case.reference, "appeal"]), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Appeal.objects.exists()


def test_who_acts_is_not_for_the_other_parties(client: Any, aylin: User, juergen: User, karla: User) -> None:
    case = factories.parking_case(aylin)
    other = factories.joint_party(case, juergen)
    factories.heard(case)
    from apps.applications import transitions as applications

    applications.decide(case, outcome="rejected", reasons="Darum.", by=karla)
    for found in Delivery.objects.all():
        factories.finished(found.letter)
        Delivery.objects.filter(pk=found.pk).update(way=Way.POST, posted_on=today())
    noted(Delivery.objects.get(party=other), karla, received_on=today())
    client.as_(juergen)
    assert "Widerspruch eingegangen" in client.get(case.get_absolute_url()).content.decode()
    client.as_(aylin)
    page = client.get(case.get_absolute_url()).content.decode()
    assert "Widerspruch" not in page
    assert "Rechtsbehelf eingegangen" not in page


def test_nobody_acts_against_a_hearing_or_before_there_is_a_notice(client: Any, aylin: User, karla: User) -> None:
    case = factories.parking_case(aylin)
    client.as_(karla)
    assert "Rechtsbehelf eingegangen" not in client.get(case.staff_url).content.decode()
    delivery = factories.letter(case)
    type(delivery.letter).objects.filter(pk=delivery.letter_id).update(template="hearing")
    factories.finished(delivery.letter)
    assert "Rechtsbehelf eingegangen" not in client.get(case.staff_url).content.decode()
