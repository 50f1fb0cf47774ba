"""Addresses of e-mail: one spelling for each mailbox, and the domain that its owner has registered."""

from contextlib import suppress

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from apps.core.fields import MailAddressField
from apps.core.mail_addresses import NoDomain, canonical, comparable, for_sending, mailbox


@pytest.mark.parametrize(
    "typed",
    [
        "jane@weiße-straße.de", " jane@weiße-straße.de ", "jane@WEIßE-Straße.de", "jane@weiße-straße.de\u200b",
        "\ufeffjane@wei\u00adße-straße.de", "jane@xn--weie-strae-73ag.de", "jane＠weiße-straße．de",
        "jane@weiße-straße。de", "ja\u200dne@weiße-straße.de", "jane@weiße-stra\u2060ße.de",
    ],
)  # fmt: skip
def test_address_has_one_spelling(typed: str) -> None:
    assert canonical(typed) == "jane@weiße-straße.de"


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ("jane@weiße-straße.de", "jane@xn--weie-strae-73ag.de"),
        ("jane@weisse-strasse.de", "jane@weisse-strasse.de"),
        ("jane@r3---sn-5hne6n7e.example.com", "jane@r3---sn-5hne6n7e.example.com"),
        ("jane@a_b.example.com", "jane@a_b.example.com"),
        ("no address", "no address"),
    ],
)
def test_mail_goes_to_the_domain_that_was_typed(stored: str, sent: str) -> None:
    assert canonical(stored) == stored
    assert for_sending(stored) == sent


@pytest.mark.parametrize("typed", ["jane@☕.de", "jane@xn--0.de", "jane@ß..de", f"jane@{'ü' * 70}.de"])
def test_what_no_registry_has_is_no_domain(typed: str) -> None:
    with pytest.raises(NoDomain):
        canonical(typed)
    with pytest.raises(forms.ValidationError) as refused:
        MailAddressField().clean(typed)
    assert refused.value.messages == ["Was hinter dem @ steht, kann es so nicht geben. Beispiel: name@beispiel.de"]
    assert comparable(typed) == typed.lower()


@pytest.mark.parametrize(
    "typed", ["jane", "jane@", "@example.org", "ja ne@example.org", "jane@exa mple.org", "j\u00fcn@x.de"]
)
def test_what_is_no_address_is_told(typed: str) -> None:
    with pytest.raises(forms.ValidationError) as refused:
        MailAddressField().clean(typed)
    assert len(refused.value.messages) == 1


@pytest.mark.parametrize(
    "other",
    ["ANNA@Example.org", "anna+1@example.org", "an.na@example.org", "anna@ｅxample.org", "anna@exam\u00adple.org"],
)
def test_mailbox_counts_as_one(other: str) -> None:
    assert mailbox(other) == mailbox("anna@example.org")
    assert mailbox(other) != mailbox("bernd@example.org")


@given(st.text(max_size=400) | st.emails() | st.from_regex(r"\w{1,5}@\w{1,9}\.\w{2,5}", fullmatch=True))
def test_understanding_twice_is_understanding_once(typed: str) -> None:
    try:
        once = canonical(typed)
    except NoDomain:
        return
    assert canonical(once) == once
    with suppress(forms.ValidationError):
        assert canonical(for_sending(MailAddressField().clean(typed))) == once
