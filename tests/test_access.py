"""Who may do what, over every address of the portal; what is expected stands in access_table.py."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import User
from apps.applications import browser as draft_browser
from apps.applications import drafts
from apps.applications.models import Draft
from apps.cases.models import Case, Party
from apps.contact.transitions import reply_token
from apps.core.business_calendar import today
from tests import factories, walk
from tests.access_table import ROLES, read

EXPECTED = read()
STATUS = {"ok": 200, "404": 404, "405": 405}


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    """A page in English leaves the language behind for whatever comes next."""
    with translation.override("de"):
        yield


@pytest.fixture
def people(aylin: User, juergen: User, karla: User, piotr: User, henrike: User, samir: User) -> dict[str, User | None]:
    """The cast by the names of the table's columns."""
    return dict(zip(ROLES, (None, aylin, juergen, karla, piotr, henrike, samir), strict=True))


@pytest.fixture
def stage(people: Any) -> tuple[dict[str, walk.Browser], walk.World]:
    """Everybody has signed in, then the world was made: signing in makes older reset links invalid."""
    browsers = {role: walk.browser(user) for role, user in people.items()}
    return browsers, walk.build(people["aylin"], people["karla"])


def outcome(response: Any) -> str:
    """What a response is called in the table."""
    if response.status_code in (301, 302):
        path = response["Location"].removeprefix("https://testserver").removeprefix("/en")
        if path.startswith("/konto/login/"):
            return "login"
        return "reauth" if path.split("?")[0].endswith("/reauthenticate/") else "redirect"
    words = [word for word, status in STATUS.items() if status == response.status_code]
    return words[0] if words else str(response.status_code)


def test_the_table_has_a_row_for_every_address_and_no_other(stage: Any) -> None:
    _browsers, world = stage
    names = set(walk.patterns())
    assert {row for row in EXPECTED if row.split(" ")[0] not in names} == set(), "rows without an address"
    assert names - {row.split(" ")[0] for row in EXPECTED} == set(), "addresses without a row"
    assert set(walk.paths(world)) ^ set(EXPECTED) == set(), "rows for which walk.py has no object, or too many"


def test_a_name_stands_for_one_address() -> None:
    routes: dict[str, set[str]] = {}
    for name, route in walk.routes():
        routes.setdefault(name, set()).add(route)
    assert {name: found for name, found in routes.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("role", "language"),
    [*((role, "de") for role in ROLES), ("nobody", "en"), ("juergen", "en"), ("piotr", "en")],
)
def test_get(stage: Any, role: str, language: str) -> None:
    browsers, world = stage
    with translation.override(language):
        paths = walk.paths(world)
    wrong = []
    for row in paths.keys() & EXPECTED.keys():
        path, expected = paths[row], EXPECTED[row][role]
        with walk.undone() as written:
            client = browsers[role].twin()
            client.raise_request_exception = False
            found = outcome(client.get(path))
        if found != expected:
            wrong.append(f"{row}: {found} instead of {expected} at {path}")
        elif expected not in ("ok", "redirect") and written:
            wrong.append(f"{row}: refused, but wrote {written}")
    assert not wrong, "\n".join(sorted(wrong))


# -- what changes something ------------------------------------------------------------------------


