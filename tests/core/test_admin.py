"""Lists of the master data: what they cannot be made to tell."""

import datetime as dt
from typing import Any

import pytest
from django.contrib import admin

from apps.accounts.models import User
from apps.core.admin import PortalAdmin
from apps.core.business_calendar import today
from apps.core.emails import queue_text
from apps.notices.models import LegalRemedy


@pytest.fixture
def root(client: Any, db: None) -> Any:
    return client.as_(User.objects.create_superuser("root@example.org", "x" * 20))


@pytest.mark.parametrize(
    "query",
    ["password__startswith=md5", "password__gt=a", "emailaddress__email__contains=a", "is_superuser__exact=1",
     "roles__role=cdo", "last_login__gt=2020-01-01"],
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
