"""Lists of the master data: what they cannot be made to tell."""

import datetime as dt
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import ProtectedError

from apps.accounts.models import Department, User
from apps.cases import transitions as verbs
from apps.cases.models import Case
from apps.catalogue.models import Fee, LifeSituation, Office, Service
from apps.core.admin import PortalAdmin
from apps.core.business_calendar import today
from apps.core.emails import queue_text
from apps.notices.models import LegalRemedy
from tests import factories
from tests.core.test_typed import Shown


@pytest.fixture
def root(client: Any, db: None) -> Any:
    return client.as_(User.objects.create_superuser("root@example.org", "x" * 20))


@pytest.mark.parametrize(
    "query",
    ["password__startswith=md5", "password__gt=a", "emailaddress__email__contains=a", "is_superuser__exact=1",
     "memberships__role=cdo", "last_login__gt=2020-01-01"],
)  # fmt: skip
def test_people_cannot_be_filtered_by_what_no_filter_names(root: Any, query: str) -> None:
    assert root.get(f"/verwaltung/accounts/user/?{query}").status_code == 400


def test_mails_cannot_be_filtered_by_their_words(root: Any) -> None:
    queue_text("anna@example.org", "Ihr Code", "123456", purpose="account")
    assert root.get("/verwaltung/core/outgoingemail/?body__contains=123").status_code == 400
    assert root.get("/verwaltung/core/outgoingemail/?to_address__startswith=a").status_code == 400


def test_filters_that_are_named_work(root: Any) -> None:
    for path in (
        "accounts/user/?is_staff__exact=1",
        "core/outgoingemail/?status__exact=pending",
        "catalogue/service/?department__id__exact=1",
        "catalogue/fee/?service__id__exact=1",
    ):
        assert root.get(f"/verwaltung/{path}").status_code == 200, path


def test_every_list_of_ours_is_guarded() -> None:
    loose = [type(a).__name__ for a in admin.site._registry.values() if not isinstance(a, PortalAdmin)]
    # Groups are Django's own and hold no data of people.
    assert set(loose) <= {"GroupAdmin"}, loose


def test_search_for_people_stands_in_no_address(root: Any, aylin: User, juergen: User) -> None:
    answer = root.post("/verwaltung/accounts/user/", {"suche": "Özdemir"})
    assert answer["Location"] == "/verwaltung/accounts/user/"
    page = root.get(answer["Location"]).content.decode()
    assert aylin.email in page
    assert juergen.email not in page
    assert "q=" not in page
    # What stands in an address is not searched for.
    assert aylin.email in root.get("/verwaltung/accounts/user/?q=niemand").content.decode()
    root.post("/verwaltung/accounts/user/", {"suche": ""})
    assert juergen.email in root.get("/verwaltung/accounts/user/").content.decode()


def test_instruction_on_remedies_that_is_in_force_cannot_be_deleted(root: Any) -> None:
    present = LegalRemedy.objects.get(key="ao")
    future = LegalRemedy.objects.create(key="ao", text="Später.", valid_from=today() + dt.timedelta(days=30))
    base = "/verwaltung/notices/legalremedy/"
    assert root.post(f"{base}{present.pk}/delete/", {"post": "yes"}).status_code == 404
    root.post(base, {"action": "delete_selected", "_selected_action": [present.pk], "post": "yes"})
    assert LegalRemedy.objects.filter(pk=present.pk).exists()
    assert root.post(f"{base}{future.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not LegalRemedy.objects.filter(pk=future.pk).exists()
    page = root.get(f"{base}add/").content.decode()
    assert '<select name="key"' in page


# -- what is fixed, what stays -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "row", "key"),
    [
        ("catalogue/service", lambda: Service.objects.get(slug="wohngeld"), "slug"),
        ("catalogue/office", lambda: Office.objects.earliest("pk"), "slug"),
        ("catalogue/lifesituation", lambda: LifeSituation.objects.earliest("pk"), "slug"),
        ("catalogue/fee", lambda: Fee.objects.earliest("pk"), "key"),
        ("accounts/department", lambda: Department.objects.get(slug="steuern"), "slug"),
    ],
)
def test_key_is_fixed_once_something_stands_behind_it(root: Any, path: str, row: Any, key: str) -> None:
    before = row()
    url = f"/verwaltung/{path}/{before.pk}/change/"
    assert f'name="{key}"' not in root.get(url).content.decode()
    assert f'name="{key}"' in root.get(f"/verwaltung/{path}/add/").content.decode()
    root.post(url, {key: "anders"})
    before.refresh_from_db()
    assert getattr(before, key) != "anders"