def posts(world: walk.World) -> dict[str, tuple[str, dict[str, Any]]]:
    """Row → who may do it, and with which fields it is done."""
    act = "admin:case_act"
    due = (today() + dt.timedelta(days=5)).strftime("%d.%m.%Y")
    return {
        "portal:answer": ("aylin", {"body": "Hier ist es."}),
        "portal:delivery": ("aylin", {"way": "post"}),
        "admin:party": ("karla", {"act": "protect"}),
        "applications:step": ("aylin", {**factories.PERSON, "family_name": "Geändert"}),
        "applications:step vehicle": ("aylin", {"plate": "WOB XX 1", "owner": "mine"}),
        "applications:review": ("aylin", {"delivery": "post"}),
        "applications:discard": ("aylin", {}),
        "portal:act": ("aylin", {}),
        "portal:proposal": ("aylin", {"act": "take_back"}),
        "admin:proposal": ("karla", {"act": "take_back"}),
        "notices:retry": ("karla", {}),
        "notices:came_back": ("karla", {}),
        "notices:returned": ("karla", {"returned_on": f"{today():%d.%m.%Y}"}),
        "notices:send_again": ("karla", {}),
        "notices:correct": ("karla", {"what": "not_yet", "reason": "Lag noch da."}),
        "notices:correct ankunft": ("karla", {"how": "never", "reason": "Kam nicht an."}),
        "notices:correct rueckkehr": ("karla", {"reason": "Falsche Akte."}),
        "notices:ask_for_copy": ("aylin", {"form": "braille"}),
        "notices:give_copy": ("karla", {}),
        "mfa_edit_webauthn": ("aylin", {"name": "Anderer Name"}),
        "mfa_remove_webauthn": ("aylin", {}),
        "appointments:details": ("aylin", {"name": "Aylin", "email": "aylin@example.org", "phone": ""}),
        f"{act} take": ("karla", {}),
        f"{act} ask": ("karla", {"ask-body": "Bitte ein Foto.", "ask-due_on": due}),
        f"{act} note": ("karla", {"note-body": "Angerufen."}),
        f"{act} assign": ("karla", {"assign-to": world.karla.pk}),
        f"{act} recuse": ("karla", {"recuse-sure": "on"}),
        f"{act} hand_over": ("karla", {"hand_over-department": walk.department("steuern").pk}),
        "admin:decide": ("karla", {"outcome": "rejected", "reasons": "Darum.", "fee": "0"}),
        "admin:decision_preview": ("karla", {}),
        "admin:decide taxes": ("piotr", {"outcome": "rejected", "reasons": "Darum."}),
        "admin:contact_reply": ("karla", {"body": "Danke."}),
        "admin:contact_close": ("karla", {}),
        "admin:capture": ("karla", {"service": "bewohnerparkausweis", "channel": "paper"}),
        "admin:core_banner_delete": ("root", {"post": "yes"}),
        "admin:auth_group_delete": ("root", {"post": "yes"}),
        "admin:core_banner_changelist": (
            "root",
            {"action": "delete_selected", "_selected_action": world.samples[walk.Banner].pk, "post": "yes"},
        ),
        "admin:core_banner_add": ("root", BANNER),
        "admin:core_banner_change": ("root", BANNER),
        "admin:accounts_user_change": ("root", USER),
    }


BANNER = {"level": "info", "text_de": "Neu", "text_en": "New", "since": "01.01.2026 08:00"}
USER = {
    "email": "aylin@example.org", "given_name": "Anders", "family_name": "Anders", "language": "de",
    "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0, "memberships-MIN_NUM_FORMS": 0, "memberships-MAX_NUM_FORMS": 0,
}  # fmt: skip

# Here people act on what is theirs, or the link in the address is the permission.
OWN = {
    "account_change_password", "account_email_verification_sent", "accounts:address_code", "accounts:new_address", "accounts:prove", "accounts:sessions", "accounts:setup", "api:confirm", "api:holds", "account_confirm_login_code", "account_email",
    "account_login", "account_logout", "account_reauthenticate", "account_request_login_code",
    "account_reset_password", "account_reset_password_from_key", "account_set_password", "account_signup",
    "accounts:delete", "accounts:profile", "applications:begin", "appointments:cancel", "appointments:confirm",
    "appointments:arrive", "appointments:code_before", "appointments:decline", "appointments:take",
    "appointments:terminal", "appointments:ticket_back", "appointments:wait", "appointments:walk_in",
    "appointments:wish", "appointments:with_code", "contact:reply", "contact:report_barrier",
    "contact:write", "portal:invitation", "mfa_activate_totp", "mfa_add_webauthn", "mfa_authenticate", "mfa_deactivate_totp",
    "mfa_generate_recovery_codes", "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
}  # fmt: skip
# Pages that answer to POST as to GET.
INERT = {
    "account_email_verification_sent", "account_inactive", "account_reset_password_done",
    "account_reset_password_from_key tampered", "account_reset_password_from_key_done", "admin:jsi18n",
    "admin:login", "admin:logout", "admin:masterdata", "admin:queue", "admin:password_change", "admin:password_change_done", "mfa_index",
}  # fmt: skip


