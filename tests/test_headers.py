"""What every response carries, whoever asks for whatever: headers, cookies, and markup the policy allows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import Morsel
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import User
from apps.applications import browser as draft_browser
from apps.contact import views as contact_views
from apps.contact.transitions import reply_token
from apps.core.downloads import FILE_CSP
from tests import factories, walk

pytestmark = pytest.mark.xdist_group("headers")
HTML = "text/html"
# Fetched by the page itself; links that people follow may lead anywhere.
LOADING = {
    "script": ("src",), "link": ("href",), "img": ("src", "srcset"), "iframe": ("src",), "object": ("data",),
    "embed": ("src",), "source": ("src", "srcset"), "video": ("src", "poster"), "audio": ("src",),
    "track": ("src",), "image": ("href", "xlink:href"), "use": ("href", "xlink:href"), "input": ("src",),
}  # fmt: skip
# Personal pages that nobody has to sign in for: drafts and messages.
WITHOUT_ACCOUNT = {
    "applications:begin", "applications:resume", "applications:review", "applications:discard",
    "applications:draft_file", "applications:step", "contact:reply", "contact:sent", "contact:write",
    "contact:report_barrier",
}  # fmt: skip
KIOSK = {"appointments:display", "appointments:terminal_ticket"}
# A <link> that is only said, not fetched.
SAID = {"canonical", "alternate", "next", "prev", "author", "license"}


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    """A page in English leaves the language behind for whatever comes next."""
    with translation.override("de"):
        yield


@dataclass
class Visit:
    """A response and who had asked for what."""

    row: str
    who: str
    response: Any

    @property
    def where(self) -> str:
        return f"{self.row} as {self.who} ({self.response.status_code})"

    @property
    def name(self) -> str:
        """Full name of the URL pattern."""
        return self.row.split(" ")[1]

    @property
    def html(self) -> str:
        """The page, if it is one."""
        if not self.response.get("Content-Type", "").startswith(HTML):
            return ""
        return str(self.response.content.decode())


@pytest.fixture
def browsers(aylin: User, karla: User) -> dict[str, walk.Browser]:
    """Nobody, the citizen, the clerk, and an administrator for whom Django's own pages open."""
    root = User.objects.create_superuser("root@example.org", factories.PASSWORD, family_name="Root")
    people = {"nobody": None, "aylin": aylin, "karla": karla, "root": root}
    return {who: walk.browser(user) for who, user in people.items()}


# Two thousand responses are fetched once and looked at in several tests.
_visits: list[Visit] = []


@pytest.fixture
def visits(browsers: dict[str, walk.Browser], aylin: User, karla: User) -> list[Visit]:
    """Every address, by GET and by POST with nothing in it, by each of them."""
    if not _visits:
        paths = walk.paths(walk.build(aylin, karla))
        # What a POST deletes from the disk does not come back with the rows.
        for method in ("get", "post"):
            for who, browser in browsers.items():
                for row, path in paths.items():
                    with walk.undone():
                        client = browser.twin()
                        client.raise_request_exception = False
                        _visits.append(Visit(f"{method} {row}", who, getattr(client, method)(path)))
    return _visits


def policy(header: str) -> dict[str, list[str]]:
    """A Content-Security-Policy as directive → sources."""
    return {words[0]: words[1:] for part in header.split(";") if (words := part.split())}


def faults(response: Any) -> list[str]:
    """What is missing or wrong in a response's headers and cookies, whoever it is for."""
    wrong = []
    header = response.get("Content-Security-Policy", "")
    found = policy(header)
    if header != FILE_CSP:
        wrong += [f"CSP {name} is {found.get(name)}" for name in ("default-src", "object-src", "base-uri",
                  "frame-ancestors") if found.get(name) != ["'none'"]]  # fmt: skip
    elif found.get("default-src") != ["'none'"] or "sandbox" not in found:
        wrong.append("CSP of a private file")
    wrong += [f"CSP has {word}" for word in ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "*", "http:", "https:")
              if any(word in source for sources in found.values() for source in sources)]  # fmt: skip
    exact = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    wrong += [f"{name}: {response.get(name)}" for name, value in exact.items() if response.get(name) != value]
    if "geolocation=()" not in response.get("Permissions-Policy", ""):
        wrong.append("Permissions-Policy")
    return wrong + [fault for morsel in response.cookies.values() for fault in cookie_faults(morsel)]


def https_faults(response: Any) -> list[str]:
    """What is missing over https only."""
    if re.fullmatch(r"max-age=\d{8,}; includeSubDomains; preload", response.get("Strict-Transport-Security", "")):
        return []
    return ["Strict-Transport-Security"]


def cookie_faults(morsel: "Morsel[str]") -> list[str]:
    """What is wrong with a cookie that a response sets."""
    wrong = []
    if not morsel["secure"]:
        wrong.append("not Secure")
    if morsel["samesite"] not in ("Lax", "Strict"):
        wrong.append("no SameSite")
    deleted = morsel["max-age"] == 0
    if morsel.key == "django_language":
        return [f"cookie {morsel.key}: {fault}" for fault in wrong]
    if not morsel.key.startswith("__Host-"):
        wrong.append("not __Host-")
    if morsel["path"] != "/" or morsel["domain"]:
        wrong.append("not for the whole host and it alone")
    if not morsel["httponly"] and not deleted:
        wrong.append("not HttpOnly")
    return [f"cookie {morsel.key}: {fault}" for fault in wrong]


