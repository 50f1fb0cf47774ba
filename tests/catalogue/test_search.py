"""Search finds the everyday word, forgives typos, and nothing that is typed breaks it."""

from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.catalogue.models import Service
from apps.catalogue.search import search
from apps.core.text import normalised

pytestmark = pytest.mark.django_db


def found(text: str, language: str = "de") -> list[str]:
    """Slugs of what is found, best first."""
    with translation.override(language):
        return [service.slug for service in search(text)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("hund anmelden", "hundesteuer-anmelden"),
        ("Hund anmelden", "hundesteuer-anmelden"),
        ("ich möchte meinen Hund anmelden", "hundesteuer-anmelden"),
        ("hundesteuer", "hundesteuer-anmelden"),
        ("welpe", "hundesteuer-anmelden"),
        ("hund abmelden", "hundesteuer-abmelden"),
        ("anwohner parken", "bewohnerparkausweis"),
        ("Anwohnerparkausweis", "bewohnerparkausweis"),
        ("parken vor der Haustür", "bewohnerparkausweis"),
        ("perso", "personalausweis"),
        ("perso verloren", "personalausweis"),
        ("fuehrerschein", "fuehrerschein-umtauschen"),
        ("Führerschein", "fuehrerschein-umtauschen"),
        ("Führerschien", "fuehrerschein-umtauschen"),
        ("FÜHRERSCHEIN", "fuehrerschein-umtauschen"),
        ("fuhrerschein", "fuehrerschein-umtauschen"),
        ("reisepass", "reisepass"),
        ("Reisepaß", "reisepass"),
        ("reisepas", "reisepass"),
        ("heiraten", "eheschliessung-anmelden"),
        ("halteverbot umzug", "haltverbotszone-umzug"),
        ("umzugswagen", "haltverbotszone-umzug"),
        ("nummernschild", "wunschkennzeichen"),
        ("sperrmüll", "sperrmuell"),
        ("sperrmuell", "sperrmuell"),
        ("spermüll", "sperrmuell"),
        ("kita", "kita-platz"),
        ("wohngeld", "wohngeld"),
        ("polizeiliches führungszeugnis", "fuehrungszeugnis"),
        ("meldebescheinigung", "meldebescheinigung"),
        ("auto anmelden", "kfz-zulassen"),
        ("gewerbe anmelden", "gewerbe-anmelden"),
    ],
)
def test_everyday_words_lead_to_the_service(typed: str, first: str) -> None:
    assert found(typed)[:1] == [first]


@pytest.mark.parametrize(
    ("typed", "language", "service"),
    [
        ("ausweis", "de", "personalausweis"),
        ("dog tax", "en", "hundesteuer-anmelden"),
        ("hund", "de", "hundesteuer-anmelden"),
    ],
)
def test_word_that_fits_several_services_has_the_likely_one_among_the_first(
    typed: str, language: str, service: str
) -> None:
    assert service in found(typed, language)[:3]


@pytest.mark.parametrize("typed", ["straße", "strasse", "STRASSE", "Strasse"])
def test_sharp_s_and_double_s_are_the_same(typed: str) -> None:
    assert found(typed) == found("straße")
    assert "bewohnerparkausweis" in found(typed)


@pytest.mark.parametrize(("one", "other"), [("führerschein", "fuehrerschein"), ("müll", "muell"), ("töten", "toeten"),
                                            ("Bewohner", "bewohner"), ("eheschließung", "eheschliessung")])  # fmt: skip
def test_umlauts_may_be_written_out(one: str, other: str) -> None:
    assert found(one) == found(other)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("register a dog", "hundesteuer-anmelden"),
        ("resident parking", "bewohnerparkausweis"),
        ("parking permit", "bewohnerparkausweis"),
        ("driving licence", "fuehrerschein-umtauschen"),
        ("drivng licence", "fuehrerschein-umtauschen"),
        ("id card", "personalausweis"),
        ("passport", "reisepass"),
        ("nursery place", "kita-platz"),
        ("how to get married", "eheschliessung-anmelden"),
    ],
)
def test_english_words_lead_to_the_service(typed: str, first: str) -> None:
    assert found(typed, "en")[:1] == [first]


def test_beginning_of_a_word_is_enough() -> None:
    assert "hundesteuer-anmelden" in found("hundest")
    assert "bewohnerparkausweis" in found("anwohnerpa")


