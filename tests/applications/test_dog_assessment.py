"""Dog tax, reckoned by hand: 96, 144 and 168 euros a year, by months, dogs already held count first."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from apps.applications import transitions
from apps.applications.dog_assessment import Assessment, MissingFee, assess
from apps.applications.models import Application
from apps.applications.states import Status
from apps.applications.views.filing import cost_preview
from apps.cases.models import Case
from apps.catalogue.models import Fee, Service
from apps.formbuilder.models import FormVersion
from tests import factories
from tests.conftest import SecureClient
from tests.deciding import decide

pytestmark = pytest.mark.django_db

NOVEMBER = dt.date(2026, 11, 22)


@pytest.fixture
def rule() -> dict[str, Any]:
    """The rule as the city's form has it."""
    version = FormVersion.objects.current("hundesteuer-anmelden")
    assert version is not None
    return dict(version.parsed.extra["fee"])


def dogs(*since: str, held: int = 0) -> dict[str, Any]:
    """Answers with a dog for each day on which one came."""
    names = ("Bruno", "Käthe", "Ødin", "Ada", "Rex")
    return {
        "dogs_held": held,
        "dogs": [{"name": n, "birth_date": "2010-01-01", "since": day} for n, day in zip(names, since, strict=False)],
    }


def amounts(assessment: Assessment) -> list[tuple[str, int, int, str]]:
    return [(x.name, x.year, x.months, str(x.amount)) for x in assessment.lines]


def rate(number: int, amount: str | None, since: str) -> None:
    """A new rate for the first, second or further dog."""
    Fee.objects.create(
        service=Service.objects.get(slug="hundesteuer-anmelden"), key=f"hundesteuer-anmelden-{number}",
        label_de="x", label_en="x", valid_from=dt.date.fromisoformat(since),
        amount=Decimal(amount) if amount is not None else None,
    )  # fmt: skip


# -- rates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "yearly"),
    [
        (0, ["96.00", "144.00", "168.00", "168.00"]),
        (1, ["144.00", "168.00", "168.00", "168.00"]),
        (2, ["168.00", "168.00", "168.00", "168.00"]),
        (20, ["168.00", "168.00", "168.00", "168.00"]),
    ],
)
def test_dogs_already_held_take_the_lower_places(rule: Any, held: int, yearly: list[str]) -> None:
    four = dogs(*["2026-03-10"] * 4, held=held)
    assert [str(x.parts[0].yearly) for x in assess(rule, four, on=NOVEMBER).lines] == yearly


def test_number_of_dogs_held_may_be_missing(rule: Any) -> None:
    for held in (None, "", 0):
        answers = {**dogs("2026-03-10"), "dogs_held": held}
        assert assess(rule, answers, on=NOVEMBER).total == Decimal("72.00")


# -- months --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "months", "amount"),
    [
        ("2026-01-01", 11, "88.00"),
        ("2026-01-31", 11, "88.00"),
        ("2026-02-28", 10, "80.00"),
        ("2026-03-01", 9, "72.00"),
        ("2026-03-10", 9, "72.00"),
        ("2026-06-30", 6, "48.00"),
        ("2026-10-31", 2, "16.00"),
        ("2026-11-01", 1, "8.00"),
        ("2026-11-22", 1, "8.00"),
    ],
)
def test_tax_begins_with_the_following_month(rule: Any, since: str, months: int, amount: str) -> None:
    assert amounts(assess(rule, dogs(since), on=NOVEMBER)) == [("Bruno", 2026, months, amount)]


@pytest.mark.parametrize(("since", "months", "amount"), [("2026-01-31", 12, "96.00"), ("2026-03-10", 10, "80.00"),
                                                         ("2026-11-22", 2, "16.00")])  # fmt: skip
def test_city_may_let_it_begin_with_the_same_month(rule: Any, since: str, months: int, amount: str) -> None:
    same = {**rule, "first_taxable_month": "same"}
    assert amounts(assess(same, dogs(since), on=NOVEMBER)) == [("Bruno", 2026, months, amount)]


def test_dog_that_comes_in_december_is_taxed_from_the_next_year(rule: Any) -> None:
    assessment = assess(rule, dogs("2026-12-05"), on=dt.date(2026, 12, 20))
    assert amounts(assessment) == [("Bruno", 2027, 12, "96.00")]
    assert (assessment.total, assessment.yearly) == (Decimal("96.00"), Decimal("96.00"))


