"""Letters in large print, in Braille and to be read aloud, for who cannot read the printed one (§ 8 NBGG)."""

import datetime as dt
import io
import re
from html import unescape
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Profile, User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import parties
from apps.cases.models import Case, PartyContact
from apps.cases.states import Act, Way
from apps.core.business_calendar import today
from apps.core.tasks import sweep
from apps.notices import braille, copies, rendering, transitions
from apps.notices.models import AccessibleCopy, Delivery, Letter
from apps.notices.pdf import letter_html
from apps.notices.reading import lines_of
from tests import factories, verapdf

OUTBOX = "/verwaltung/postausgang/"


def decided(case: Case, by: User) -> Delivery:
    applications.decide(case, outcome=Status.ASSESSED, reasons="Erster Grund.\n\nZweiter Grund.", by=by)
    delivery = factories.delivery_of(case)
    assert rendering.render(delivery.letter_id)
    return Delivery.objects.select_related("letter__notice__case").get(pk=delivery.pk)


def made(copy: AccessibleCopy) -> AccessibleCopy:
    assert rendering.render_copy(copy.pk)
    copy.refresh_from_db()
    return copy


def wants(user: User, form: str, phone: str = "") -> None:
    Profile.objects.update_or_create(user=user, defaults={"letter_form": form, "phone": phone})


def test_who_has_said_so_in_the_profile_gets_every_letter_so(aylin: User, piotr: User) -> None:
    wants(aylin, "large_print")
    delivery = decided(factories.dog_case(aylin), piotr)
    copy = delivery.copies.get()
    assert (copy.form, copy.status) == ("large_print", "pending")
    copy = made(copy)
    with pypdfium2.PdfDocument(bytes(copy.content)) as document:
        text = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    assert "Fassung in Großdruck (§ 8 NBGG)" in text
    for said in ("Zweiter Grund.", "Rechtsbehelfsbelehrung", delivery.notice.case.reference):
        assert said in text
    # It is not what is checked, so it has no code.
    assert "Prüfcode" not in text
    assert not rendering.render_copy(copy.pk), "made once"


def test_large_print_is_large_and_as_accessible_as_the_letter(aylin: User, piotr: User) -> None:
    wants(aylin, "large_print")
    copy = made(decided(factories.dog_case(aylin), piotr).copies.get())
    content = bytes(copy.content)
    assert verapdf.broken_rules(content) == []
    assert min(_sizes(content)) >= 16


def _sizes(content: bytes) -> set[float]:
    """The sizes of letters in a PDF, in points."""
    found = set()
    with pikepdf.open(io.BytesIO(content)) as document:
        for page in document.pages:
            scale, stack = 1.0, []
            for operands, operator in pikepdf.parse_content_stream(page):
                name = str(operator)
                if name == "q":
                    stack.append(scale)
                elif name == "Q":
                    scale = stack.pop()
                elif name == "cm":
                    scale *= abs(float(operands[3]))
                elif name == "Tf":
                    size = float(operands[1])
                elif name == "Tm":
                    matrix = abs(float(operands[3]))
                elif name in ("Tj", "TJ"):
                    found.add(round(size * matrix * scale, 1))
    return found


def test_what_is_read_aloud_is_the_letter_line_by_line(aylin: User, piotr: User) -> None:
    wants(aylin, "read_aloud", "05361 28-0")
    delivery = decided(factories.dog_case(aylin), piotr)
    text = bytes(made(delivery.copies.get()).content).decode()
    lines = text.splitlines()
    assert (
        "Fassung zum Vorlesen (§ 8 NBGG). Es gilt der Brief, den Sie dazu bekommen; der Wortlaut ist derselbe." in lines
    )
    assert "Dienststelle: Steuern" in text or "Dienststelle: " in text
    assert any(line.startswith("1. ") for line in lines)
    assert any(line.startswith("Hund: ") and "; Betrag: " in line for line in lines), text
    for paragraph in delivery.letter.context["reasons"]:
        assert paragraph in lines
    assert delivery.letter.context["remedy"] in text
    assert "Zeichen der" not in text, "pictures are not read"


