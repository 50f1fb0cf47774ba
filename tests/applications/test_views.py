"""Filling in over HTTP: nothing typed is lost, no step is skipped, two clicks file once."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.applications import drafts
from apps.applications.models import Draft
from apps.applications.views import steps
from apps.cases.models import Case, PartyContact
from apps.cases.states import Channel
from tests import factories
from tests.conftest import SecureClient

BEGIN = "/antraege/antrag/bewohnerparkausweis/"


def step(draft: Draft, key: str) -> str:
    return f"/antraege/entwurf/{draft.pk}/schritt/{key}/"


def test_anybody_can_begin_and_only_that_browser_goes_on(client: Any, db: None) -> None:
    response = client.post(BEGIN)
    draft = Draft.objects.get()
    assert response.url == step(draft, "person")
    assert client.get(response.url).status_code == 200
    client.cookies.clear()
    assert client.get(response.url).status_code == 404


def test_steps_cannot_be_skipped(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", {})
    response = client.as_(aylin).get(step(draft, "declaration"))
    assert response.url == step(draft, "person")


def test_error_names_field_and_example_and_keeps_what_was_typed(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.PERSON.copy())
    response = client.as_(aylin).post(step(draft, "vehicle"), {"plate": "", "owner": "mine"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Fehler: " in page
    assert 'href="#id_plate"' in page
    assert "Das Kennzeichen fehlt. Beispiel: WOB AB 123" in page
    assert 'value="mine" id="id_owner_0" checked' in " ".join(page.split())


def test_back_with_half_an_answer_loses_nothing(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.PERSON.copy())
    client.as_(aylin).post(step(draft, "vehicle"), {"plate": "WOB XX", "_back": "1"})
    page = client.get(step(draft, "vehicle")).content.decode()
    assert 'value="WOB XX"' in page
    assert "kern-error" not in page


def test_changing_the_language_loses_nothing_and_judges_nothing(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.PERSON.copy())
    page = client.as_(aylin).get(step(draft, "vehicle")).content.decode()
    assert '<button form="schritt" name="_language" value="1" lang="en">English</button>' in page
    answer = client.post(step(draft, "vehicle"), {"plate": "WOB XX", "_language": "1"})
    assert answer.url == "/en" + step(draft, "vehicle")
    page = client.get(answer.url).content.decode()
    assert 'value="WOB XX"' in page
    assert "kern-error" not in page
    back = client.post(answer.url, {"plate": "WOB XY", "_language": "1", "_review": "1"})
    assert back.url == step(draft, "vehicle") + "?review"
    assert 'value="WOB XY"' in client.get(back.url).content.decode()


def test_entry_is_removed_whatever_number_and_names_are_sent_along(client: Any, aylin: Any) -> None:
    """A thousand entries of a thousand fields would keep a thread busy for seconds."""
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers())
    sent = {"_remove": "dogs-0", "dogs-count": "999", "dogs-1-name": "Käthe"} | {f"dogs-0-{n}": "" for n in range(990)}
    lookups: list[str] = []

    class Counted(QueryDict):
        def getlist(self, key: str, default: Any = None) -> list[Any]:
            lookups.append(key)
            return list(super().getlist(key, default))

    data = Counted(mutable=True)
    for name, value in sent.items():
        data[name] = value
    group = draft.form_version.parsed.step("dogs").fields[0]
    steps._remove_entry(draft, data, group, 0)
    assert len(lookups) <= group.max_items * len(group.fields)
    assert (data["dogs-0-name"], data["dogs-count"]) == ("Käthe", "19")


def test_step_keeps_only_so_much_of_what_is_typed(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers())
    sent = {f"dogs-{n}-{field}": "x" * 7990 for n in range(20) for field in ("name", "breed", "claim_reason")}
    client.as_(aylin).post(step(draft, "dogs"), sent | {"dogs-count": "20", "_refresh": "1"})
    draft.refresh_from_db()
    assert len(json.dumps(draft.typed)) < 80_000


def test_nobody_has_more_drafts_than_one_can_fill_in(client: Any, aylin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_DRAFTS", 2)
    client.as_(aylin)
    for _ in range(3):
        answer = client.post(BEGIN, follow=True)
    assert "Sie haben schon viele Entwürfe." in answer.content.decode()
    assert Draft.objects.count() == 2
    # What is only listed is not read whole.
    with CaptureQueriesContext(connection) as queries:
        client.get("/mein-bereich/")
        client.get(BEGIN)
    assert not [q for q in queries if '"applications_draft"."typed"' in q["sql"]]


def test_revealed_questions_are_asked_before_they_are_errors(client: Any, aylin: Any) -> None:
    draft = factories.parking_draft(aylin)
    typed = {"plate": "WOB AO 1", "owner": "company_car", "_shown": ["plate", "owner", "registration"]}
    page = client.as_(aylin).post(step(draft, "vehicle"), typed).content.decode()
    assert "Zu Ihrer Antwort gibt es noch Fragen" in page
    assert 'name="employer_confirmation"' in page
    assert "kern-error" not in page


def test_adding_and_removing_dogs_keeps_the_others(client: Any, aylin: Any) -> None:
    answers = factories.dog_answers(factories.dog("Bruno"), factories.dog("Käthe"), factories.dog("Ødin"))
    draft = factories.draft(aylin, "hundesteuer-anmelden", answers)
    typed = {"dogs-count": "3", **{f"dogs-{i}-name": n for i, n in enumerate(("Bruno", "Käthe", "Ødin"))}}
    client.as_(aylin).post(step(draft, "dogs"), {**typed, "_remove": "dogs-1"})
    page = client.get(step(draft, "dogs")).content.decode()
    assert 'value="Bruno"' in page
    assert 'value="Ødin"' in page
    assert 'value="Käthe"' not in page
    assert 'name="dogs-count" value="2"' in page


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("zulassung.pdf", b"<html><script>alert(1)</script></html>", "ist keine PDF-Datei und kein Foto"),
        ("zulassung.jpg", b"GIF89a" + b"\0" * 200, "ist keine PDF-Datei und kein Foto"),
        ("zulassung.pdf", b"%PDF-1.7\n%broken", "lässt sich nicht öffnen"),
        ("zulassung.jpg", b"", "ist leer"),
        ("zulassung.jpg", b"\xff\xd8\xff" + b"x" * (11 * 1024 * 1024), "Die Datei ist zu groß"),
    ],
    ids=["html", "gif", "broken", "empty", "too-large"],
)
def test_bad_upload_is_refused_and_the_other_answers_stay(
    client: Any, aylin: Any, name: str, content: bytes, sentence: str
) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.PERSON.copy())
    upload = SimpleUploadedFile(name, content, "image/jpeg")
    data = {"plate": "WOB AO 9", "owner": "mine", "registration": upload}
    response = client.as_(aylin).post(step(draft, "vehicle"), data)
    page = response.content.decode()
    assert response.status_code == 422
    if content:
        # Django drops an empty file before anybody sees it; the field is then simply missing.
        assert sentence in page
    assert 'value="WOB AO 9"' in page
    assert not draft.uploads.exists()


def test_only_what_belongs_to_a_field_is_kept_and_no_more_than_a_field_holds(client: Any, aylin: Any) -> None:
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.PERSON)
    strange = {
        "x" * 300: "a",
        "dogs-99999999-name": "a",
        "dogs-0-nothing": "a",
        "dogs-²-name": "a",
        "dogs-0-name-x": "a",
    }
    client.as_(aylin).post(
        step(draft, "dogs"), {"dogs-count": "1", "dogs-0-name": ["B" * 20_000, *["C" * 9_000] * 90], **strange}
    )
    draft.refresh_from_db()
    kept = draft.typed["dogs"]
    assert not strange.keys() & kept.keys()
    assert kept["dogs-0-name"][0] == "B" * 8000
    assert len(json.dumps(kept)) < 20_000


def test_expired_session_keeps_what_was_typed_and_resumes_at_the_step(client: Any, aylin: Any) -> None:
    client.as_(aylin)
    draft = Draft.objects.get(pk=client.post(BEGIN).url.split("/")[3])
    client.post(step(draft, "person"), {**_person(), "_shown": list(factories.PERSON)})
    del client.cookies["__Host-sessionid"]
    response = client.post(step(draft, "vehicle"), {"plate": "WOB AO 77"})
    assert response.url.startswith("/konto/login/?next=")
    assert client.get(step(draft, "vehicle")).status_code == 302
    client.as_(aylin)
    assert 'value="WOB AO 77"' in client.get(step(draft, "vehicle")).content.decode()


def _person() -> dict[str, str]:
    return {**factories.PERSON, "birth_date": "14.03.1988"}


def test_second_click_on_submit_leads_to_the_same_receipt(client: Any, aylin: Any) -> None:
    draft = factories.parking_draft(aylin)
    url = f"/antraege/entwurf/{draft.pk}/pruefen/"
    first = client.as_(aylin).post(url, {"delivery": "portal"})
    second = client.post(url, {"delivery": "portal"})
    assert first.url == second.url
    assert Case.objects.count() == 1


def test_submit_needs_an_account_and_the_draft_moves_into_it(client: Any, aylin: Any) -> None:
    draft = Draft.objects.get(pk=client.post(BEGIN).url.split("/")[3])
    draft.answers = factories.parking_answers()
    draft.save()
    drafts.add_upload(draft, "registration", factories.photo(), most=1)
    url = f"/antraege/entwurf/{draft.pk}/pruefen/"
    assert "Konto anlegen" in client.get(url).content.decode()
    assert client.post(url, {"delivery": "post"}).url.startswith("/konto/login/")
    response = client.post("/konto/login/", {"login": aylin.email, "password": factories.PASSWORD, "next": url})
    assert response.url == url
    draft.refresh_from_db()
    assert draft.owner == aylin


def test_service_that_demands_more_trust_is_not_filed(client: Any, aylin: Any) -> None:
    draft = factories.parking_draft(aylin)
    draft.service.trust_level = 3
    draft.service.save()
    url = f"/antraege/entwurf/{draft.pk}/pruefen/"
    client.as_(aylin).post(url, {"delivery": "portal"})
    assert not Case.objects.exists()
    assert "müssen Sie sich ausweisen" in client.get(url).content.decode()


def test_clerk_captures_a_paper_application_without_an_email_address(client: Any, karla: Any) -> None:
    data = {"service": "bewohnerparkausweis", "channel": Channel.PAPER}
    response = client.as_(karla).post("/verwaltung/erfassen/", data)
    draft = Draft.objects.get()
    assert response.url == step(draft, "person")
    draft.answers = factories.parking_answers()
    draft.save()
    drafts.add_upload(draft, "registration", factories.photo(), most=1)
    response = client.post(f"/antraege/entwurf/{draft.pk}/pruefen/", {"email": ""})
    case = Case.objects.get()
    assert response.url == case.staff_url
    assert (case.channel, case.parties.get().account, PartyContact.objects.get(party__case=case).email) == (
        Channel.PAPER,
        None,
        "",
    )
    assert client.get(case.staff_url).status_code == 200


def test_clerk_captures_only_for_own_departments(client: Any, karla: Any) -> None:
    data = {"service": "hundesteuer-anmelden", "channel": Channel.PHONE}
    assert client.as_(karla).post("/verwaltung/erfassen/", data).status_code == 422
    assert not Draft.objects.exists()


def test_form_of_an_open_draft_moves_to_the_newest_version(client: Any, aylin: Any) -> None:
    draft = factories.parking_draft(aylin)
    old = draft.form_version
    definition = {**old.definition, "title": {"de": "Neu", "en": "New"}}
    new = type(old).objects.create(
        slug=old.slug, version=old.version + 1, definition=definition, published_at=timezone.now()
    )
    client.as_(aylin).get(step(draft, "person"))
    draft.refresh_from_db()
    assert draft.form_version == new
    assert draft.answers["plate"] == "WOB AO 123"


def test_one_network_begins_only_so_many_drafts_an_hour(client: Any, db: None) -> None:
    limit = steps.DRAFTS_PER_HOUR
    answers = [client.post("/antraege/antrag/bewohnerparkausweis/").status_code for _ in range(limit + 2)]
    assert answers == [302] * limit + [429] * 2
    assert Draft.objects.count() == limit
    assert SecureClient(REMOTE_ADDR="203.0.113.9").post("/antraege/antrag/bewohnerparkausweis/").status_code == 302


def test_page_with_as_many_dogs_as_there_may_be_has_fewer_parts_than_are_taken(client: Any, aylin: Any) -> None:
    from wolfsburg_portal import wsgi

    claims = {"claim": "exempt", "claim_reason": "Blindenhund"}
    dogs = [factories.dog(f"Hund {n}", **claims) for n in range(20)]
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers(*dogs))
    page = client.as_(aylin).get(step(draft, "dogs")).content.decode()
    names = re.findall(r'<(?:input|textarea|select|button)[^>]* name="([^"]+)"', page)
    assert names.count("_shown") > 200
    # Of radio buttons one is sent, of buttons one.
    assert len(set(names)) + names.count("_shown") < wsgi.MOST_PARTS
    files = re.findall(r'<input[^>]*type="file"', page)
    assert len(files) == 20
    assert len(files) <= settings.DATA_UPLOAD_MAX_NUMBER_FILES


def test_dog_that_was_taken_out_does_not_come_back_as_another(client: Any, aylin: Any) -> None:
    dogs = [factories.dog("Bruno", claim="exempt", claim_reason="Braucht ihn zum Gehen"), factories.dog("Käthe")]
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers(*dogs))
    client.as_(aylin)
    fields = ("name", "breed", "sex", "birth_date", "origin", "since", "until", "chip", "claim")
    sent = {f"dogs-{n}-{field}": str(dog[field] or "") for n, dog in enumerate(dogs) for field in fields}
    sent |= {"dogs-0-claim_reason": "Braucht ihn zum Gehen", "dogs-count": "2"}
    client.post(step(draft, "dogs"), sent | {"_remove": "dogs-0"})
    left = {name.replace("dogs-1", "dogs-0"): value for name, value in sent.items() if name.startswith("dogs-1")}
    client.post(step(draft, "dogs"), left | {"dogs-count": "1", "_add": "dogs", "dogs-0-claim": "exempt"})
    page = client.get(step(draft, "dogs")).content.decode()
    assert 'value="Käthe"' in page
    assert page.count('value="Käthe"') == 1
    assert "Braucht ihn zum Gehen" not in page


def test_lines_of_the_summary_that_say_the_same_say_where_they_belong(client: Any, aylin: Any) -> None:
    made = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers(factories.dog("A"), factories.dog("B")))
    path = f"/antraege/entwurf/{made.pk}/schritt/dogs/"
    page = client.as_(aylin).get(path)
    fields = {name: value for form in page.context["forms"] for name, value in initial(form)}
    fields |= {"dogs-count": "2", "dogs-0-birth_date": "gestern", "dogs-1-birth_date": "gestern"}
    wrong = client.post(path, fields).content.decode()
    summary = wrong[wrong.index('id="fehler"') : wrong.index("wp-item")]
    assert "Hund 1, Geburtsdatum" in summary
    assert "Hund 2, Geburtsdatum" in summary


def initial(form: Any) -> Any:
    """What stands in the fields of a form, as a browser sends it."""
    for bound in form:
        value = bound.value()
        yield bound.html_name, "" if value is None else bound.field.prepare_value(value)