@pytest.mark.parametrize("typed", ["xyzzyqwx", "qqqqqqqqqq", "", "   ", "!?", "—", "%", "_"])
def test_nothing_fits_and_nothing_is_found(typed: str) -> None:
    assert found(typed) == []


def test_all_words_count_more_than_one() -> None:
    both = found("gewerbe abmelden")
    assert both[0] == "gewerbe-abmelden"
    assert set(both) > {"gewerbe-abmelden", "gewerbe-anmelden"}


def test_words_that_say_nothing_do_not_decide() -> None:
    assert found("wie kann ich einen Hund anmelden")[0] == found("hund anmelden")[0]


def test_service_that_is_not_published_is_not_found() -> None:
    Service.objects.filter(slug="hundesteuer-anmelden").update(published=False)
    assert "hundesteuer-anmelden" not in found("hund anmelden")


def test_new_keyword_is_found_at_once() -> None:
    service = Service.objects.get(slug="wohngeld")
    assert found("mietbeihilfe")[:1] != ["wohngeld"]
    service.keywords["de"].append("Mietbeihilfe")
    service.save()
    assert found("Mietbeihilfe")[:1] == ["wohngeld"]


def test_everything_is_found_in_one_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert found("hund anmelden")


HOSTILE = [
    "'", '"', "''", "hund'", "hund''anmelden", '"hund anmelden"', "%", "%hund%", "_", "__", "___:*", "hund_", "\\", "hund\\", "\\\\'",
    "\x00", "hund\x00anmelden", "a & | !(", "hund & | !(", "& hund", "hund &", "!hund", "!!", "(", ")", "((hund)", "hund:*", "hund:ABCD",
    ":*", "<->", "hund <-> anmelden", "hund <2> anmelden", "a|b", "|", "||", "hund|anmelden", "*", "?", "$1", "%s", "%(x)s", "{0}", "{{x}}",
    "; DROP TABLE catalogue_service; --", "' OR 1=1 --", "\ud800", "\udfffhund", "\u202ehund", "\ufeff", "👩‍👩‍👧‍👦", "ﷺ" * 20,
    "e\u0301" * 40, "\u0301" * 80, "ı", "İstanbul", "ſ", "ß" * 80, "ae" * 40, "a" * 10_000, "hund " * 2_000, "\n\r\t", "0", "-1", "1e9", "½",
    "²", "٣", "'':*", "a'b:*", "ich", "der die das", "the", "und und und", "µ", "ª º", "𝓱𝓾𝓷𝓭", "hund&amp;", "<script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("typed", HOSTILE, ids=lambda t: ascii(t)[:24])
def test_hostile_input_is_only_text(typed: str, language: str) -> None:
    assert len(found(typed, language)) <= Service.objects.count()


@pytest.mark.parametrize("typed", ["'hund' anmelden", "hund & anmelden", "(hund) anmelden!", '"hund anmelden"', "hund/anmelden", "hund, anmelden.",
                                   "hund\\anmelden", "hund|anmelden", "hund%anmelden", "\u202ehund anmelden"])  # fmt: skip
def test_signs_around_the_words_do_no_harm(typed: str) -> None:
    assert found(typed)[:1] == ["hundesteuer-anmelden"]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=90)
    | st.lists(st.sampled_from([*"&|!()<>:*'\"\\%_-+~@#$^,.;/ \x00", "hund", "a", "ü"]), max_size=20).map("".join)
)
def test_no_text_raises(db: None, typed: str) -> None:
    found(typed)


# -- the mill both go through ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mill"),
    [
        ("Führerschein", "fuhrerschein"),
        ("Fuehrerschein", "fuhrerschein"),
        ("Straße", "strasse"),
        ("Łódź", "łodz"),
        ("Ñáñez", "nanez"),
        ("  Hund,   anmelden! ", "hund anmelden"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_normalised_text_has_one_spelling(text: str, mill: str) -> None:
    assert normalised(text) == mill


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("\N{MATHEMATICAL SANS-SERIF CAPITAL H}und №")
def test_normalised_text_is_words_in_lower_case(text: str) -> None:
    once = normalised(text)
    assert once == once.strip()
    assert once == once.lower()
    assert not set("'\"\\&!()<>:*%\x00") & set(once)