def test_years_up_to_the_decision_are_assessed(rule: Any) -> None:
    assessment = assess(rule, dogs("2026-10-15"), on=dt.date(2028, 2, 1))
    assert amounts(assessment) == [
        ("Bruno", 2026, 2, "16.00"),
        ("Bruno", 2027, 12, "96.00"),
        ("Bruno", 2028, 12, "96.00"),
    ]
    assert (assessment.total, assessment.yearly) == (Decimal("208.00"), Decimal("96.00"))


# -- sums ------------------------------------------------------------------------------------------


def test_three_dogs_at_once(rule: Any) -> None:
    assessment = assess(rule, dogs(*["2026-06-30"] * 3), on=NOVEMBER)
    assert amounts(assessment) == [("Bruno", 2026, 6, "48.00"), ("Käthe", 2026, 6, "72.00"), ("Ødin", 2026, 6, "84.00")]
    assert assessment.total == Decimal("204.00")
    assert assessment.yearly == Decimal("408.00")


def test_dogs_that_came_one_after_another(rule: Any) -> None:
    # 96 × 9/12 + 144 × 4/12 + 168 × 1/12, with none held before.
    assessment = assess(rule, dogs("2026-03-10", "2026-08-24", "2026-11-02"), on=NOVEMBER)
    assert [str(x.amount) for x in assessment.lines] == ["72.00", "48.00", "14.00"]
    assert assessment.total == Decimal("134.00")


def test_sums_over_two_years_count_each_dog_once_for_the_years_to_come(rule: Any) -> None:
    # 2026: 96 × 2/12 + 144 × 1/12; 2027: 96 + 144.
    assessment = assess(rule, dogs("2026-10-15", "2026-11-20"), on=dt.date(2027, 1, 15))
    assert [str(x.amount) for x in assessment.lines] == ["16.00", "96.00", "12.00", "144.00"]
    assert assessment.total == Decimal("268.00")
    assert assessment.yearly == Decimal("240.00")


def test_order_of_entry_changes_nothing(rule: Any) -> None:
    days = ("2026-11-01", "2026-01-10")
    for given in (days, days[::-1]):
        assessment = assess(rule, dogs(*given), on=NOVEMBER)
        assert assessment.total == Decimal("100.00")
        assert {(x.months, str(x.amount)) for x in assessment.lines} == {(11, "88.00"), (1, "12.00")}


def test_year_in_which_the_last_dog_begins_is_assessed_for_all(rule: Any) -> None:
    assessment = assess(rule, dogs("2026-03-10", "2026-12-05"), on=dt.date(2026, 12, 20))
    assert amounts(assessment) == [
        ("Bruno", 2026, 9, "72.00"), ("Bruno", 2027, 12, "96.00"), ("Käthe", 2027, 12, "144.00"),
    ]  # fmt: skip
    assert (assessment.total, assessment.yearly) == (Decimal("312.00"), Decimal("240.00"))


def test_puppy_that_is_taxed_only_next_spring_counts_for_the_years_after(rule: Any) -> None:
    """Nothing is fixed for later years before every dog is in it."""
    answers = {"dogs_held": 0, "dogs": [
        {"name": "Bruno", "birth_date": "2020-05-05", "since": "2026-01-10"},
        {"name": "Welpe", "birth_date": "2026-11-01", "since": "2026-11-01"},
    ]}  # fmt: skip
    assessment = assess(rule, answers, on=NOVEMBER)
    assert amounts(assessment) == [
        ("Bruno", 2026, 11, "88.00"), ("Bruno", 2027, 12, "96.00"), ("Welpe", 2027, 10, "120.00"),
    ]  # fmt: skip
    assert assessment.yearly == Decimal("240.00")


def test_years_past_the_time_for_assessment_are_left_out(rule: Any) -> None:
    """§ 169, § 170 AO."""
    lines = assess(rule, dogs("2017-05-01"), on=NOVEMBER).lines
    assert [line.year for line in lines] == list(range(2019, 2027))


def test_cents_are_cut_off_in_favour_of_the_taxpayer(rule: Any) -> None:
    Fee.objects.filter(key="hundesteuer-anmelden-1").update(amount=Decimal("100.00"))
    assert [str(assess(rule, dogs(day), on=NOVEMBER).total) for day in ("2026-07-01", "2026-05-01", "2026-04-01")] == [
        "41.66", "58.33", "66.66",
    ]  # fmt: skip