class Page(HTMLParser):
    """Collects what a Content-Security-Policy would stop, or should."""

    def __init__(self, text: str, nonce: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.nonce = nonce
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        names = ", ".join(f'{name}="{value[:40]}"' for name, value in given.items())
        if "style" in given:
            self.faults.append(f"<{tag} {names}> has style=")
        if any(name.startswith(("on", "hx-on")) or value.startswith("js:") for name, value in given.items()):
            self.faults.append(f"<{tag} {names}> has a handler")
        inline = tag == "style" or (tag == "script" and "src" not in given)
        data = tag == "script" and given.get("type") == "application/json"
        if inline and not data and not (self.nonce and given.get("nonce") == self.nonce):
            self.faults.append(f"inline <{tag} {names}>")
        if tag == "base":
            self.faults.append("<base>")
        if tag == "link" and set(given.get("rel", "").split()) <= SAID:
            return
        for name in LOADING.get(tag, ()):
            target = given.get(name, "")
            if urlsplit(target).netloc or (tag != "img" and target.startswith("data:")):
                self.faults.append(f"<{tag}> loads {target[:80]}")
        for name in ("href", "action", "formaction"):
            if given.get(name, "").strip().lower().startswith(("javascript:", "vbscript:", "data:")):
                self.faults.append(f"<{tag}> leads to {given[name][:40]}")


def told(wrong: list[str]) -> None:
    """Fail with one line a fault, each fault of a page once."""
    assert not wrong, f"{len(wrong)} faults\n" + "\n".join(sorted(set(wrong)))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<p style="color: red">', "has style="),
        ('<button onclick="go()">', "has a handler"),
        ('<div hx-on:click="go()">', "has a handler"),
        ("<script>go()</script>", "inline <script"),
        ('<script nonce="other">go()</script>', "inline <script"),
        ("<style>p {}</style>", "inline <style"),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "loads //fonts.example"),
        ('<img src="http://bilder.example/x.png">', "loads http://bilder.example"),
        ('<a href="javascript:go()">', "leads to javascript:"),
        ('<base href="/">', "<base>"),
    ],
)
def test_the_reader_of_markup_sees_faults(text: str, fault: str) -> None:
    assert fault in " ".join(Page(text, "abc").faults)


def test_the_reader_of_markup_lets_the_rest_be() -> None:
    text = """<script nonce="abc">1</script><script type="application/json">{}</script><script src="/static/x.js">
    </script><link rel="canonical" href="https://testserver/"><a href="https://wolfsburg.example/">x</a>
    <img src="data:image/png;base64,AA=="><form action="/suche/">"""
    assert Page(text, "abc").faults == []


# -- over the whole walk --------------------------------------------------------------------------------


def test_the_walk_has_every_sort_of_response(visits: list[Visit]) -> None:
    assert {200, 302, 404, 405, 422} <= {v.response.status_code for v in visits}
    assert max(v.response.status_code for v in visits) < 500


def test_headers_and_cookies(visits: list[Visit]) -> None:
    told([f"{v.where}: {f}" for v in visits for f in [*faults(v.response), *https_faults(v.response)]])


def test_nothing_of_a_signed_in_person_is_stored(visits: list[Visit]) -> None:
    # The API asks nobody who they are and answers everybody alike.
    personal = [v for v in visits if v.who != "nobody" and v.name.split(":")[0] != "api"]
    personal += [v for v in visits if v.who == "nobody" and v.name in WITHOUT_ACCOUNT
                 and v.response.status_code in (200, 302, 422)]  # fmt: skip
    told([f"{v.where}: Cache-Control is {v.response.get('Cache-Control')}"
          for v in personal if "no-store" not in v.response.get("Cache-Control", "")])  # fmt: skip


def test_answers_depend_on_the_cookie(visits: list[Visit]) -> None:
    """A cache in between must not hand one person's page to the next."""
    # Of the kiosk's pages there is one for everybody, and none is stored.
    told([f"{v.where}: Vary is {v.response.get('Vary')}" for v in visits
          if v.html and "Cookie" not in v.response.get("Vary", "") and v.row.split(" ")[-1] not in KIOSK])  # fmt: skip


def test_markup_needs_nothing_the_policy_forbids(visits: list[Visit]) -> None:
    wrong = []
    for visit in visits:
        if visit.html:
            nonces = re.findall(r"'nonce-([^']+)'", visit.response.get("Content-Security-Policy", ""))
            wrong += [f"{visit.where}: {f}" for f in Page(visit.html, nonces[0] if nonces else "").faults]
    told(wrong)


