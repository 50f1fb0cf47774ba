"""Passwords that are guessed soon are refused; those that are not are taken."""

import time
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.accounts.passwords import guesses_log10
from tests.accounts.test_account import NEW

AYLIN = User(email="aylin.oezdemir@example.org", given_name="Aylin", family_name="Özdemir")
GUESSED = [
    "123456789012", "wolfsburg2026", "Wolfsburg2026!", "wolfsburgwolfsburg", "passwortpasswort", "PasswortPasswort1",
    "qwertzuiopü12", "asdfghjklöä1", "yxcvbnmasdfghjk", "schmetterling1", "SommerSommer2026", "hausbaumgarten",
    "fussballfussball", "muellermueller", "volkswagengolf", "Bürgerportal2026", "vflwolfsburg1945", "hallohallo123",
    "1q2w3e4r5t6z", "abcdefghijkl", "aaaaaaaaaaaa", "wolfsburg-demo", "aylin1988oezdemir", "AylinÖzdemir1988",
    "oezdemir2026", "özdemirözdemir", "Aylin14031988", "Winter2025/26",
]  # fmt: skip
GOOD = [
    "ein langes Passwort 42",
    "lampe krokodil montag salat",
    "k7Hq2mZx9Lpw",
    "Zug-Kaffee-Regen-Tulpe",
    "ж" * 3 + "лошадь-стена-облако",
]


@pytest.mark.parametrize("password", GUESSED)
def test_guessed_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_password(password, user=AYLIN)
    assert "password_guessable" in {e.code for e in caught.value.error_list}


@pytest.mark.parametrize("password", GOOD)
def test_good_password_is_taken(password: str) -> None:
    validate_password(password, user=AYLIN)


@pytest.mark.parametrize("password", ["a" * 5000, "Tz9!vQ" * 800, "äöü" * 1000])
def test_very_long_password_is_answered_soon(password: str) -> None:
    began = time.process_time()
    with pytest.raises(ValidationError):
        validate_password(password, user=AYLIN)
    assert time.process_time() - began < 5


def test_registration_knows_ones_name(client: Any, db: None) -> None:
    weak = {"given_name": "Zbigniew", "family_name": "Szczepański", "password1": "zbigniewszczepanski1",
            "password2": "zbigniewszczepanski1"}  # fmt: skip
    answer = client.post("/konto/signup/", NEW | weak)
    assert "leicht zu erraten" in answer.content.decode()
    assert "code_registration" not in client.session


def test_change_of_the_password_is_checked_too(client: Any, aylin: User) -> None:
    from tests import factories

    answer = client.as_(aylin).post("/konto/password/change/", {
        "oldpassword": factories.PASSWORD, "password1": "wolfsburg2026", "password2": "wolfsburg2026"})  # fmt: skip
    assert "leicht zu erraten" in answer.content.decode()


def test_password_full_of_symbols_is_answered_soon() -> None:
    """The estimator tries every letter that a symbol may stand for, and multiplies."""
    began = time.process_time()
    for password in ("4@8({[<36!1|7$5+%2" * 4, "4@8({[<369!1|70$5+%2xyz", "@$1!|750(8{36%+2["):
        guesses_log10(password, "aylin@example.org")
    assert time.process_time() - began < 3


def test_common_word_in_symbols_is_guessed_all_the_same() -> None:
    for password in ("p@$$w0rtp@$$w0rt", "w0lf$burg2026", "P@ssw0rd1234"):
        with pytest.raises(ValidationError):
            validate_password(password, user=AYLIN)