def test_no_dog_is_no_tax(rule: Any) -> None:
    for answers in ({}, {"dogs": []}, {"dogs": None}):
        assessment = assess(rule, answers, on=NOVEMBER)
        assert (assessment.lines, assessment.total, assessment.yearly) == ((), Decimal(0), Decimal(0))


# -- rates change ------------------------------------------------------------------------------------


def test_new_rate_holds_from_its_year_on(rule: Any) -> None:
    rate(1, "108.00", "2027-01-01")
    assessment = assess(rule, dogs("2026-10-15"), on=dt.date(2027, 3, 1))
    assert [(x.year, str(x.parts[0].yearly), str(x.amount)) for x in assessment.lines] == [
        (2026, "96.00", "16.00"), (2027, "108.00", "108.00"),
    ]  # fmt: skip
    assert assessment.yearly == Decimal("108.00")


def test_month_is_paid_by_the_rate_that_is_valid_in_it(rule: Any) -> None:
    rate(1, "120.00", "2026-07-01")
    assessment = assess(rule, dogs("2026-03-10"), on=NOVEMBER)
    # 96 × 3/12 + 120 × 6/12.
    assert assessment.total == Decimal("84.00")
    assert [(str(p.yearly), p.months) for p in assessment.lines[0].parts] == [("96.00", 3), ("120.00", 6)]
    assert assess(rule, dogs("2026-06-10"), on=NOVEMBER).total == Decimal("60.00")


def test_year_without_a_rate_raises_and_names_it(rule: Any) -> None:
    Fee.objects.filter(key="hundesteuer-anmelden-1").update(valid_from=dt.date(2026, 1, 1))
    with pytest.raises(MissingFee, match="hundesteuer-anmelden-1 2025"):
        assess(rule, dogs("2025-03-10"), on=NOVEMBER)


def test_rate_that_is_not_known_raises(rule: Any) -> None:
    rate(2, None, "2026-06-01")
    assert assess(rule, dogs("2026-08-01"), on=NOVEMBER).total == Decimal("32.00")
    with pytest.raises(MissingFee, match="hundesteuer-anmelden-2 2026"):
        assess(rule, dogs("2026-08-01", "2026-08-01"), on=NOVEMBER)


# -- where it is used ----------------------------------------------------------------------------------


def test_lines_are_frozen_as_texts(rule: Any) -> None:
    assert assess(rule, dogs("2026-10-15"), on=NOVEMBER).as_json() == [
        {"number": 1, "name": "Bruno", "year": 2026, "months": 2, "amount": "16.00", "relief": "",
         "parts": [{"yearly": "96.00", "months": 2}]}
    ]  # fmt: skip


def test_assessment_stands_in_the_decision_and_the_notice(aylin: Any, piotr: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 9, 15, 12, tzinfo=dt.UTC), tick=False):
        case = factories.dog_case(aylin)
        transitions.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr)
    decision = Case.objects.get(pk=case.pk).application.decision
    # Held since 1 September, so October to December: 24 + 36 + 42.
    assert [line["amount"] for line in decision["tax_lines"]] == ["24.00", "36.00", "42.00"]
    assert (decision["fee"], decision["yearly"]) == ("102.00", "408.00")
    tenor = " ".join(factories.letter_of(case).context["tenor"])
    assert "102,00" in tenor
    assert "408,00" in tenor


def test_year_without_a_rate_stops_the_decision_and_leaves_the_case_open(aylin: Any, piotr: Any) -> None:
    case = factories.dog_case(aylin)
    Fee.objects.filter(key="hundesteuer-anmelden-2").update(amount=None)
    with pytest.raises(MissingFee):
        transitions.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr)
    case = Case.objects.get(pk=case.pk)
    assert case.is_open
    assert case.application.decision is None
    assert not case.notices.exists()


def test_citizen_sees_the_sum_before_filing_or_that_it_is_not_known_yet(aylin: Any) -> None:
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers())
    assert cost_preview(draft, dogs("2026-03-10"))["assessment"].lines
    Fee.objects.filter(key="hundesteuer-anmelden-1").update(valid_from=dt.date(2026, 1, 1))
    unknown = cost_preview(draft, dogs("2024-03-10"))
    assert unknown["unknown"] is True
    assert "assessment" not in unknown


def test_fees_of_the_day_of_filing_stay_with_the_application(aylin: Any) -> None:
    case = factories.dog_case(aylin)
    Fee.objects.filter(service=case.service).update(amount=Decimal("999.00"))
    kept = Case.objects.get(pk=case.pk).application.fees
    assert sorted(f["amount"] for f in kept) == ["144.00", "168.00", "96.00"]