def shown_again(response: Any) -> bool:
    """Whether nobody's words are shown for copying instead of being taken (apps/accounts/kept.py)."""
    return response.status_code == 403 and "Ihre Eingaben sind noch da" in response.content.decode()


def things_of_others(poster: User | None, world: walk.World) -> dict[str, list[Any]]:
    """Everything that is not the poster's, row by row; whoever has Noah's link may confirm his address."""
    mine = {world.newcomer.user_id, poster.pk if poster else None}
    found: dict[str, list[Any]] = {}
    owners: dict[type[models.Model], str] = {
        User: "pk", walk.EmailAddress: "user", walk.Authenticator: "user", Draft: "owner", Party: "account",
    }  # fmt: skip
    for model, owner in owners.items():
        rows = model._default_manager.order_by("pk").values()
        key = {"pk": "id"}.get(owner, f"{owner}_id")
        found[model.__name__] = [r for r in rows if r[key] is None or r[key] not in mine]
    for related in ("messages", "notes", "timeline", "attachments", "notices"):
        model = Case._meta.get_field(related).related_model
        found[related] = list(model._default_manager.order_by("pk").values())
    return found


@pytest.mark.parametrize("role", ["nobody", "juergen", "piotr", "samir"])
def test_post_by_a_stranger_changes_nothing(stage: Any, people: Any, role: str) -> None:
    browsers, world = stage
    given, wrong = posts(world), []
    before = things_of_others(people[role], world)
    paths = walk.paths(world)
    for row in paths.keys() & EXPECTED.keys():
        path = paths[row]
        name = row.split(" ")[0]
        who, data = given.get(row, ("", {}))
        if who == role:
            continue
        with walk.undone() as written:
            client = browsers[role].twin()
            client.raise_request_exception = False
            response = client.post(path, data)
            found = outcome(response)
            after = things_of_others(people[role], world) if name in OWN and written else before
        if response.status_code >= 500:
            wrong.append(f"{row}: {response.status_code}")
        if any(thing not in after[kind] for kind, things in before.items() for thing in things):
            wrong.append(f"{row}: changed what is somebody else's")
        if name in OWN and row not in given and "tampered" not in row:
            continue
        if written:
            wrong.append(f"{row}: wrote {written}")
        fine = found in ("404", "405") or (role == "nobody" and (found == "login" or shown_again(response)))
        # …/<id>/ leads to …/<id>/change/, whatever the method.
        fine = fine or (found == "redirect" and name.endswith("<path:object_id>/"))
        fine = fine or not {row, name}.isdisjoint(INERT)
        # Who captures or posts letters is shown the form again: what was chosen is none of that department's. A code that
        # fits no letter is asked for again, and so is the file of one.
        asked_again = ("admin:capture", "admin:outbox", "portal:join", "checks:page", "checks:letter")
        fine = fine or (name in asked_again and response.status_code == 422)
        if not fine:
            wrong.append(f"{row}: {found} to a POST")
    assert not wrong, "\n".join(sorted(wrong))


