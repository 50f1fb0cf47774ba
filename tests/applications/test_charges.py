"""What is to be paid after a decision: amount, day, Kassenzeichen and account, or it is not decided."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from apps.applications import charges, transitions
from apps.applications.states import Status
from apps.cases.models import Case
from apps.core.business_calendar import today
from apps.core.templatetags.components import euro
from tests import factories
from tests.deciding import decide

REJECTED = {"outcome": "rejected", "reasons": "Der Stellplatz fehlt.", "fee": "12,50"}


def in_days(days: int) -> str:
    return (today() + dt.timedelta(days=days)).strftime("%d.%m.%Y")


def test_letter_says_how_much_until_when_with_what_number_and_where_to(
    client: Any, karla: Any, parking_case: Case
) -> None:
    url = f"{parking_case.staff_url}entscheiden/"
    assert decide(client.as_(karla), url, REJECTED | {"due_on": in_days(50)}).status_code == 302
    charge = dict(factories.letter_of(parking_case).context["charge"])
    assert charge["Betrag"] == euro(Decimal("12.50"))
    assert charge["Kassenzeichen (bitte angeben)"] == parking_case.reference
    assert charge["IBAN"] == "DE89 3704 0044 0532 0130 00"
    assert charge["Empfänger"] == "Stadt Wolfsburg"
    kept = Case.objects.get(pk=parking_case.pk).application.decision["charge"]
    assert kept["due_on"] == (today() + dt.timedelta(days=50)).isoformat()


@pytest.mark.parametrize("days", [0, -1, -400])
def test_due_date_lies_in_the_future(client: Any, karla: Any, parking_case: Case, days: int) -> None:
    answer = client.as_(karla).post(f"{parking_case.staff_url}entscheiden/", REJECTED | {"due_on": in_days(days)})
    assert answer.status_code == 422
    assert "Bitte geben Sie einen Tag ein, der noch kommt." in answer.content.decode()
    with pytest.raises(charges.IncompleteCharge):
        charges.charge_for(parking_case, Decimal(1), due_on=today() + dt.timedelta(days=days), kassenzeichen="x")


def test_usual_due_date_is_a_working_day_and_offered(client: Any, karla: Any, parking_case: Case) -> None:
    # 35 days after 20 November 2026 is Christmas Day.
    with time_machine.travel(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), tick=False):
        assert charges.usual_due_date() == dt.date(2026, 12, 28)
    page = client.as_(karla).get(f"{parking_case.staff_url}entscheiden/").content.decode()
    assert f'value="{charges.usual_due_date():%d.%m.%Y}"' in page


def test_kassenzeichen_is_typed_where_no_rule_makes_one(
    client: Any, karla: Any, parking_case: Case, settings: Any
) -> None:
    url = f"{parking_case.staff_url}entscheiden/"
    assert "kassenzeichen" not in client.as_(karla).get(url).content.decode()
    settings.KASSENZEICHEN = ""
    answer = client.post(url, REJECTED)
    assert answer.status_code == 422
    assert "Bitte geben Sie das Kassenzeichen ein." in answer.content.decode()
    # Nothing to pay, nothing to ask.
    assert client.post(url, REJECTED | {"fee": "0"}).status_code == 302
    assert decide(client, url, REJECTED | {"kassenzeichen": "5.0100.123456.7"}).status_code == 302
    assert ["Kassenzeichen (bitte angeben)", "5.0100.123456.7"] in factories.letter_of(parking_case).context["charge"]


def test_rule_makes_the_kassenzeichen(parking_case: Case, settings: Any) -> None:
    settings.KASSENZEICHEN = "32-{year}-{reference}"
    made = charges.charge_for(parking_case, Decimal(1), due_on=today() + dt.timedelta(days=9), kassenzeichen="")
    assert made["kassenzeichen"] == f"32-{today().year}-{parking_case.reference}"


def test_without_an_account_nothing_is_charged(client: Any, karla: Any, parking_case: Case, settings: Any) -> None:
    settings.CITY_ACCOUNT = settings.CITY_ACCOUNT | {"iban": ""}
    url = f"{parking_case.staff_url}entscheiden/"
    answer = client.as_(karla).post(url, REJECTED)
    assert answer.status_code == 422
    assert "Das Konto der Stadt ist nicht eingerichtet" in answer.content.decode()
    assert not parking_case.notices.exists()
    assert decide(client, url, REJECTED | {"fee": "0"}).status_code == 302


def test_tax_is_a_charge_and_a_declaration_that_costs_nothing_is_none(aylin: Any, piotr: Any) -> None:
    case = factories.dog_case(aylin, factories.dog("Bruno"))
    ruling = transitions.rule(case, outcome=Status.ASSESSED, reasons="", by=piotr)
    assert ruling.letters is not None
    assert ruling.decision["charge"]["amount"] == ruling.decision["fee"]
    assert ["Betrag", euro(Decimal(ruling.decision["fee"]))] in ruling.letters.contexts[0]["charge"]
    nothing = transitions.rule(case, outcome=Status.REJECTED, reasons="Umgezogen.", by=piotr)
    assert "charge" not in nothing.decision


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CITY_ACCOUNT", {"holder": "Stadt", "iban": "DE00370400440532013000", "bank": ""}, "portal.E002"),
        ("KASSENZEICHEN", "{nummer}", "portal.E003"),
        ("KASSENZEICHEN", "{", "portal.E003"),
    ],
)
def test_check_says_what_is_wrong_with_account_and_rule(settings: Any, name: str, value: Any, said: str) -> None:
    setattr(settings, name, value)
    with pytest.raises(SystemCheckError, match=said):
        call_command("check", deploy=True, fail_level="ERROR")