def test_snapshot_has_only_what_is_in_force(db: None) -> None:
    rate(1, "108.00", "2027-01-01")
    service = Service.objects.get(slug="hundesteuer-anmelden")
    by_key = {f["key"]: f["amount"] for f in Fee.objects.snapshot(service, NOVEMBER)}
    assert by_key == {f"hundesteuer-anmelden-{i}": amount for i, amount in ((1, "96.00"), (2, "144.00"), (3, "168.00"))}
    assert Fee.objects.snapshot(service, dt.date(2016, 1, 1)) == []


# -- what a clerk finds ------------------------------------------------------------------------------------


def found(piotr: Any, aylin: Any, *entries: dict[str, Any]) -> tuple[Any, str, Case]:
    """A browser of the tax office at the decision on a declaration of dogs, and the case."""
    with time_machine.travel(dt.datetime(2026, 9, 15, 12, tzinfo=dt.UTC), tick=False):
        case = factories.dog_case(
            aylin, *(entry | {"since": "2026-05-01" if entry["until"] else "2026-09-01"} for entry in entries)
        )
    return SecureClient().as_(piotr), f"{case.staff_url}entscheiden/", case


def typed(*dogs_found: dict[str, str], **more: str) -> dict[str, str]:
    """What the clerk types; each dog as it was declared, unless something else is said."""
    data = {
        "outcome": "assessed",
        "reasons": "",
        "household-already_held": "0",
        "household-amount": "",
        "household-reason": "",
    }
    for number, dog in enumerate(dogs_found):
        data |= {
            f"dog-{number}-{key}": value for key, value in {"since": "01.09.2026", "relief": "", "reason": ""}.items()
        }
        data |= {f"dog-{number}-{key}": value for key, value in dog.items()}
    return data | more


BLIND = {"claim": "exempt", "claim_reason": "Blindenhund meiner Tochter"}


@pytest.fixture
def autumn() -> Any:
    with time_machine.travel(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC), tick=False):
        yield


def test_claim_is_decided_dog_by_dog_with_its_reason(aylin: Any, piotr: Any, autumn: None) -> None:
    entries = [factories.dog(name, **BLIND) for name in ("Bruno", "Käthe")]
    client, url, case = found(piotr, aylin, *entries)
    page = client.get(url).content.decode()
    assert "Beantragt: Befreiung – Blindenhund meiner Tochter" in " ".join(page.split())
    # A claim is answered with a reason, whatever the answer.
    silent = client.post(url, typed({"relief": "exempt"}, {}))
    assert silent.status_code == 422
    assert silent.content.decode().count("Bitte begründen Sie, was Sie zu diesem Hund entscheiden.") == 4
    found_so = typed({"relief": "exempt", "reason": "Ausweis liegt vor."}, {"reason": "Kein Nachweis trotz Rückfrage."})
    answer = decide(client, url, found_so)
    assert answer.status_code == 302
    context = factories.letter_of(case).context
    assert "Der Hund Bruno wird von der Steuer befreit." in context["tenor"]
    assert "Der Antrag auf Befreiung oder Ermäßigung für den Hund Käthe wird abgelehnt." in context["tenor"]
    assert "Zum Hund Bruno: Ausweis liegt vor." in context["reasons"]
    assert "Zum Hund Käthe: Kein Nachweis trotz Rückfrage." in context["reasons"]
    # Käthe is the first dog now: three months of 96.
    assert [(x["name"], x["months"], x["amount"]) for x in context["tax_lines"]] == [
        ("Bruno", 0, "0.00"), ("Käthe", 3, "24.00"),
    ]  # fmt: skip


