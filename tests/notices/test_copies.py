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
from apps.notices import braille, copies, corrections, rendering, transitions
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
    assert f"Dienststelle: {delivery.letter.context['department']['name']}" in lines
    assert any(line.startswith("1. ") for line in lines)
    assert any(line.startswith("Hund: ") and "; Betrag: " in line for line in lines), text
    for paragraph in delivery.letter.context["reasons"]:
        assert paragraph in lines
    assert delivery.letter.context["remedy"] in text
    assert "Zeichen der" not in text, "pictures are not read"


def test_every_word_of_the_letter_is_read_in_its_order(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    html = letter_html("letter", delivery.letter.context | {"edition": "read_aloud"})
    body = re.sub(r"<svg.*?</svg>|<thead.*?</thead>|<!--.*?-->", " ", html.partition("<body>")[2], flags=re.DOTALL)
    spoken = iter(re.findall(r"\w+", " ".join(lines_of(html))))
    # One after the other, and nothing before what comes before it; a table says more, the names of its columns.
    for word in re.findall(r"\w+", unescape(re.sub(r"<[^>]+>", " ", body))):
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
    for _ in range(rendering.MAX_FAILURES + 1):
        AccessibleCopy.objects.update(next_try=copy.next_try)
        assert not rendering.render_copy(copy.pk)
    copy.refresh_from_db()
    assert copy.status == "dead"
    monkeypatch.undo()
    assert made(copies.ask_for(copy.delivery, "braille", party=copy.party, by=piotr)).is_done


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
    address = reverse("notices:copy", args=[delivery.pk, AccessibleCopy.objects.get().pk])
    assert address in client.get(case.get_absolute_url()).content.decode()
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    delivery.refresh_from_db()
    assert delivery.opened_at is not None, "who fetches it has fetched the letter"
    assert case.timeline.filter(act=Act.COPY_ASKED).count() == 1


def test_what_is_not_yours_or_not_there_is_not_found(client: Any, aylin: User, juergen: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    asked = copies.ask_for(delivery, "braille", party=delivery.party, by=None)
    address = reverse("notices:copy", args=[delivery.pk, asked.pk])
    client.as_(aylin)
    assert client.get(address).status_code == 404, "it is still being made"
    assert client.get(reverse("notices:copy", args=[delivery.pk, 10**9])).status_code == 404
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
    braille_copy = made(copies.ask_for(delivery, "braille", party=delivery.party, by=None))
    client.as_(piotr)
    page = " ".join(client.get(OUTBOX).content.decode().split())
    assert "Großdruck (wird mitgedruckt)" in page
    assert reverse("notices:copy", args=[delivery.pk, braille_copy.pk]) in page
    printed = client.post(OUTBOX, {"letters": [delivery.pk], "print": "1"})
    with pypdfium2.PdfDocument(printed.content) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert "Fassung in Großdruck" in text
    # What lies in the envelope is what the page said, not what came meanwhile.
    late = made(copies.ask_for(delivery, "braille_contracted", party=delivery.party, by=None))
    in_it = re.findall(r'name="copies" value="(\d+)"', page)
    client.post(
        OUTBOX,
        {
            "letters": [delivery.pk],
            "posted_on": f"{today():%d.%m.%Y}",
            "posted": "1",
            "copies": [*in_it, "x", "9" * 30],
        },
    )
    assert list(AccessibleCopy.objects.to_give()) == [late]
    AccessibleCopy.objects.filter(pk=late.pk).delete()
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
    copy = delivery.copies.get()
    client.post(reverse("notices:give_copy", args=[delivery.pk, copy.pk]))
    copy.refresh_from_db()
    assert (copy.given_on, copy.given_by) == (today(), piotr)
    client.post(reverse("notices:give_copy", args=[delivery.pk, copy.pk]))
    assert delivery.notice.case.timeline.filter(act=Act.COPY_GIVEN).count() == 1
    assert "05361 4711" not in client.get(OUTBOX).content.decode()


def test_a_form_wanted_after_the_letter_was_posted_is_sent_on(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    Delivery.objects.update(way=Way.POST, posted_on=today())
    copy = made(copies.ask_for(delivery, "braille", party=delivery.party, by=None))
    assert list(AccessibleCopy.objects.to_give()) == [copy]


def test_several_lists_take_as_many_queries(
    client: Any, aylin: User, juergen: User, piotr: User, django_assert_num_queries: Any
) -> None:
    client.as_(piotr)

    def waiting() -> None:
        delivery = decided(factories.dog_case(aylin), piotr) if not Letter.objects.exists() else _another(aylin, piotr)
        made(copies.ask_for(delivery, "read_aloud", party=delivery.party, by=None))

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


def test_who_has_told_the_office_that_print_is_fine_gets_no_copy_for_an_old_wish(aylin: User, piotr: User) -> None:
    case = factories.dog_case(aylin)
    party = case.parties.get()
    parties.want_letters_as(party, "braille", by=piotr)
    parties.want_letters_as(party, "", by=piotr)
    assert not decided(case, piotr).copies.exists()


def test_a_long_paragraph_is_not_cut_in_braille() -> None:
    """liblouis gives back a line that is too long for it as several."""
    long = "Größenmaßstäbe " * 300
    for contracted in (False, True):
        text = braille.brf([long, "x" * 5000, "Ende"], contracted=contracted).decode()
        lines = [line for page in text.split("\f") for line in page.split("\r\n") if line.strip()]
        last = lines[-2]
        [alone, *_rest] = braille.brf(["Ende"], contracted=contracted).decode().split("\r\n")
        assert last == alone


def test_braille_that_comes_back_wrong_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(braille, "LONGEST_LINE", 10**6)
    monkeypatch.setattr(braille, "LONGEST_WORD", 10**6)
    with pytest.raises(braille.BrailleError):
        braille.brf(["lang " * 1000, "Ende"], contracted=False)


def test_a_protected_number_is_not_shown_in_the_outgoing_post(client: Any, aylin: User, piotr: User) -> None:
    wants(aylin, "read_aloud", "05361 4711")
    delivery = decided(factories.dog_case(aylin), piotr)
    made(delivery.copies.get())
    PartyContact.objects.filter(party=delivery.party).update(protected=True, phone="05361 4712")
    client.as_(piotr)
    page = client.get(OUTBOX).content.decode()
    assert "Anschrift geschützt" in page
    assert "05361 47" not in page


def _together(aylin: User, juergen: User, piotr: User) -> Delivery:
    """One letter for two, Jürgen the second."""
    case = factories.dog_case(aylin)
    juergens = factories.joint_party(
        case, juergen, street="Goethestraße", house_number="12a", postcode="38440", city="Wolfsburg"
    )
    factories.heard(case)
    factories.agreed_to_one_letter(case)
    wants(juergen, "braille", "05361 4713")
    applications.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr, together="consent")
    delivery = Delivery.objects.get(letter__notice__case=case)
    assert list(delivery.also_to.all()) == [juergens]
    assert rendering.render(delivery.letter_id)
    return Delivery.objects.select_related("letter__notice__case").get(pk=delivery.pk)


def test_of_several_who_get_one_letter_each_has_forms_of_their_own(
    client: Any, aylin: User, juergen: User, piotr: User
) -> None:
    delivery = _together(aylin, juergen, piotr)
    copy = made(delivery.copies.get())
    assert copy.party.account == juergen
    case, address = delivery.notice.case, reverse("notices:copy", args=[delivery.pk, copy.pk])
    client.as_(juergen)
    assert address in client.get(case.get_absolute_url()).content.decode()
    assert client.get(address).status_code == 200
    # That he needs it is not for the other one.
    client.as_(aylin)
    page = client.get(case.get_absolute_url()).content.decode()
    assert "Braille (Vollschrift)" not in page
    assert client.get(address).status_code == 404
    client.post(reverse("notices:ask_for_copy", args=[delivery.pk]), {"form": "read_aloud"})
    client.as_(juergen)
    assert "Barrierefreie Fassung verlangt" not in client.get(case.get_absolute_url()).content.decode()
    # The office asks for whom, and calls the right one.
    client.as_(piotr)
    ask = reverse("notices:ask_for_copy", args=[delivery.pk])
    assert client.post(ask, {"form": "read_aloud"}).status_code == 422
    assert client.post(ask, {"form": "read_aloud", "party": copy.party_id}).status_code == 302
    made(AccessibleCopy.objects.get(party=copy.party, form="read_aloud"))
    assert "05361 4713" in client.get(OUTBOX).content.decode()


def test_a_form_that_was_asked_for_comes_with_the_letter_that_is_written_again(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    Delivery.objects.update(way=Way.POST, posted_on=today())
    made(copies.ask_for(delivery, "read_aloud", party=delivery.party, by=None))
    transitions.returned(delivery, on=today(), by=piotr)
    written = transitions.send_again(delivery, by=piotr)
    assert rendering.render(written.pk)
    again = made(written.deliveries.get().copies.get())
    assert list(AccessibleCopy.objects.to_give()) == [again]


def test_what_was_in_the_envelope_follows_the_day_of_posting(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    Delivery.objects.update(way=Way.POST)
    copy = made(copies.ask_for(delivery, "large_print", party=delivery.party, by=None))
    transitions.posted([delivery], on=today(), by=piotr, copies=[copy.pk])
    corrections.correct_posting(delivery, on=today() - dt.timedelta(days=1), reason="x", by=piotr)
    copy.refresh_from_db()
    assert copy.given_on == today() - dt.timedelta(days=1)
    corrections.correct_posting(delivery, on=None, reason="x", by=piotr)
    copy.refresh_from_db()
    assert copy.given_on is None


def test_the_code_of_a_hearing_is_not_read_to_whoever_answers_the_telephone(aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    context = delivery.letter.context | {
        "code": "GEHEIM-4711",
        "address": "x",
        "told": [],
        "consequence": [],
        "due_on": "1. Mai",
        "provision": "x",
    }
    Letter.objects.filter(pk=delivery.letter_id).update(template="hearing", context=context)
    for form, there in (("read_aloud", False), ("large_print", True)):
        copy = made(copies.ask_for(delivery, form, party=delivery.party, by=None))
        if form == "read_aloud":
            assert "GEHEIM" not in bytes(copy.content).decode()
        else:
            with pypdfium2.PdfDocument(bytes(copy.content)) as document:
                text = "".join(page.get_textpage().get_text_range() for page in document)
            assert ("GEHEIM-4711" in text) is there


def test_lists_carry_no_files(client: Any, aylin: User, piotr: User) -> None:
    delivery = decided(factories.dog_case(aylin), piotr)
    Delivery.objects.update(way=Way.POST)
    made(copies.ask_for(delivery, "large_print", party=delivery.party, by=None))
    client.as_(piotr)
    for page in (OUTBOX, delivery.notice.case.staff_url):
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        assert not [one for one in asked.captured_queries if '"notices_accessiblecopy"."content"' in one["sql"]], page