def test_every_word_of_the_letter_is_read(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    html = letter_html("letter", delivery.letter.context | {"edition": "read_aloud"})
    spoken = " ".join(lines_of(html))
    body = html.partition("<body>")[2]
    silent = re.sub(r"<svg.*?</svg>", " ", body, flags=re.DOTALL)
    for word in unescape(re.sub(r"<[^>]+>", " ", silent)).split():
        assert word in spoken, word


@pytest.mark.parametrize("form", ["braille", "braille_contracted"])
def test_braille_fits_the_paper(aylin: User, piotr: User, form: str) -> None:
    wants(aylin, form)
    content = bytes(made(decided(factories.dog_case(aylin), piotr).copies.get()).content)
    pages = content.decode("ascii").split("\f")
    assert pages.pop() == ""
    assert len(pages) > 1
    for page in pages:
        lines = page.split("\r\n")
        assert len(lines) == braille.LINES
        assert max(map(len, lines)) <= braille.CELLS


def test_braille_is_that_of_the_german_tables() -> None:
    [line, *_rest] = braille.brf(["Wolfsburg"], contracted=False).decode().split("\r\n")
    # w o l f s b u r g, as German Vollschrift writes it: nothing in it is contracted.
    assert line == "WOLFSBURG"
    [line, *_rest] = braille.brf(["Sprache"], contracted=False).decode().split("\r\n")
    # „ch“ is one cell of its own (dots 1456).
    assert line == "SPRA?E"


def test_what_no_table_knows_is_still_ascii() -> None:
    assert braille.brf(["李明 محمد 😀 \x07"], contracted=True).isascii()


def test_a_machine_without_liblouis_tries_again_and_says_so(
    aylin: User, piotr: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(aylin, "braille")
    copy = decided(factories.dog_case(aylin), piotr).copies.get()
    monkeypatch.setenv("PATH", "/nowhere")
    for _ in range(rendering.MAX_FAILURES):
        AccessibleCopy.objects.update(next_try=copy.next_try)
        assert not rendering.render_copy(copy.pk)
    copy.refresh_from_db()
    assert copy.status == "dead"
    monkeypatch.undo()
    assert made(copies.ask_for(copy.delivery, "braille", by=piotr)).is_done


def test_a_lost_bell_is_rung_again(aylin: User, piotr: User, monkeypatch: pytest.MonkeyPatch) -> None:
    wants(aylin, "braille")
    copy = decided(factories.dog_case(aylin), piotr).copies.get()
    AccessibleCopy.objects.update(asked_at=copy.asked_at - dt.timedelta(minutes=5))
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr("apps.core.bell.publish", lambda *said: rung.append(said))
    sweep()
    assert (copies.COPY_TASK, copy.pk) in rung


def test_the_office_notes_what_somebody_has_said_to_it(client: Any, aylin: User, piotr: User) -> None:
    case = factories.dog_case(aylin)
    party = case.parties.get()
    client.as_(piotr)
    page = reverse("admin:party", args=[case.reference, party.pk])
    assert "Barrierefreie Briefe" in client.get(page).content.decode()
    client.post(page, {"act": "letter_form", "letter_form-letter_form": "braille"})
    assert PartyContact.objects.get(party=party).letter_form == "braille"
    assert decided(case, piotr).copies.get().form == "braille"


def test_the_profile_wants_a_number_to_call(client: Any, aylin: User) -> None:
    client.as_(aylin)
    page = reverse("accounts:profile")
    typed = {"given_name": "Aylin", "family_name": "Ö", "language": "de", "country": "DE", "letter_form": "read_aloud"}
    answer = client.post(page, typed)
    assert answer.status_code == 422
    assert "Zum Vorlesen rufen wir Sie an" in answer.content.decode()
    assert client.post(page, typed | {"phone": "05361 4711"}).status_code == 302
    assert Profile.objects.get(user=aylin).letter_form == "read_aloud"


def test_a_party_asks_for_another_form_of_a_letter_that_is_there(client: Any, aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    case = delivery.notice.case
    client.as_(aylin)
    page = reverse("notices:ask_for_copy", args=[delivery.pk])
    assert page in client.get(case.get_absolute_url()).content.decode()
    assert client.post(page, {"form": "gebärden"}).status_code == 422
    assert client.post(page, {"form": "large_print"}).status_code == 302
    client.post(page, {"form": "large_print"})
    made(AccessibleCopy.objects.get())
    address = reverse("notices:copy", args=[delivery.pk, "large_print"])
    assert address in client.get(case.get_absolute_url()).content.decode()
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    delivery.refresh_from_db()
    assert delivery.opened_at is not None, "who fetches it has fetched the letter"
    assert case.timeline.filter(act=Act.COPY_ASKED).count() == 1


def test_what_is_not_yours_or_not_there_is_not_found(client: Any, aylin: User, juergen: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    copies.ask_for(delivery, "braille", by=None)
    address = reverse("notices:copy", args=[delivery.pk, "braille"])
    client.as_(aylin)
    assert client.get(address).status_code == 404, "it is still being made"
    assert client.get(reverse("notices:copy", args=[delivery.pk, "nichts"])).status_code == 404
    made(AccessibleCopy.objects.get())
    client.as_(juergen)
    assert client.get(address).status_code == 404
    assert client.post(reverse("notices:ask_for_copy", args=[delivery.pk]), {"form": "braille"}).status_code == 404


def test_the_outgoing_post_prints_large_print_and_reminds_of_braille(client: Any, aylin: User, piotr: User) -> None:
    wants(aylin, "large_print")
    case = factories.dog_case(aylin)
    delivery = decided(case, piotr)
    Delivery.objects.update(way=Way.POST)
    made(delivery.copies.get())
    made(copies.ask_for(delivery, "braille", by=None))
    client.as_(piotr)
    page = " ".join(client.get(OUTBOX).content.decode().split())
    assert "Großdruck (wird mitgedruckt)" in page
    assert reverse("notices:copy", args=[delivery.pk, "braille"]) in page
    printed = client.post(OUTBOX, {"letters": [delivery.pk], "print": "1"})
    with pypdfium2.PdfDocument(printed.content) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert "Fassung in Großdruck" in text
    transitions.posted([delivery], on=today(), by=piotr)
    assert set(delivery.copies.values_list("given_on", flat=True)) == {today()}
    assert "Hier liegt gerade nichts." in client.get(OUTBOX).content.decode()


def test_the_office_calls_and_notes_it(client: Any, aylin: User, piotr: User) -> None:
    wants(aylin, "read_aloud", "05361 4711")
    delivery = decided(factories.dog_case(aylin), piotr)
    client.as_(piotr)
    assert "Vorgelesen" not in client.get(OUTBOX).content.decode()
    made(delivery.copies.get())
    page = client.get(OUTBOX).content.decode()
    assert "05361 4711" in page
    assert "Noch zu versenden" in client.get("/verwaltung/").content.decode()
    client.post(reverse("notices:give_copy", args=[delivery.pk, "read_aloud"]))
    copy = delivery.copies.get()
    assert (copy.given_on, copy.given_by) == (today(), piotr)
    client.post(reverse("notices:give_copy", args=[delivery.pk, "read_aloud"]))
    assert delivery.notice.case.timeline.filter(act=Act.COPY_GIVEN).count() == 1
    assert "05361 4711" not in client.get(OUTBOX).content.decode()


def test_a_form_wanted_after_the_letter_was_posted_is_sent_on(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    Delivery.objects.update(way=Way.POST, posted_on=today())
    copy = made(copies.ask_for(delivery, "braille", by=None))
    assert list(AccessibleCopy.objects.to_give()) == [copy]


def test_several_lists_take_as_many_queries(
    client: Any, aylin: User, juergen: User, piotr: User, django_assert_num_queries: Any
) -> None:
    client.as_(piotr)

    def waiting() -> None:
        delivery = decided(factories.dog_case(aylin), piotr) if not Letter.objects.exists() else _another(aylin, piotr)
        made(copies.ask_for(delivery, "read_aloud", by=None))

    waiting()
    client.get(OUTBOX)
    with CaptureQueriesContext(connection) as one:
        client.get(OUTBOX)
    waiting()
    waiting()
    with django_assert_num_queries(len(one)):
        client.get(OUTBOX)


def _another(aylin: User, piotr: User) -> Delivery:
    case = factories.dog_case(aylin)
    applications.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr)
    delivery = Delivery.objects.select_related("letter__notice__case").get(letter__notice__case=case)
    assert rendering.render(delivery.letter_id)
    return delivery


def test_who_wants_it_otherwise_gets_letters_without(aylin: User, piotr: User) -> None:
    case = factories.dog_case(aylin)
    parties.want_letters_as(case.parties.get(), "", by=piotr)
    assert not decided(case, piotr).copies.exists()
