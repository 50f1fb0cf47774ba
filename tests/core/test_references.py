"""References and check codes: readable aloud, and a slip of the tongue shows."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from apps.core.references import ALPHABET, CHECK_CODES, REFERENCES, Kind, new_reference, normalise

KINDS = pytest.mark.parametrize("kind", [REFERENCES, CHECK_CODES], ids=["reference", "check code"])
BODIES = st.text(ALPHABET, min_size=CHECK_CODES.body, max_size=CHECK_CODES.body)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def complete(kind: Kind, body: str) -> str:
    """The number that begins with ``body``, as far as it is needed, without hyphens."""
    found = [body[: kind.body] + check for check in ALPHABET if kind.normalise(body[: kind.body] + check)]
    assume(found)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("alike", ["0O", "1IL", "2Z", "5S", "8B", "UV", "6G"])
def test_alphabet_holds_at_most_one_of_characters_that_look_alike(alike: str) -> None:
    assert len(set(alike) & set(ALPHABET)) <= 1


def test_alphabet_has_no_character_twice() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_new_references_are_grouped_valid_and_differ() -> None:
    made = {new_reference() for _ in range(500)}
    assert len(made) == 500
    for reference in made:
        assert [len(group) for group in reference.split("-")] == [3, 3, 3]
        assert set(reference) - {"-"} <= set(ALPHABET)
        assert normalise(reference) == reference


def test_check_codes_are_grouped_and_have_more_than_eighty_random_bits() -> None:
    assert [len(group) for group in CHECK_CODES.new().split("-")] == [4, 4, 4, 4, 4]
    assert len(ALPHABET) ** CHECK_CODES.body > 2**80


@KINDS
@MANY
@given(BODIES)
@example("JTXYETMJ34679ACDEFH")
def test_check_character_finds_every_wrong_character(kind: Kind, body: str) -> None:
    right = complete(kind, body)
    for place, character in enumerate(right):
        for wrong in set(ALPHABET) - {character}:
            assert kind.normalise(right[:place] + wrong + right[place + 1 :]) is None


@KINDS
@MANY
@given(BODIES)
@example("JTXYETMJ34679ACDEFH")
def test_check_character_finds_every_swap_of_neighbours(kind: Kind, body: str) -> None:
    right = complete(kind, body)
    for place in range(kind.body):
        first, second = right[place], right[place + 1]
        swapped = right[:place] + second + first + right[place + 2 :]
        assert kind.normalise(swapped) is None or first == second, f"{right} and {swapped} both pass"


@pytest.mark.parametrize("change", [str.lower, lambda r: r.replace("-", ""), lambda r: r.replace("-", " "),
                                    lambda r: f"  {r}\n", " ".join, lambda r: r.replace("-", "--")])  # fmt: skip
def test_normalise_takes_a_reference_as_people_type_it(change: object) -> None:
    reference = new_reference()
    assert normalise(change(reference)) == reference  # type: ignore[operator]


@pytest.mark.parametrize("typed", ["", " ", "-", "4KM", "4KM-7TX-9R", "4KM-7TX-9RPP", "0OI-1L2-Z5S", "ÄÖÜ-ßßß-ÄÖÜ"])
def test_normalise_knows_what_is_no_reference(typed: str) -> None:
    assert normalise(typed) is None


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=40))
def test_normalise_never_raises(typed: str) -> None:
    result = normalise(typed)
    assert result is None or normalise(result) == result