def test_post_by_who_may_changes_something(stage: Any, people: Any) -> None:
    """The walk above means something only if its fields are the right ones."""
    browsers, world = stage
    browsers["root"] = walk.browser(User.objects.create_superuser("root@example.org", factories.PASSWORD))
    paths, wrong = walk.paths(world), []
    for row, (who, data) in posts(world).items():
        with walk.undone() as written:
            response = browsers[who].twin().post(paths[row], data)
        if not written or response.status_code not in (302, 422):
            wrong.append(f"{row}: {response.status_code}, wrote {written}")
    assert not wrong, "\n".join(sorted(wrong))


# -- drafts ------------------------------------------------------------------------------------------

DRAFT_PAGES: dict[str, Callable[[Draft], str]] = {
    "resume": lambda d: reverse("applications:resume", args=[d.pk]),
    "step": lambda d: reverse("applications:step", args=[d.pk, "person"]),
    "review": lambda d: reverse("applications:review", args=[d.pk]),
    "file": lambda d: reverse("applications:draft_file", args=[d.pk, d.uploads.get().file_id]),
}


def begun(client: Client) -> Draft:
    """A draft that somebody begins without signing in, with answers and a file."""
    client.post(reverse("applications:begin", args=["bewohnerparkausweis"]))
    draft = Draft.objects.get(owner=None)
    draft.answers = factories.parking_answers()
    draft.save()
    drafts.add_upload(draft, "registration", factories.photo(), most=1)
    return draft


@pytest.mark.parametrize("place", DRAFT_PAGES)
def test_a_draft_without_owner_belongs_to_its_browser(db: None, juergen: User, karla: User, place: str) -> None:
    client = walk.browser()
    path = DRAFT_PAGES[place](begun(client))
    assert client.get(path).status_code in (200, 302)
    others = {"another browser": walk.browser(), "juergen": walk.browser(juergen), "karla": walk.browser(karla)}
    assert {who: other.get(path).status_code for who, other in others.items()} == dict.fromkeys(others, 404)


def test_a_forged_browser_key_opens_nothing(db: None) -> None:
    client = walk.browser()
    draft = begun(client)
    path, key = DRAFT_PAGES["review"](draft), client.cookies[draft_browser.COOKIE].value
    forged = {
        "changed": key[:-1] + ("A" if key[-1] != "A" else "B"),
        "unsigned": key.split(":")[0],
        "the hash from the database": draft.browser,
        "signed for something else": signing.TimestampSigner(salt="something else").sign(key.split(":")[0]),
        "empty": "",
    }
    for how, value in forged.items():
        client.cookies[draft_browser.COOKIE] = value
        assert client.get(path).status_code == 404, how
    client.cookies[draft_browser.COOKIE] = key
    assert client.get(path).status_code == 200


def test_a_draft_moves_to_who_signs_in_and_to_nobody_else(db: None, aylin: User, juergen: User) -> None:
    client = walk.browser()
    draft = begun(client)
    client.post(reverse("account_login"), {"login": aylin.email, "password": factories.PASSWORD})
    path = DRAFT_PAGES["review"](draft)
    assert client.get(path).status_code == 200
    assert walk.browser(juergen).get(path).status_code == 404
    # The key of the browser alone no longer opens it.
    key = client.cookies[draft_browser.COOKIE].value
    other = walk.browser(juergen)
    other.cookies[draft_browser.COOKIE] = key
    assert other.get(path).status_code == 404


@pytest.mark.parametrize("place", DRAFT_PAGES)
def test_an_owner_whose_session_ended_is_asked_to_sign_in(db: None, aylin: User, place: str) -> None:
    client = walk.browser()
    draft = begun(client)
    client.post(reverse("account_login"), {"login": aylin.email, "password": factories.PASSWORD})
    draft.refresh_from_db()
    assert draft.owner == aylin
    client.post(reverse("account_logout"))
    response = client.get(DRAFT_PAGES[place](draft))
    assert outcome(response) == "login"
    assert b"Goethestra" not in response.content


