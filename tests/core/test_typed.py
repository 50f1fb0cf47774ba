"""Whatever people type: fields either understand it or say so, and lose none of it.

20,000 generated texts for each field class here, and 300 over HTTP; ``make soak`` takes ten times as many.
"""

import html.parser
import sys
import unicodedata
from typing import Any

import pytest
from django import forms
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.core.fields import (
    GermanDateField,
    GermanDecimalField,
    GermanIntegerField,
    GermanTimeField,
    MailAddressField,
    PhoneField,
    PlainCharField,
    PublishedTextField,
)
from tests import factories
from tests.applications.test_dog_assessment import typed as typed_finding

FACTOR = 10 if "--soak" in sys.argv else 1
AT_ONCE = 100
TEXTS, REQUESTS = 20_000 * FACTOR, 300 * FACTOR
INVISIBLE = "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u200b\u200d\u200e\u202e\u2060\u2066\u2800\u3164\ufe0f\ufeff\uffa0\u034f"
# What keyboards, word processors and strangers make of names, numbers and days.
USUAL = "aäßéZ ñ.,:-/@+'’0123456789"
TROUBLE = INVISIBLE + "\u00a0\u2009\u202f\u2011\u2013\u2212\u0301\u0344ﬁ가\u1100\u1161٣१１½²\n\r\t\x85\u2028＠👩👧🇩"
WORDS = ["31.12.1985", "3. März", "8 Uhr", "17.30", "1.234,50", "-5", "+49 5361", "a@b.de", "weiße-straße.de", "xn--", "1e5",
         "=1+1", "Zoë", "&amp;", "<b>", "\"", "'", "\\", "{{x}}", "%s", "NaN", "99999999999999999999"]  # fmt: skip