def test_what_differs_from_the_declaration_is_explained_in_the_notice(aylin: Any, piotr: Any, autumn: None) -> None:
    client, url, case = found(piotr, aylin, factories.dog("Bruno"))
    refused = client.post(
        url, typed({"since": "1.5.2026"}, **{"household-already_held": "1", "household-amount": "50"})
    )
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Bitte begründen Sie, was Sie zu diesem Hund entscheiden." in page
    assert "Bitte begründen Sie, was von der Anmeldung oder der Berechnung abweicht." in page
    assert 'value="1.5.2026"' in page
    assert not case.notices.exists()
    said = {"household-already_held": "1", "household-amount": "50", "household-reason": "Billigkeit (§ 163 AO)."}
    assert decide(client, url, typed({"since": "1.5.2026", "reason": "Laut Kaufvertrag."}, **said)).status_code == 302
    context = factories.letter_of(case).context
    # Seven months of 144, and what is set instead.
    assert context["total_text"] == "84,00 €"
    assert any("auf 50,00 € festgesetzt" in line for line in context["tenor"])
    for line in (
        "Für den Hund Bruno legen wir als Beginn der Haltung den 1. Mai 2026 zugrunde statt des 1. September 2026.",
        "Zum Hund Bruno: Laut Kaufvertrag.",
        "Wir legen 1 bereits gehaltene Hunde zugrunde statt 0.",
        "Der Betrag wird abweichend von der Berechnung (84,00 €) auf 50,00 € festgesetzt.",
        "Billigkeit (§ 163 AO).",
    ):
        assert line in context["reasons"]
    assert any("Anzahl: 1" in line for line in context["reasons"])


def test_sum_is_computed_anew_before_anything_is_decided(aylin: Any, piotr: Any, autumn: None) -> None:
    client, url, case = found(piotr, aylin, factories.dog("Bruno"))
    assert "24,00" in client.get(url).content.decode()
    again = typed({"since": "1.5.2026", "reason": "Laut Kaufvertrag."}, _again="1", reasons="Wie besprochen.")
    answer = client.post(url, again)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "56,00" in page
    assert "Wie besprochen." in page
    assert "Laut Kaufvertrag." in page
    assert "kern-error" not in page
    assert not case.notices.exists()
    # The reason may come later; what is no day may not.
    silent = client.post(url, typed({"since": "1.4.2026"}, _again="1"))
    assert silent.status_code == 200
    assert "64,00" in silent.content.decode()
    assert client.post(url, typed({"since": "neulich"}, _again="1")).status_code == 422


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("1.8.2026", "Dieser Tag liegt nach dem Ende der Haltung."),
        ("31.12.9999", "Bitte geben Sie ein Datum vom"),
        ("1.12.2026", "Bitte geben Sie ein Datum vom"),
    ],
)
@pytest.mark.parametrize("button", [{}, {"_again": "1"}])
def test_beginning_that_cannot_be_is_told(
    aylin: Any, piotr: Any, autumn: None, since: str, said: str, button: dict[str, str]
) -> None:
    client, url, case = found(piotr, aylin, factories.dog("Bruno", until="2026-07-31"))
    answer = client.post(url, typed({"since": since, "reason": "Ach."}, **button))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Ach." in answer.content.decode()
    assert not case.notices.exists()


def test_what_was_filed_under_an_older_form_keeps_its_reasons_in_the_notice(
    aylin: Any, piotr: Any, autumn: None
) -> None:
    client, url, case = found(piotr, aylin, factories.dog("Bruno"))
    current = FormVersion.objects.current("hundesteuer-anmelden")
    older = json.loads(json.dumps(current.definition))
    del older["extra"]["letters"]["assessed"]["findings"]
    row = FormVersion.objects.create(slug="hundesteuer-anmelden", version=0, definition=older)
    Application.objects.filter(case=case).update(form_version=row)
    assert decide(client, url, typed({"relief": "exempt", "reason": "Blindenhund."})).status_code == 302
    context = factories.letter_of(case).context
    assert "Der Hund Bruno wird von der Steuer befreit." in context["tenor"]
    assert "Zum Hund Bruno: Blindenhund." in context["reasons"]


def test_finding_that_cannot_be_is_told(aylin: Any, piotr: Any, autumn: None) -> None:
    client, url, case = found(piotr, aylin, factories.dog("Bruno"))
    wrong = typed({"since": "1.5.2024", "reason": "Ach."}, **{"household-already_held": "-1", "household-amount": "-5"})
    page = client.post(url, wrong).content.decode()
    assert "Dieser Tag liegt vor der Geburt des Hundes." in page
    assert "Eine Steuer ist nicht negativ." in page
    assert not case.notices.exists()


def test_citizen_reads_what_is_still_open(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers(factories.dog("Bruno", **BLIND)))
    page = client.as_(aylin).get(f"/antraege/entwurf/{draft.pk}/pruefen/").content.decode()
    assert "Noch offen: Über die beantragte Befreiung oder Ermäßigung entscheiden wir im Bescheid." in page
    plain = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers())
    assert "Noch offen:" not in client.get(f"/antraege/entwurf/{plain.pk}/pruefen/").content.decode()
