"""Two hundred requests that no browser sends, and what they leave behind: answers, no errors, no cases.

``--soak`` sends two thousand. A failure names the request, which is the same in every run.
"""

import io
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core import signals
from django.db import close_old_connections, transaction
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import User
from apps.applications.drafts import collected_answers
from apps.applications.models import Draft
from apps.cases.models import Case
from apps.contact.forms import new_stamp
from apps.contact.models import Contact
from apps.contact.transitions import reply_token
from apps.formbuilder.models import FormVersion
from tests import factories, walk
from wolfsburg_portal.wsgi import application

REQUESTS = 200
SEED = 20261122
URLENCODED = "application/x-www-form-urlencoded"

# A lone surrogate has no UTF-8; it travels as the three bytes it would have.
SURROGATE = "\ud800"
NUMBERS = [
    "-1",
    "0",
    "999999",
    "²",
    "٣",
    "1_0",
    "+1",
    " 1",
    "1.0",
    "1e9",
    "NaN",
    "Infinity",
    "-0",
    "9" * 20,
    "9" * 5000,
]
TEXTS = [
    "", " ", "\x00", "a\x00b", SURROGATE, f"a{SURROGATE}b", "\udfff\ud800", "\ufffe\uffff", "\u202eabc", "\u200b",
    "\r\nSet-Cookie: a=b", "\t", "\x7f\x1b[31m", "e" + "\u0301" * 500, "ﷺ" * 500, "😀" * 300, "İıſß", "a" * 100_000,
    "' OR 1=1 --", "%s%n%(name)s{0}{{x}}{% x %}", "<script>alert(1)</script>", "../../../etc/passwd", "null", "[]",
    '{"a": 1}', "true", "undefined", "a & b | !c <-> d:*", "\\", "'", '"', "((", "*:*", "&", "_", "::", "|||",
]  # fmt: skip
DATES = ["00.00.0000", "31.02.2026", "01.01.0001", "31.12.9999", "1.1.1", "0001-01-01", "10000-01-01", "24.12.²026"]
VALUES = [*NUMBERS, *TEXTS, *DATES]
# Nothing that could pass for an answer.
NO_WORDS = ["", " ", "\t\r\n", "\x00", "a\x00b", "\u202e", "\u200b", "\x7f\x1b[31m", "\ufffe\uffff", "x" * 5000]
CHARSETS = ["utf-7", "utf-16", "latin-1", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "hex",
            "rot13", "undefined", "no-such-thing", "\x00", ""]  # fmt: skip
BUTTONS = ["_add", "_remove", "_unlink", "_back", "_refresh", "_upload", "_language", "_review", "_shown"]
SLUGS = ["bewohnerparkausweis", "hundesteuer-anmelden", "haltverbotszone-umzug"]
BOUNDARY = "grenze"


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    """A page in English leaves the language behind for whatever comes next."""
    with translation.override("de"):
        yield


@dataclass
class Sent:
    """A request."""

    who: str
    path: str
    body: bytes | None = None
    content_type: str = URLENCODED
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        method = "GET" if self.body is None else f"POST {self.content_type}"
        return f"{self.who}: {method} {self.path[:200]} {(self.body or b'')[:300]!r} {self.headers}"


@dataclass
class Stage:
    """Who sends requests, and what at."""

    browsers: dict[str, walk.Browser]
    drafts: list[Draft]
    asked: Case
    fresh: Case
    message: Case


@pytest.fixture
def stage(aylin: User, karla: User) -> Stage:
    world = walk.build(aylin, karla)
    drafts = [
        factories.parking_draft(aylin),
        factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers(joint_holding=True, joint_holders=[
            {"given_name": "Jo", "family_name": "Groß"}])),
        factories.draft(aylin, "haltverbotszone-umzug", factories.zone_answers()),
    ]  # fmt: skip
    for draft in drafts:
        # Complete, so that every step can be reached.
        assert collected_answers(draft)
    browsers = {"nobody": walk.browser(), "aylin": walk.browser(aylin), "karla": walk.browser(karla)}
    return Stage(browsers, drafts, world.asked, world.fresh, world.message)