TEXT = st.one_of(
    st.text(st.sampled_from(USUAL), max_size=20),
    st.text(st.sampled_from(USUAL + TROUBLE), max_size=25),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=15),
    st.lists(st.sampled_from([*WORDS, *TROUBLE]), max_size=4).map("".join),
)
LONG_RUN = hypothesis_settings(
    max_examples=TEXTS // AT_ONCE, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip
FIELDS: dict[str, forms.Field] = {
    "one line": PlainCharField(required=False),
    "many lines": PlainCharField(required=False, widget=forms.Textarea),
    "published": PublishedTextField(required=False),
    "published lines": PublishedTextField(required=False, widget=forms.Textarea),
    "telephone": PhoneField(required=False),
    "e-mail": MailAddressField(required=False),
    "date": GermanDateField(required=False),
    "time": GermanTimeField(required=False),
    "whole number": GermanIntegerField(required=False),
    "amount": GermanDecimalField(required=False, max_digits=8, decimal_places=2),
}


def visible(text: str) -> str:
    """What is to be seen of a text, dashes and digits as on the keyboard, whatever form it has."""
    plain = "".join("-" if unicodedata.category(c) == "Pd" or c in "\u2212\u2043" else c for c in text)
    apart = unicodedata.normalize("NFKD", "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain))
    return "".join(
        c for c in apart
        if unicodedata.category(c) not in ("Cf", "Cc", "Zs", "Zl", "Zp", "Mn") and c not in "\u3164\uffa0\u115f\u1160\u2800"
        # Kept free by Unicode for what is not to be seen.
        and not 0xE0000 <= ord(c) <= 0xE0FFF and c != "\u2065" and not 0xFFF0 <= ord(c) <= 0xFFF8
    )  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
def test_what_a_field_understands_it_understands_again_and_nothing_seen_is_lost(kind: str) -> None:
    field = FIELDS[kind]

    @LONG_RUN
    @given(st.lists(TEXT, min_size=AT_ONCE, max_size=AT_ONCE))
    def check(texts: list[str]) -> None:
        for text in texts:
            try:
                understood = field.clean(text)
            except forms.ValidationError:
                continue
            shown = field.prepare_value(understood)
            shown = shown.strftime("%H:%M") if kind == "time" and understood else shown
            assert field.clean("" if shown is None else str(shown)) == understood, repr(text)
            if kind == "e-mail":
                local, at, _domain = text.rpartition("@" if "@" in text else "＠")
                assert not at or visible(local) == visible(understood.rpartition("@")[0]), repr(text)
            elif isinstance(understood, str):
                assert visible(understood) == visible(text), repr(text)

    check()


# -- over HTTP ---------------------------------------------------------------------------------------------


class Shown(html.parser.HTMLParser):
    """What stands in the fields of a page, as a browser has it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and given.get("type") not in ("radio", "checkbox", "hidden"):
            self.values[name] = given.get("value") or ""
        if tag == "textarea":
            self._area, self.values[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The first end of a line is the element's own.
            self.values[self._area] = self.values[self._area].removeprefix("\r\n").removeprefix("\n")
            self._area = ""


def as_shown(text: str) -> str:
    """A text as an attribute or text area can have it: ends of lines are all the same there."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def draws() -> list[str]:
    """As many texts as there are to be requests; the same in every run."""
    found: list[str] = []

    @hypothesis_settings(LONG_RUN, max_examples=REQUESTS // 50)
    @given(st.lists(TEXT.filter(lambda t: "\x00" not in t), min_size=50, max_size=50))
    def collect(texts: list[str]) -> None:
        found.extend(texts)

    collect()
    return found[-REQUESTS:]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = draws()
    assert len(found) == REQUESTS
    return found


def pages(aylin: User) -> dict[str, tuple[str, str, list[str], dict[str, str]]]:
    """Field classes to a page that has one: who, where, the fields, and something that is wrong on it, whatever they hold."""
    dogs = factories.dog_case(aylin)
    draft = factories.draft(aylin, "hundesteuer-anmelden", factories.dog_answers())
    wish = ["name", "email", "phone", "first_day", "last_day", "earliest", "latest"]
    held = [f"dogs-0-{name}" for name in ("name", "birth_date", "since", "breed")]
    return {
        "profile": ("aylin", reverse("accounts:profile"), ["given_name", "family_name", "street", "phone", "birth_date"],
                    {"language": "xx"}),
        "contact": ("", reverse("contact:write"), ["given_name", "family_name", "email", "concern"], {"stamp": "x"}),
        "decision": ("piotr", f"{dogs.staff_url}entscheiden/",
                     ["reasons", "household-already_held", "household-amount", "household-reason", "dog-0-since",
                      "dog-0-reason", "due_on"], typed_finding({}, {}, {}) | {"outcome": "xx"}),
        "step": ("aylin", reverse("applications:step", args=[draft.pk, "dogs"]), held, {"dogs-count": "1"}),
        "waiting list": ("", reverse("appointments:wait"), wish, {"weekdays": "9"}),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["profile", "contact", "decision", "step", "waiting list"])
def test_whatever_is_typed_into_a_page_is_answered_and_shown_as_it_was_typed(
    client: Any, aylin: User, piotr: User, texts: list[str], settings: Any, form: str
) -> None:
    settings.ACCOUNT_FORMS_PER_MINUTE = 10**6
    who, path, names, wrong = pages(aylin)[form]
    if who:
        client.as_({"aylin": aylin, "piotr": piotr}[who])
    looked_at = 0
    for number in range(REQUESTS):
        sent = wrong | {name: texts[(number + place * 37) % REQUESTS] for place, name in enumerate(names)}
        answer = client.post(path, sent)
        assert answer.status_code in (200, 302, 422), sent
        if answer.status_code == 302:
            continue
        shown = Shown(answer.content.decode()).values
        for name in names:
            if name in shown:
                assert as_shown(shown[name]) == as_shown(sent[name]), (name, sent)
                looked_at += 1
    assert looked_at > REQUESTS / 2