def form_of(root: Any, url: str) -> dict[str, Any]:
    """What the browser would send back of a form of the admin."""
    sent: dict[str, Any] = {}
    response = root.get(url)
    shown = Shown(response.content.decode()).values
    form = response.context["adminform"].form
    for bound in form:
        value = bound.value()
        widget = bound.field.widget
        if hasattr(widget, "widgets"):
            # From the page itself: what stands there is what is sent back.
            sent |= {f"{bound.html_name}_{code}": shown[f"{bound.html_name}_{code}"] for code in ("de", "en")}
        elif value not in (None, False):
            sent[bound.html_name] = list(value) if isinstance(value, (list, tuple)) else value
    for formset in response.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        sent |= {management.add_prefix(name): management[name].value() for name in management.fields}
        for row in formset.formset.forms:
            sent |= {
                row.add_prefix(name): getattr(row[name].value(), "pk", row[name].value()) or "" for name in row.fields
            }
    return sent


def test_lists_of_a_service_are_edited_as_lines(root: Any) -> None:
    service = Service.objects.get(slug="wohngeld")
    url = f"/verwaltung/catalogue/service/{service.pk}/change/"
    before = {
        name: getattr(service, name) for name in ("requirements", "documents", "steps", "legal_basis", "keywords")
    }
    assert root.post(url, form_of(root, url)).status_code == 302
    service.refresh_from_db()
    assert {name: getattr(service, name) for name in before} == before, "saving what was shown changes nothing"
    sent = form_of(root, url) | {
        "documents_de": "Mietvertrag\r\n\r\n Ausweis ", "documents_en": "Tenancy agreement\nIdentity card",
        "legal_basis": "WoGG\n§ 1 WoGV", "keywords_de": "miete\r\nzuschuss", "keywords_en": "",
    }  # fmt: skip
    assert root.post(url, sent).status_code == 302
    service.refresh_from_db()
    assert service.documents == [
        {"de": "Mietvertrag", "en": "Tenancy agreement"},
        {"de": "Ausweis", "en": "Identity card"},
    ]
    assert service.legal_basis == ["WoGG", "§ 1 WoGV"]
    assert service.keywords == {"de": ["miete", "zuschuss"], "en": []}
    assert root.get("/leistungen/wohngeld/").status_code == 200
    answer = root.post(url, sent | {"documents_en": "Tenancy agreement"})
    assert answer.status_code == 200
    assert "Deutsch hat 2 Zeilen, Englisch 1." in answer.content.decode()
    assert "Ausweis" in answer.content.decode()


@pytest.mark.parametrize("wrong", ["{}", '[{"de": "x"}]', "null", '"x"', "[1, 2]", "[", "\u200b"])
def test_whatever_is_typed_into_a_list_breaks_no_page(root: Any, wrong: str) -> None:
    service = Service.objects.get(slug="wohngeld")
    url = f"/verwaltung/catalogue/service/{service.pk}/change/"
    names = ("requirements_de", "requirements_en", "documents_de", "documents_en", "steps_de", "steps_en", "legal_basis",
             "keywords_de", "keywords_en")  # fmt: skip
    assert root.post(url, form_of(root, url) | dict.fromkeys(names, wrong)).status_code == 302
    for page in (
        url,
        "/leistungen/wohngeld/",
        "/en/leistungen/wohngeld/",
        "/leistungen/?q=miete",
        "/api/v1/services/wohngeld/",
    ):
        assert root.get(page).status_code == 200, page


def test_whoever_has_acted_is_deactivated_and_not_deleted(root: Any, karla: User, parking_case: Case) -> None:
    verbs.take(parking_case, by=karla)
    verbs.add_note(parking_case, body="Angerufen.", by=karla)
    answer = root.post(f"/verwaltung/accounts/user/{karla.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 200, "the page that says what stands in the way"
    assert User.objects.filter(pk=karla.pk).exists()
    assert parking_case.notes.get().author == karla
    with pytest.raises(ProtectedError):
        karla.delete()
    root.post("/verwaltung/accounts/user/", {"action": "delete_selected", "_selected_action": karla.pk, "post": "yes"})
    assert User.objects.filter(pk=karla.pk).exists()


def test_whoever_has_edited_master_data_stays_as_well(root: Any, henrike: User) -> None:
    LogEntry.objects.create(user=henrike, content_type=None, object_id="1", object_repr="x", action_flag=2)
    assert root.post(f"/verwaltung/accounts/user/{henrike.pk}/delete/", {"post": "yes"}).status_code == 404
    assert LogEntry.objects.filter(user=henrike).exists()


def test_department_that_messages_go_to_stays(root: Any, settings: Any, client: Any) -> None:
    department = Department.objects.get(slug=settings.CONTACT_DEPARTMENT)
    assert root.post(f"/verwaltung/accounts/department/{department.pk}/delete/", {"post": "yes"}).status_code == 404
    root.post(
        "/verwaltung/accounts/department/",
        {"action": "delete_selected", "_selected_action": department.pk, "post": "yes"},
    )
    assert Department.objects.filter(pk=department.pk).exists()
    # A setting that names nobody loses no message.
    settings.CONTACT_DEPARTMENT = "gibt-es-nicht"
    assert factories.contact_case().department