def test_private_files_have_a_policy_of_their_own(visits: list[Visit]) -> None:
    rows = {"get portal:attachment", "get applications:draft_file", "get admin:attachment"}
    files = [v for v in visits if v.row in rows and v.response.status_code == 200]
    assert {v.row for v in files} == rows
    for visit in files:
        assert visit.response["Content-Security-Policy"] == FILE_CSP
        assert visit.response["Content-Type"] == "image/jpeg"
        assert visit.response["Cache-Control"] in ("private, no-store", "private, no-store, max-age=0, no-cache, "
                                                   "must-revalidate")  # fmt: skip
        assert "filename" in visit.response["Content-Disposition"]


# -- what the walk does not come by -------------------------------------------------------------------------


def test_a_page_that_does_not_exist(db: None) -> None:
    response = walk.browser().get("/gibt-es-nicht/")
    assert response.status_code == 404
    told([*faults(response), *https_faults(response)])


def test_a_form_without_its_token(browsers: dict[str, walk.Browser], aylin: User, karla: User) -> None:
    paths = walk.paths(walk.build(aylin, karla))
    wrong = []
    for who, browser in browsers.items():
        browser.handler.enforce_csrf_checks = True
        for row, path in paths.items():
            fields = {"csrfmiddlewaretoken": "x" * 64}
            response = browser.twin().post(path, fields, headers={"Origin": "https://testserver"})
            # The API only reads, and asks nobody who he is.
            # The API knows no cookies, so there is nothing to forge: it reads JSON alone.
            if response.status_code not in ((404, 405, 415) if row.startswith("api:") else (403,)):
                wrong.append(f"{row} as {who}: {response.status_code}")
            wrong += [f"{row} as {who}: {fault}" for fault in [*faults(response), *https_faults(response)]]
            if who != "nobody" and not row.startswith("api:") and "no-store" not in response.get("Cache-Control", ""):
                wrong.append(f"{row} as {who}: Cache-Control is {response.get('Cache-Control')}")
    told(wrong)


def test_a_form_with_its_token_is_taken(db: None, aylin: User) -> None:
    client = walk.browser(aylin, enforce_csrf_checks=True)
    page = client.get(reverse("accounts:profile")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    fields = {"csrfmiddlewaretoken": token.group(1), "family_name": "Özdemir", "language": "de"}
    origin = {"Origin": "https://testserver"}
    assert client.post(reverse("accounts:profile"), fields, headers=origin).status_code == 302
    elsewhere = {"Origin": "https://boese.example"}
    response = client.post(reverse("accounts:profile"), fields, headers=elsewhere)
    assert response.status_code == 403
    told([*faults(response), *https_faults(response)])


def test_the_way_from_http_to_https(db: None) -> None:
    response = Client().get("/leistungen/?q=hund")
    assert response.status_code == 301
    assert response["Location"] == "https://testserver/leistungen/?q=hund"
    told(faults(response))


def test_a_host_that_is_not_ours(db: None) -> None:
    response = walk.browser().get("/", headers={"Host": "boese.example"})
    assert response.status_code == 400
    assert "boese.example" not in response.content.decode()
    told([*faults(response), *https_faults(response)])


def test_a_request_that_cannot_be_read(db: None) -> None:
    client = walk.browser()
    response = client.post(reverse("contact:write"), b"x", content_type="multipart/form-data")
    assert response.status_code == 400
    told([*faults(response), *https_faults(response)])


def test_an_error_of_our_own(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall_over(*_args: Any, **_fields: Any) -> None:
        raise RuntimeError("Aylin Özdemir-Groß")

    monkeypatch.setattr(contact_views, "render", fall_over)
    client = walk.browser()
    client.raise_request_exception = False
    response = client.get(reverse("contact:write"))
    assert response.status_code == 500
    assert "Aylin" not in response.content.decode()
    told([*faults(response), *https_faults(response), *Page(response.content.decode(), "").faults])


def test_too_many_requests(contact_case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_views, "REPLIES_PER_HOUR", 0)
    cache.clear()
    path = reverse("contact:reply", args=[reply_token(contact_case)])
    response = walk.browser().post(path, {"body": "Hallo"})
    assert response.status_code == 429
    assert "no-store" in response["Cache-Control"]
    told([*faults(response), *https_faults(response)])


def test_cookies_of_a_visit_from_draft_to_signing_out(db: None, aylin: User) -> None:
    client = walk.browser()
    client.get("/en/")
    client.post(reverse("applications:begin", args=["hundesteuer-anmelden"]))
    client.post(reverse("account_login"), {"login": aylin.email, "password": factories.PASSWORD})
    assert {"__Host-sessionid", "__Host-csrftoken", draft_browser.COOKIE} <= set(client.cookies)
    assert draft_browser.COOKIE == "__Host-draft"
    told([fault for morsel in client.cookies.values() for fault in cookie_faults(morsel)])
    before = client.cookies["__Host-sessionid"].value
    response = client.post(reverse("account_logout"))
    told(faults(response))
    assert client.cookies["__Host-sessionid"].value != before


def test_health_is_answered_over_http_too(db: None) -> None:
    response = Client().get("/healthz/")
    assert response.status_code == 200
    told(faults(response))