def test_filing_after_the_session_ended_asks_to_sign_in(db: None, aylin: User) -> None:
    client = walk.browser()
    draft = begun(client)
    client.post(reverse("account_login"), {"login": aylin.email, "password": factories.PASSWORD})
    client.post(reverse("account_logout"))
    assert outcome(client.post(DRAFT_PAGES["review"](draft), {"delivery": "post"})) == "login"
    assert not Case.objects.exists()


def test_a_file_is_reached_only_through_its_own_draft(aylin: User, juergen: User) -> None:
    hers, his = factories.parking_draft(aylin), factories.parking_draft(juergen)
    path = reverse("applications:draft_file", args=[his.pk, hers.uploads.get().file_id])
    assert walk.browser(juergen).get(path).status_code == 404


# -- links that are their own permission ----------------------------------------------------------------


def test_only_the_whole_reply_link_opens_a_message(contact_case: Case) -> None:
    token = reply_token(contact_case)
    client = walk.browser()
    assert client.get(reverse("contact:reply", args=[token])).status_code == 200
    parts = token.split(":")
    forged = [
        token[:-1], token + "A", token.upper(), ":".join(parts[:2]), parts[0],
        ":".join([signing.dumps(contact_case.pk + 1).split(":")[0], *parts[1:]]),
        signing.dumps(contact_case.pk), signing.dumps(contact_case.pk, salt="contact.stamp"),
        str(contact_case.pk), contact_case.reference,
    ]  # fmt: skip
    for value in forged:
        path = reverse("contact:reply", args=[value])
        assert client.get(path).status_code == 404, value
        assert client.post(path, {"body": "Hallo"}).status_code == 404, value
    assert contact_case.messages.count() == 1


def test_a_reply_link_is_for_messages_only(parking_case: Case) -> None:
    path = reverse("contact:reply", args=[reply_token(parking_case)])
    assert walk.browser().get(path).status_code == 404


# -- what staff sees -------------------------------------------------------------------------------------


def test_the_cdo_sees_figures_and_nobody(stage: Any) -> None:
    browsers, _world = stage
    cases = list(Case.objects.all())
    text = browsers["samir"].get(reverse("admin:index")).content.decode()
    assert "Vorgänge der Stadt" in text
    assert "Özdemir" not in text
    assert not [case for case in cases if f"/vorgaenge/{case.reference}/" in text]
    # Pages about people are not there, and nothing leads to them.
    for name in ("admin:queue", "admin:outbox", "admin:capture"):
        assert browsers["samir"].get(reverse(name)).status_code == 404
        assert f'href="{reverse(name)}"' not in text


@pytest.mark.parametrize("role", ["karla", "piotr", "samir"])
def test_the_number_of_a_row_leads_nowhere(stage: Any, role: str) -> None:
    """Django's "view on site" would turn the number of any row into its address."""
    browsers, world = stage
    for thing in (world.dogs, world.done, world.draft):
        kind = ContentType.objects.get_for_model(thing)
        response = browsers[role].get(f"/verwaltung/r/{kind.pk}/{thing.pk}/")
        assert outcome(response) == "404", thing


def test_a_handed_over_case_is_gone_for_the_old_department(parking_case: Case, karla: User, piotr: User) -> None:
    path, clerk = reverse("admin:case_act", args=[parking_case.reference, "hand_over"]), walk.browser(karla)
    clerk.post(path, {"hand_over-department": walk.department("steuern").pk, "hand_over-reason": "Steuersache"})
    assert clerk.get(parking_case.staff_url).status_code == 404
    assert walk.browser(piotr).get(parking_case.staff_url).status_code == 200


def test_former_staff_and_closed_accounts_see_nothing(parking_case: Case, karla: User) -> None:
    client = walk.browser(karla)
    karla.is_staff = False
    karla.save()
    assert client.get(parking_case.staff_url).status_code == 404
    assert client.get(reverse("admin:index")).status_code == 404
    karla.is_active = False
    karla.save()
    assert outcome(client.get(parking_case.staff_url)) == "login"