# -- how a request is put together ------------------------------------------------------------------------


def encoded(pairs: list[tuple[str, str]]) -> bytes:
    """Pairs as a form sends them, surrogates and all."""
    return urlencode(pairs, errors="surrogatepass").encode()


def query(path: str, *pairs: tuple[str, str]) -> str:
    """A path with a query string."""
    return f"{path}?{encoded(list(pairs)).decode()}"


def multipart(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    """Parts as (name, file name or None, content)."""
    out = b""
    for name, file, content in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
        head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n"
        head += "Content-Type: image/jpeg\r\n\r\n" if file is not None else "\r\n"
        out += head.encode("utf-8", "surrogatepass") + content + b"\r\n"
    return out + f"--{BOUNDARY}--\r\n".encode()


def names_of(draft: Draft, key: str) -> list[str]:
    """Names of the fields that a step has, those of its groups for the first entries."""
    step = draft.form_version.parsed.step(key)
    assert step
    names: list[str] = []
    for item in step.fields:
        if item.is_group:
            names += [f"{item.key}-count", *(f"{item.key}-{i}-{f.key}" for i in (0, 1, 19) for f in item.fields)]
        else:
            names.append(item.key)
    return names


def steps_of(stage: Stage) -> list[tuple[Draft, str]]:
    """Every step of every form."""
    return [(draft, step.key) for draft in stage.drafts for step in draft.form_version.parsed.steps]


def step_path(draft: Draft, key: str) -> str:
    return reverse("applications:step", args=[draft.pk, key])


def garbled(rng: random.Random, names: list[str]) -> list[tuple[str, str]]:
    """Fields with values that are none, some of them twice, some under names that do not exist."""
    pairs = [(name, rng.choice(VALUES)) for name in names if rng.random() < 0.8]
    pairs += [(rng.choice(names), rng.choice(VALUES)) for _ in range(2)]
    pairs.append((rng.choice([*TEXTS[:14], "dogs-²-name", "dogs-0", "dogs--1-name", "x" * 300]), rng.choice(TEXTS)))
    return pairs


# -- what is sent: one function a sort of request ---------------------------------------------------------


def fields_of_a_step(stage: Stage, rng: random.Random, i: int) -> Sent:
    draft, key = steps_of(stage)[i % len(steps_of(stage))]
    return Sent("aylin", step_path(draft, key), encoded(garbled(rng, names_of(draft, key))))


def counts_of_a_group(stage: Stage, rng: random.Random, i: int) -> Sent:
    draft, step, group = [(stage.drafts[1], "dogs", "dogs"), (stage.drafts[1], "household", "joint_holders")][i % 2]
    pairs = [(f"{group}-count", NUMBERS[i % len(NUMBERS)]), ("joint_holding", "yes")]
    pairs += rng.choice([[], [("_add", group)], [("_remove", f"{group}-0")], [("_refresh", "1")]])
    return Sent("aylin", step_path(draft, step), encoded(pairs))


def buttons_of_a_step(stage: Stage, rng: random.Random, i: int) -> Sent:
    draft, key = rng.choice(steps_of(stage))
    button = BUTTONS[i % len(BUTTONS)]
    number = NUMBERS[i % len(NUMBERS)]
    value = rng.choice([f"dogs-{number}", number, rng.choice(VALUES), str(uuid.uuid4()), "dogs", "dogs-", "-0", key])
    if button == "_remove":
        draft, key = stage.drafts[1], "dogs"
    fields = [(button, value), ("dogs-count", rng.choice(["3", *NUMBERS])), ("dogs-1-name", rng.choice(TEXTS))]
    return Sent("aylin", step_path(draft, key), encoded(fields))


def files_of_a_step(stage: Stage, rng: random.Random, i: int) -> Sent:
    draft, key = steps_of(stage)[i % len(steps_of(stage))]
    places = [*names_of(draft, key), "dogs-²-photo", "dogs-0-photo", "registration-0", "", "x" * 200, "a\x00b"]
    file_names = [
        "a.jpg",
        "",
        "..",
        "../../x.pdf",
        "\x00.pdf",
        "a" * 400 + ".jpg",
        f"{SURROGATE}.png",
        "con",
        'a"b.jpg',
    ]
    contents = [b"", b"\x00", b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", factories.jpeg_bytes()[:90],
                factories.pdf_bytes()[:200], b"x" * 3000, factories.jpeg_bytes()]  # fmt: skip
    parts: list[tuple[str, str | None, bytes]] = [
        (rng.choice(places), rng.choice(file_names), rng.choice(contents)) for _ in range(rng.randint(1, 4))
    ]
    parts.append((rng.choice(places), None, rng.choice(contents)))
    parts.append((rng.choice(["_upload", "_refresh", "x"]), None, b"1"))
    return Sent("aylin", step_path(draft, key), multipart(parts), f"multipart/form-data; boundary={BOUNDARY}")


def bodies_that_are_no_form(stage: Stage, rng: random.Random, i: int) -> Sent:
    whole = multipart(
        [("plate", None, b"WOB X 1"), ("registration", "a.jpg", factories.jpeg_bytes()), ("_upload", None, b"1")]
    )
    bodies: list[tuple[bytes, str]] = [
        (whole, "multipart/form-data"),
        (whole, "multipart/form-data; boundary="),
        (whole, "multipart/form-data; boundary=andere"),
        (whole, "multipart/form-data; boundary=" + "x" * 300),
        (whole[: rng.randrange(len(whole))], f"multipart/form-data; boundary={BOUNDARY}"),
        (whole.replace(b"name=", b"nmae="), f"multipart/form-data; boundary={BOUNDARY}"),
        (whole.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"), f"multipart/form-data; boundary={BOUNDARY}"),
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
        (bytes(rng.randrange(256) for _ in range(400)), URLENCODED),
        (b"%", URLENCODED), (b"a=%ZZ&%=&&=&;=%C3%28", URLENCODED), (b"&".join([b"a=1"] * 1200), URLENCODED),
        (b'{"plate": "WOB X 1"}', "application/json"), (b"plate=1", "text/plain"), (b"x", ""), (b"a=1", "/;=;"),
    ]  # fmt: skip
    body, content_type = bodies[i % len(bodies)]
    who, path = [
        ("aylin", step_path(stage.drafts[0], "vehicle")),
        ("aylin", reverse("portal:answer", args=[stage.asked.reference])),
        ("nobody", reverse("contact:write")),
        ("karla", reverse("admin:case_act", args=[stage.fresh.reference, "note"])),
    ][(i // len(bodies) + i) % 4]
    return Sent(who, path, body, content_type)


def the_review(stage: Stage, rng: random.Random, i: int) -> Sent:
    path = reverse("applications:review", args=[rng.choice(stage.drafts).pk])
    return Sent("aylin", path, encoded([("delivery", rng.choice(VALUES)), ("email", rng.choice(VALUES))]))


def searches(stage: Stage, rng: random.Random, i: int) -> Sent:
    text = rng.choice(
        [VALUES[i % len(VALUES)], "".join(rng.choice("aäß|&!():*<>'\\ _²\u0e01\u0300-") for _ in range(40))]
    )
    path = rng.choice([reverse("catalogue:list"), "/en/leistungen/"])
    headers = rng.choice(
        [{}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Boosted": "x"}]
    )
    sent = Sent("nobody", query(path, ("q", text), ("online", rng.choice(["1", *NUMBERS]))))
    sent.headers = headers
    return sent


def filters_of_the_queue(stage: Stage, rng: random.Random, i: int) -> Sent:
    pairs = [("seite", NUMBERS[i % len(NUMBERS)]), ("liste", rng.choice(["open", "done", *VALUES])),
             ("art", rng.choice(["application", *VALUES])), ("q", rng.choice(["", "", *VALUES]))]  # fmt: skip
    return Sent("karla", query(reverse("admin:queue"), *pairs))


def messages_to_the_city(stage: Stage, rng: random.Random, i: int) -> Sent:
    path = reverse(["contact:write", "contact:report_barrier"][i % 2])
    if i % 5 == 4:
        return Sent("nobody", query(path, ("seite", rng.choice(VALUES))))
    stamp = new_stamp()
    stamps = ["", stamp[:-1], stamp + "A", stamp.replace(":", ""), ":::", "a:b:c", stamp.split(":")[0], *VALUES]
    pairs = [("given_name", rng.choice(VALUES)), ("family_name", rng.choice(VALUES)), ("concern", rng.choice(VALUES)),
             ("email", rng.choice(["a@b.de", *VALUES])), ("page", rng.choice(VALUES)), ("leerfeld", rng.choice(["", *TEXTS])),
             ("stamp", rng.choice(stamps))]  # fmt: skip
    return Sent("nobody", path, encoded(pairs))


def links_to_reply(stage: Stage, rng: random.Random, i: int) -> Sent:
    token = reply_token(stage.message)
    at = rng.randrange(len(token))
    tokens = [token[:at] + rng.choice("Aa0:-_%") + token[at + 1 :], token[:at], *[w for w in VALUES if w.strip(" ./")]]
    path = "/kontakt/antwort/" + quote(tokens[i % len(tokens)][:2000], safe="", errors="surrogatepass") + "/"
    return Sent("nobody", path, encoded([("body", rng.choice(VALUES))]) if i % 2 else None)


def answers_to_a_question(stage: Stage, rng: random.Random, i: int) -> Sent:
    path = reverse("portal:answer", args=[stage.asked.reference])
    if i % 2:
        return Sent("aylin", path, encoded([("body", rng.choice(NO_WORDS)), ("file", rng.choice(VALUES))]))
    parts: list[tuple[str, str | None, bytes]] = [
        (rng.choice(["file", "files", "body", "file-0"]), rng.choice(["a.jpg", "", "\x00", "x.exe"]), rng.choice([b"", b"MZ", b"%PDF"])),
        ("body", None, b"\x00"),
    ]  # fmt: skip
    return Sent("aylin", path, multipart(parts), f"multipart/form-data; boundary={BOUNDARY}")


def addresses(stage: Stage, rng: random.Random, i: int) -> Sent:
    """What stands where a reference, a number or a slug belongs."""
    places = [
        ("aylin", "/mein-bereich/vorgaenge/{}/"), ("aylin", "/antraege/eingang/{}/"),
        ("aylin", "/mein-bereich/vorgaenge/{}/tun/withdraw/"), ("karla", "/verwaltung/vorgaenge/{}/"),
        ("karla", "/verwaltung/vorgaenge/{}/entscheiden/"), ("karla", "/verwaltung/vorgaenge/{}/antworten/"),
        ("aylin", f"/mein-bereich/vorgaenge/{stage.fresh.reference}/anlage/{{}}/"), ("nobody", "/leistungen/{}/"),
        ("karla", f"/verwaltung/vorgaenge/{stage.fresh.reference}/anlage/{{}}/"), ("nobody", "/antraege/entwurf/{}/"),
        ("aylin", "/bescheide/{}/"), ("karla", "/verwaltung/r/{}/1/"), ("karla", "/verwaltung/catalogue/service/{}/change/"),
        ("aylin", f"{reverse('applications:resume', args=[stage.drafts[0].pk])}schritt/{{}}/"), ("nobody", "/{}/"),
        ("nobody", "/konto/einrichten/{}/"), ("nobody", "/konto/neue-adresse/{}/"), ("nobody", "/kontakt/antwort/{}/"), ("nobody", "/konto/password/reset/key/{}/"), ("nobody", "/api/v1/services/{}/"),
    ]  # fmt: skip
    who, place = places[i % len(places)]
    # A server takes no longer line than this.
    value = quote(rng.choice(["\x00", *VALUES])[:2000], safe="", errors="surrogatepass")
    return Sent(who, place.format(value.replace("{", "").replace("}", "")))


def accounts(stage: Stage, rng: random.Random, i: int) -> Sent:
    places = [
        ("nobody", "account_login", ["login", "password", "next"]),
        ("nobody", "account_signup", ["given_name", "family_name", "email", "password1", "password2"]),
        ("nobody", "account_reset_password", ["email"]),
        ("nobody", "account_request_login_code", ["email"]),
        ("nobody", "mfa_login_webauthn", ["credential"]),
        ("aylin", "accounts:profile", ["family_name", "language", "birth_date", "street", "postcode", "phone"]),
        ("aylin", "account_change_password", ["oldpassword", "password1", "password2"]),
        ("aylin", "account_email", ["email"]),
        ("aylin", "accounts:sessions", ["session"]),
        ("aylin", "accounts:prove", ["code", "next", "send"]),
        ("aylin", "mfa_reauthenticate", ["code"]),
    ]  # fmt: skip
    who, name, fields = places[i % len(places)]
    return Sent(who, reverse(name), encoded([(f, rng.choice(VALUES)) for f in fields if rng.random() < 0.9]))


def acts_of_a_clerk(stage: Stage, rng: random.Random, i: int) -> Sent:
    """The clerk's forms; nothing here is complete enough to decide or to open a case."""
    case = stage.fresh.reference
    places = [
        (reverse("admin:decide", args=[case]), ["outcome", "valid_from", "valid_until", "fee", "conditions", "zone"]),
        (reverse("admin:capture"), ["service", "channel"]),
        (reverse("admin:contact_reply", args=[stage.message.reference]), ["x"]),
        *((reverse("admin:case_act", args=[case, act]), [f"{act}-{f}" for f in ("due_on", "to", "department", "reason")])
          for act in ("ask", "assign", "hand_over", "note", "decide")),
    ]  # fmt: skip
    path, fields = places[i % len(places)]
    return Sent("karla", path, encoded([(f, rng.choice(VALUES)) for f in fields]))


SORTS: list[Callable[[Stage, random.Random, int], Sent]] = [
    fields_of_a_step, counts_of_a_group, buttons_of_a_step, files_of_a_step, bodies_that_are_no_form,
    the_review, searches, filters_of_the_queue, messages_to_the_city, links_to_reply, answers_to_a_question, addresses,
    accounts, acts_of_a_clerk,
]  # fmt: skip


# -- sending ------------------------------------------------------------------------------------------------


def answered(stage: Stage, sent: Sent) -> str:
    """Send a request, and look at the page again if it was a step; returns what went wrong."""
    client = stage.browsers[sent.who].twin()
    try:
        with transaction.atomic():
            if sent.body is None:
                # Client.get() has no Content-Type of its own.
                kind = sent.headers.pop("Content-Type", None)
                extra = {"CONTENT_TYPE": kind} if kind else {}
                response = client.get(sent.path, headers=sent.headers, **extra)
            else:
                response = client.post(sent.path, sent.body, content_type=sent.content_type, headers=sent.headers)
        if response.status_code >= 500:
            return f"{response.status_code} {sent}"
        if "/schritt/" in sent.path:
            # What was typed is kept, so the page has to bear it.
            with transaction.atomic():
                again = client.get(sent.path)
            if again.status_code >= 500:
                return f"{again.status_code} on the page after {sent}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:120]!r} {sent}"
    return ""


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.__name__)
def test_no_request_ends_in_an_error_or_a_case(stage: Stage, sort: Any, pytestconfig: pytest.Config) -> None:
    rng = random.Random(f"{SEED} {sort.__name__}")
    before = set(Case.objects.values_list("pk", "status"))
    filed = {d.pk for d in stage.drafts}
    each = -(-REQUESTS // len(SORTS)) * (10 if pytestconfig.getoption("--soak") else 1)
    wrong = [told for i in range(each) if (told := answered(stage, sort(stage, rng, i)))]
    assert not wrong, f"{len(wrong)} of {each} requests\n" + "\n".join(wrong)
    assert set(Case.objects.values_list("pk", "status")) == before
    assert not Case.objects.filter(submission_key__in=filed).exists()


# -- traps found by reading: each once, by name ---------------------------------------------------------------

TRAPS: dict[str, Callable[[Stage], Sent]] = {
    "a superscript as the index to remove": lambda s: Sent(
        "aylin", step_path(s.drafts[1], "dogs"), encoded([("_remove", "dogs-²"), ("dogs-count", "1")])
    ),
    "a superscript as the count": lambda s: Sent(
        "aylin", step_path(s.drafts[1], "dogs"), encoded([("_add", "dogs"), ("dogs-count", "²")])
    ),
    "an index of twenty digits": lambda s: Sent(
        "aylin", step_path(s.drafts[1], "dogs"), encoded([("_remove", "dogs-99999999999999999999"), ("dogs-count", "3")])
    ),
    "an index of five thousand digits": lambda s: Sent(
        "aylin", step_path(s.drafts[1], "dogs"), encoded([("_remove", "dogs-" + "9" * 5000), ("dogs-count", "3")])
    ),
    "a NUL in the name of a field": lambda s: Sent(
        "aylin", step_path(s.drafts[0], "declaration"), encoded([("re\x00marks", "x"), ("_refresh", "1")])
    ),
    "a NUL in a field that is kept": lambda s: Sent(
        "aylin", step_path(s.drafts[0], "declaration"), encoded([("remarks", "a\x00b"), ("_refresh", "1")])
    ),
    "a query string of 1200 fields": lambda s: Sent("nobody", reverse("catalogue:list") + "?" + "&".join(["q=1"] * 1200)),
    "a NUL in the session cookie": lambda s: Sent(
        "nobody", reverse("catalogue:list"), headers={"Cookie": r'__Host-sessionid="\000' + "a" * 31 + '"'}
    ),
    "a NUL in the draft cookie": lambda s: Sent(
        "nobody", reverse("applications:begin", args=[SLUGS[0]]), headers={"Cookie": r'__Host-draft="\000:a:b"'}
    ),
    "a path longer than a key of the cache": lambda s: Sent("nobody", f"/leistungen/{'a' * 3000}/"),
    "a NUL as the reference of my case": lambda s: Sent("aylin", "/mein-bereich/vorgaenge/%00/"),
    "a NUL as the reference of a receipt": lambda s: Sent("aylin", "/antraege/eingang/a%00b/"),
    "a NUL as the reference of a case": lambda s: Sent("karla", "/verwaltung/vorgaenge/%00/"),
    "a NUL in a profile": lambda s: Sent("aylin", reverse("accounts:profile"), encoded([("family_name", "a\x00b")])),
    "a NUL as the service to capture": lambda s: Sent(
        "karla", reverse("admin:capture"), encoded([("service", "\x00"), ("channel", "paper")])
    ),
    "a decision for the year 9999": lambda s: Sent(
        "karla", reverse("admin:decide", args=[s.fresh.reference]),
        encoded([("outcome", "granted"), ("fee", "1e400"), ("valid_from", "01.01.0001"), ("valid_until", "31.12.9999")]),
    ),
    "a page of the queue far away": lambda s: Sent("karla", query(reverse("admin:queue"), ("seite", "9" * 5000))),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_traps(stage: Stage, trap: str) -> None:
    cases = Case.objects.count()
    assert answered(stage, TRAPS[trap](stage)) == ""
    assert Case.objects.count() == cases


@pytest.mark.parametrize("local", [64, 300], ids=["well-formed", "malformed"])
@pytest.mark.parametrize("name", ["contact:write", "account_signup", "account_email", "applications:review"])
def test_an_address_longer_than_its_column(stage: Stage, name: str, local: int) -> None:
    """E-mail addresses of 255 to 320 characters are well formed, but no column is that wide."""
    address = "x" * local + "@" + ".".join(["a" * 60] * 4) + ".de"
    fields: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "contact:write": ("nobody", [("family_name", "Meier"), ("concern", "Hallo"), ("stamp", new_stamp())]),
        "account_signup": ("nobody", [("family_name", "Meier"), ("password1", factories.PASSWORD), ("password2", factories.PASSWORD)]),
        "account_email": ("aylin", []),
        "applications:review": ("karla", []),
    }  # fmt: skip
    who, pairs = fields[name]
    path = reverse(name, args=[captured_draft().pk] if name == "applications:review" else [])
    assert answered(stage, Sent(who, path, encoded([*pairs, ("email", address)]))) == ""
    assert not Contact.objects.exclude(case=stage.message).exists()
    assert not Case.objects.filter(channel="paper").exists()
    assert not User.objects.filter(email=address).exists()


@pytest.mark.parametrize("charset", CHARSETS)
def test_the_charset_is_not_for_the_sender_to_choose(stage: Stage, charset: str) -> None:
    """Django decodes by whichever codec of Python's a request names, some of which raise or make surrogates.

    It does so before the first middleware, so this goes through the application as the server calls it.
    """
    step = step_path(stage.drafts[0], "declaration")
    for text in ("\\ud800", "\\x00", "+2AA-", "41zz", "ä"):
        parts = multipart([("remarks", None, text.encode()), ("_refresh", None, b"1")])
        for sent in (
            Sent("nobody", query(reverse("catalogue:list"), ("q", text)), None, f"text/plain; charset={charset}"),
            Sent("aylin", step, encoded([("remarks", text), ("_refresh", "1")]), f"{URLENCODED}; charset={charset}"),
            Sent("aylin", step, parts, f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"),
        ):
            assert through_the_server(stage, sent) in (200, 302, 400), f"{charset!r}: {sent}"


def through_the_server(stage: Stage, sent: Sent) -> int:
    """The status with which the WSGI application answers."""
    method = "GET" if sent.body is None else "POST"
    environ = RequestFactory().generic(method, sent.path, sent.body or b"", secure=True).environ
    cookies = {name: cookie.value for name, cookie in stage.browsers[sent.who].cookies.items()}
    # The token comes in a header, once it was not found in the form.
    cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    environ |= {
        "CONTENT_TYPE": sent.content_type,
        # The server has the whole body before it asks the application.
        "wsgi.input": io.BytesIO(sent.body or b""),
        "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "HTTP_ORIGIN": "https://testserver",
        "HTTP_X_CSRFTOKEN": "a" * 32,
    }
    stati: list[str] = []
    # The test's connection to the database must outlive the request, as with Django's own client.
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    try:
        with transaction.atomic():
            application(environ, lambda status, *_: stati.append(status)).close()
    finally:
        signals.request_started.connect(close_old_connections)
        signals.request_finished.connect(close_old_connections)
    return int(stati[0].split(" ")[0])


def captured_draft() -> Draft:
    """An application from paper, ready to be filed by Karla."""
    draft = factories.parking_draft(User.objects.get(email="karla@example.org"))
    Draft.objects.filter(pk=draft.pk).update(channel="paper")
    return draft


@pytest.mark.parametrize("index", ["²", "٣", "99", "9" * 200, "-1"])
def test_a_file_for_an_entry_that_is_not_there(stage: Stage, index: str) -> None:
    """No form of the city has uploads in a group yet; the definition allows them."""
    draft = stage.drafts[1]
    version = draft.form_version
    definition = version.definition
    dogs = next(f for s in definition["steps"] for f in s["fields"] if f["key"] == "dogs")
    label = {"de": "Foto", "en": "Photo"}
    dogs["fields"].append({"key": "photo", "type": "upload", "label": label, "required": False})
    FormVersion.objects.create(slug=version.slug, version=version.version + 1, definition=definition)
    parts: list[tuple[str, str | None, bytes]] = [
        (f"dogs-{index}-photo", "a.jpg", factories.jpeg_bytes()), ("dogs-count", None, b"1"), ("_upload", None, b"1"),
    ]  # fmt: skip
    path, kind = step_path(draft, "dogs"), f"multipart/form-data; boundary={BOUNDARY}"
    assert answered(stage, Sent("aylin", path, multipart(parts), kind)) == ""
    # Whatever was kept, taking an entry out afterwards has to work.
    fields = [("dogs-count", "2"), ("_remove", "dogs-0")]
    assert answered(stage, Sent("aylin", path, encoded(fields))) == ""
    assert not Draft.objects.get(pk=draft.pk).uploads.exists()


def test_a_file_past_the_limit_is_refused_in_words(stage: Stage, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 5000
    content = factories.jpeg_bytes() + b"\0" * 6000
    body = multipart([("body", None, b""), ("file", "a.jpg", content)])
    path = reverse("portal:answer", args=[stage.asked.reference])
    client = stage.browsers["aylin"]
    response = client.post(path, body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
    assert response.status_code == 422
    assert "zu groß" in response.content.decode()
