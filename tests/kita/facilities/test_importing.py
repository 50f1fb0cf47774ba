"""Kitas from a CSV file: a dry run that says what is wrong, then all of it or nothing."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group as RightsGroup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.core import csv_files
from apps.core.transitions import TransitionConflict
from apps.kita.facilities import importing
from apps.kita.facilities.models import Facility, FacilityImport
from tests import factories, walk
from tests.kita.facilities.setting import carrier, kita

pytestmark = pytest.mark.django_db

ROW = {
    "kennung": "kita-ahorn", "name": "Kita Ahorn", "art": "Kita", "traeger": "Beispielverein", "ortschaft": "Vorsfelde",
    "strasse": "Beispielweg", "hausnummer": "1a", "plz": "38448", "ort": "Wolfsburg", "anschrift_oeffentlich": "ja",
    "breite": "52,437", "laenge": "10,84", "telefon": "05361 1234", "e_mail": "ahorn@kita.example", "internet": "",
    "oeffnet": "7:30", "schliesst": "16 Uhr", "fruehdienst_ab": "", "spaetdienst_bis": "17:00", "schichtarbeit": "nein",
    "schliesstage": "20", "barrierefrei": "barrierefrei", "schwerpunkte": "Wald und Natur, Bewegung",
    "mittagessen": "60,00", "beschreibung": "Wir spielen; viel draußen.", "beschreibung_englisch": "We play.",
    "veroeffentlicht": "ja",
}  # fmt: skip


def table(*rows: dict[str, str], columns: tuple[str, ...] = importing.COLUMNS) -> bytes:
    return csv_files.written(columns, [[row.get(column, "") for column in columns] for row in rows])


def errors(*rows: dict[str, str]) -> list[tuple[int, str, str]]:
    carrier()
    return [(row.line, column, said) for row in importing.plan(table(*rows)).wrong for column, said in row.errors]


def staff() -> User:
    person = factories.staff("olga@example.org", "Olga", "Ohm", (Role.CLERK, walk.department("jugend")))
    person.groups.add(RightsGroup.objects.get(name="Kita-Büro"))
    return person


def sent(client: Client, content: bytes) -> Any:
    return client.post(reverse("admin:kita_office"), {"file": SimpleUploadedFile("kitas.csv", content, "text/csv")})


def done(kept: FacilityImport, person: User) -> importing.Plan:
    """Press the button under what would be shown now."""
    return importing.perform(kept, seen=importing.plan(bytes(kept.content)).digest, by=person)


def test_a_new_kita_is_shown_first_and_made_then(client: Client) -> None:
    carrier()
    office = walk.browser(staff())
    answer = sent(office, table(ROW))
    assert answer.status_code == 302
    page = office.get(answer.url)
    assert [row.name for row in page.context["plan"].new] == ["Kita Ahorn"]
    assert not Facility.objects.exists()
    seen = {"seen": page.context["plan"].digest}
    assert office.post(answer.url, seen).url == reverse("admin:kita_office")
    assert "1 Kitas sind neu, 0 geändert." in office.get(reverse("admin:kita_office")).content.decode()
    made = Facility.objects.get()
    assert (made.name, made.opens, made.closes, made.late_until) == (
        "Kita Ahorn",
        dt.time(7, 30),
        dt.time(16),
        dt.time(17),
    )
    assert (made.latitude, made.longitude, made.house_number) == (52.437, 10.84, "1a")
    assert sorted(concept.slug for concept in made.concepts.all()) == ["bewegung", "wald"]
    assert "Kita Ahorn" in client.get("/kitas/?q=draußen").content.decode()


def test_it_is_done_once(client: Client) -> None:
    carrier()
    person = staff()
    kept = FacilityImport.objects.create(content=table(ROW), uploaded_by=person)
    done(kept, person)
    with pytest.raises(TransitionConflict):
        done(kept, person)
    page = walk.browser(person).get(reverse("admin:kita_import", args=[kept.pk]))
    assert "übernommen worden" in page.content.decode()


def test_only_what_differs_is_called_changed() -> None:
    kita("Kita Birke")
    content = importing.as_file(Facility.objects.all())
    assert [row.name for row in importing.plan(content).same] == ["Kita Birke"]
    row = dict(next(iter(csv_files.read(content, columns=importing.COLUMNS, most=9)))[1])
    changed = importing.plan(table(row | {"telefon": "05361 99", "schwerpunkte": "Montessori"})).changed
    assert [one.changes for one in changed] == [[("telefon", "", "05361 99"), ("schwerpunkte", "", "Montessori")]]


def test_what_is_written_is_read_back_unchanged(client: Client) -> None:
    from apps.kita.facilities import loading

    loading.load_examples()
    office = walk.browser(staff())
    answer = office.get(reverse("admin:kita_file"))
    assert answer["Content-Type"].startswith("text/csv")
    plan = importing.plan(answer.content)
    assert len(plan.same) == 60
    assert not plan.does_something


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        ({"kennung": ""}, "kennung", "erforderlich"),
        ({"kennung": "kita ahorn"}, "kennung", ""),
        ({"name": ""}, "name", "erforderlich"),
        ({"art": "Hort"}, "art", "„Hort“ gibt es nicht"),
        ({"traeger": "Unbekannt"}, "traeger", "Möglich sind: Beispielverein"),
        ({"traeger": ""}, "traeger", "erforderlich"),
        ({"ortschaft": "Mars"}, "ortschaft", "„Mars“ gibt es nicht"),
        ({"plz": "3844"}, "plz", "fünf"),
        ({"anschrift_oeffentlich": "vielleicht"}, "anschrift_oeffentlich", "„vielleicht“ gibt es nicht"),
        ({"breite": "Nord"}, "breite", ""),
        ({"breite": "12,5"}, "breite", ""),
        ({"breite": "NaN"}, "breite", ""),
        ({"laenge": ""}, "laenge", "Breite und Länge"),
        ({"e_mail": "ahorn"}, "e_mail", ""),
        ({"internet": "javascript:alert(1)"}, "internet", ""),
        ({"oeffnet": ""}, "oeffnet", "erforderlich"),
        ({"oeffnet": "25:00"}, "oeffnet", "Diese Uhrzeit gibt es nicht"),
        ({"schliesst": "06:00"}, "schliesst", "nicht nach"),
        ({"fruehdienst_ab": "09:00"}, "fruehdienst_ab", "nicht vor"),
        ({"spaetdienst_bis": "15:00"}, "spaetdienst_bis", "nicht nach"),
        ({"schliesstage": "viele"}, "schliesstage", ""),
        ({"schliesstage": "-1"}, "schliesstage", ""),
        ({"schliesstage": "99999999999999999999"}, "schliesstage", ""),
        ({"barrierefrei": "ein bisschen"}, "barrierefrei", "Möglich sind"),
        ({"schwerpunkte": "Wald und Natur, Raumfahrt"}, "schwerpunkte", "„Raumfahrt“ gibt es nicht"),
        ({"mittagessen": "99999999"}, "mittagessen", ""),
        ({"mittagessen": "-5"}, "mittagessen", ""),
        ({"name": "x" * 200}, "name", ""),
        ({"name": "Kita \x07"}, "name", ""),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(changes: dict[str, str], column: str, said: str) -> None:
    found = errors(ROW | {"kennung": "kita-birke", "name": "Kita Birke"}, ROW | changes)
    assert [(line, where) for line, where, _said in found] == [(3, column)]
    assert said in found[0][2]


def test_the_same_kita_twice_is_an_error() -> None:
    assert [(line, column) for line, column, _said in errors(ROW, ROW)] == [(3, "kennung")]


def test_one_wrong_row_and_nothing_is_done() -> None:
    carrier()
    person = staff()
    kept = FacilityImport.objects.create(content=table(ROW, ROW | {"kennung": "b", "plz": "x"}), uploaded_by=person)
    with pytest.raises(TransitionConflict):
        done(kept, person)
    assert not Facility.objects.exists()
    page = walk.browser(person).get(reverse("admin:kita_import", args=[kept.pk])).content.decode()
    assert "So übernehmen" not in page
    assert '<td data-label="Spalte">plz</td>' in page


def test_what_was_right_when_it_was_shown_may_be_wrong_later() -> None:
    gone = carrier("Bald weg")
    person = staff()
    kept = FacilityImport.objects.create(content=table(ROW | {"traeger": "Bald weg"}), uploaded_by=person)
    gone.delete()
    office = walk.browser(person)
    answer = office.post(reverse("admin:kita_import", args=[kept.pk]), {"seen": "x"})
    assert answer.status_code == 302
    assert "Nichts ist geändert" in office.get(answer.url).content.decode()
    assert not Facility.objects.exists()


def test_what_is_not_in_the_file_stays() -> None:
    other = kita("Kita Birke")
    person = staff()
    done(FacilityImport.objects.create(content=table(ROW), uploaded_by=person), person)
    assert {facility.slug for facility in Facility.objects.all()} == {other.slug, "kita-ahorn"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Diese Datei ist leer"),
        (b"\xef\xbb\xbf", "Diese Spalten fehlen"),
        (b"PK\x03\x04\x00\x00", "keine CSV-Datei"),
        (b"name;art\r\n", "Diese Spalten fehlen: kennung, traeger"),
        (table(columns=(*importing.COLUMNS, "farbe")), "Diese Spalten kennen wir nicht: farbe"),
        (table(columns=(*importing.COLUMNS, "name")), "Diese Spalten stehen zweimal da: name"),
        (table(ROW) + b"nur;drei;zellen\r\n", "Zeile 3 hat 3 Zellen"),
        (table(ROW) + b'"offen;', "nicht geschlossen"),
        (table(*[ROW] * 1001), "mehr als 1000 Zeilen"),
        (b"x" * 1_000_001, "1 MB"),
        (b'"' + b"a" * 200_000 + b'"', ""),
    ],
    ids=["empty", "mark", "zip", "missing", "unknown", "twice", "short", "open", "many", "large", "long-cell"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_said_at_its_field(content: bytes, said: str) -> None:
    answer = sent(walk.browser(staff()), content)
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors["file"])
    assert not FacilityImport.objects.exists()


def test_no_file_is_said_too() -> None:
    answer = walk.browser(staff()).post(reverse("admin:kita_office"), {})
    assert "Bitte wählen Sie die Datei aus." in answer.content.decode()


def test_as_spreadsheets_write_it() -> None:
    carrier()
    german = table(ROW).decode("utf-8-sig").encode("cp1252")
    assert [row.name for row in importing.plan(german).new] == ["Kita Ahorn"]
    columns = importing.COLUMNS
    commas = ",".join(columns) + "\n" + ",".join(f'"{ROW[column]}"' for column in columns) + "\n\n"
    assert [row.name for row in importing.plan(commas.encode()).new] == ["Kita Ahorn"]


@pytest.mark.parametrize("text", ["=1+1", "+49 5361", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    kita("Kita Birke", description_de=text, phone="")
    content = importing.as_file(Facility.objects.all())
    cells = content.decode("utf-8-sig").splitlines()[1].split(";")
    assert not any(cell.strip('"').startswith(("=", "+", "-", "@", "\t")) for cell in cells)
    assert csv_files.read(content, columns=importing.COLUMNS, most=9)[0][1]["beschreibung"] == text.strip()


def test_a_table_comes_back_as_it_went_whatever_the_language(client: Client) -> None:
    kita(
        "Kita Birke",
        description_de="Wir spielen.\n\nWir essen.",
        street="Straße der Einheit – Nord",
        barrier_free="full",
    )
    office = walk.browser(staff())
    for prefix in ("", "/en"):
        plan = importing.plan(office.get(f"{prefix}/verwaltung/kitas/kitas.csv").content)
        assert [row.name for row in plan.same] == ["Kita Birke"], prefix


def test_an_empty_cell_publishes_no_home(client: Client) -> None:
    carrier()
    kita("Kindertagespflege Igel", kind="childminder", address_public=False, published=False)
    content = importing.as_file(Facility.objects.all())
    row = dict(csv_files.read(content, columns=importing.COLUMNS, most=9)[0][1])
    silent = {"anschrift_oeffentlich": "", "veroeffentlicht": ""}
    new = ROW | silent | {"kennung": "neu", "art": "Kindertagespflege"}
    plan = importing.plan(table(row | silent, new))
    assert [one.name for one in plan.same] == ["Kindertagespflege Igel"]
    made = plan.new[0].facility
    assert made is not None
    assert not made.address_public


def test_what_is_done_is_what_was_shown(client: Client) -> None:
    birke = kita("Kita Birke", phone="05361 1")
    person = staff()
    row = dict(csv_files.read(importing.as_file(Facility.objects.all()), columns=importing.COLUMNS, most=9)[0][1])
    kept = FacilityImport.objects.create(content=table(row | {"name": "Kita Buche"}), uploaded_by=person)
    seen = importing.plan(bytes(kept.content)).digest
    # The head has a new number meanwhile, which the table would take back.
    Facility.objects.filter(pk=birke.pk).update(phone="05361 2")
    with pytest.raises(TransitionConflict):
        importing.perform(kept, seen=seen, by=person)
    birke.refresh_from_db()
    assert (birke.name, birke.phone) == ("Kita Birke", "05361 2")


def test_a_table_of_other_columns_is_said_later_too(client: Client) -> None:
    person = staff()
    kept = FacilityImport.objects.create(content=b"kennung;farbe\n", uploaded_by=person)
    office, path = walk.browser(person), reverse("admin:kita_import", args=[kept.pk])
    assert "Diese Spalten fehlen" in office.get(path).content.decode()
    assert office.post(path, {"seen": "x"}).status_code == 302


def test_reading_in_asks_the_same_whatever_the_length(client: Client) -> None:
    for name in ("Kita Ahorn", "Kita Birke", "Kita Erle"):
        kita(name)
    every = importing.as_file(Facility.objects.prefetch_related("concepts"))
    lines = every.splitlines(keepends=True)
    counts = []
    for content in (b"".join(lines[:2]), every):
        with CaptureQueriesContext(connection) as counted:
            importing.plan(content)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_others_do_not_get_there() -> None:
    clerk = walk.browser(
        factories.staff("karla@example.org", "Karla", "Brandes", (Role.CLERK, walk.department("jugend")))
    )
    kept = FacilityImport.objects.create(content=table(ROW))
    paths = (reverse("admin:kita_office"), reverse("admin:kita_file"), reverse("admin:kita_import", args=[kept.pk]))
    for path in paths:
        assert clerk.get(path).status_code == 404
    assert clerk.post(paths[2]).status_code == 404
    assert "Kitas" not in clerk.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("files", [1, 4], ids=["the-same-file", "the-same-table-sent-again"])
def test_two_who_press_at_once_do_it_once(files: int) -> None:
    carrier()
    person = staff()
    sent = [FacilityImport.objects.create(content=table(ROW), uploaded_by=person) for _ in range(files)]
    seen = importing.plan(table(ROW)).digest
    outcomes: list[str] = []

    def press(kept: FacilityImport) -> None:
        try:
            importing.perform(kept, seen=seen, by=person)
            outcomes.append("done")
        except TransitionConflict:
            outcomes.append("before")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[sent[number % files]]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["before"] * 3 + ["done"]
    assert Facility.objects.count() == 1
