"""Uploads: what comes in is checked, cleaned and stored; what is refused is refused in plain words."""

import io
import logging
import re
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from allauth.core import context as allauth_context
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from apps.applications.models import Draft, DraftUpload
from apps.cases import transitions as cases
from apps.cases.models import Case
from apps.core import uploads
from apps.core.business_calendar import add_working_days, today
from apps.core.models import PrivateFile, ScanState
from tests import factories

NO_PDF_NO_PHOTO = "ist keine PDF-Datei und kein Foto (JPG oder PNG). Bitte laden Sie eine PDF-Datei oder ein Foto hoch."
BROKEN = "lässt sich nicht öffnen. Bitte speichern oder fotografieren Sie sie neu."
ENCRYPTED = "ist mit einem Kennwort geschützt. Bitte laden Sie die Datei ohne Kennwort hoch."


def upload(content: bytes, name: str = "datei.pdf", media_type: str = "application/octet-stream") -> Any:
    return SimpleUploadedFile(name, content, media_type)


def check(content: bytes, name: str = "datei.pdf") -> uploads.CheckedFile:
    return uploads.check(upload(content, name))


def refusal(content: bytes, name: str = "datei.pdf") -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        check(content, name)
    return caught.value


def image_bytes(kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (120, 80), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("L").convert(mode).save(out, kind, **options)
    return out.getvalue()


def phone_exif() -> Image.Exif:
    """What a telephone writes: its make, the place, and that the picture lies on its side."""
    exif = Image.Exif()
    exif[0x010F] = "GeheimPhone"
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (52.0, 25.0, 23.0), 3: "E", 4: (10.0, 47.0, 13.0)}
    return exif


def pdf_bytes(pages: int = 1, **options: Any) -> bytes:
    out = io.BytesIO()
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
    pdf.save(out, **options)
    return out.getvalue()


def scanned_pages(pages: int = 5) -> bytes:
    """A PDF as scanners make it: a picture on each page."""
    out = io.BytesIO()
    first, *rest = (Image.effect_noise((200, 200), 60).convert("RGB") for _ in range(pages))
    first.save(out, "PDF", save_all=True, append_images=rest)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header promises a picture of any size and whose data is next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


# -- pictures ----------------------------------------------------------------------------------


def test_photograph_is_encoded_anew_without_place_and_device() -> None:
    original = image_bytes(exif=phone_exif(), xmp=b"<x:xmpmeta>Goethestrasse 12a</x:xmpmeta>")
    checked = check(original, "zulassung.jpg")
    assert (checked.media_type, checked.name) == ("image/jpeg", "zulassung.jpg")
    assert checked.content != original
    for secret in (b"GeheimPhone", b"Exif", b"xmpmeta", b"Goethestrasse"):
        assert secret in original
        assert secret not in checked.content
    with Image.open(io.BytesIO(checked.content)) as picture:
        assert not picture.getexif()


def test_photograph_loses_its_comment() -> None:
    original = image_bytes(comment=b"aufgenommen in der Goethestrasse")
    assert b"Goethestrasse" in original
    assert b"Goethestrasse" not in check(original, "a.jpg").content


def test_photograph_is_turned_upright_before_its_turn_mark_is_dropped() -> None:
    checked = check(image_bytes(size=(120, 80), exif=phone_exif()), "hochkant.jpg")
    with Image.open(io.BytesIO(checked.content)) as picture:
        assert picture.size == (80, 120)


def test_png_loses_its_texts() -> None:
    texts = PngInfo()
    texts.add_text("Author", "Aylin GeheimPhone")
    texts.add_itxt("XML:com.adobe.xmp", "Goethestrasse")
    original = image_bytes("PNG", pnginfo=texts, exif=phone_exif())
    checked = check(original, "a.png")
    assert checked.media_type == "image/png"
    for secret in (b"GeheimPhone", b"Goethestrasse"):
        assert secret in original
        assert secret not in checked.content


def test_what_is_appended_to_a_picture_is_gone() -> None:
    for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png")):
        assert b"<script>" not in check(image_bytes(kind) + b"PK\x03\x04<script>alert(1)</script>", name).content


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("MPO", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (120, 80))]}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("PNG", "1", {}),
        ("PNG", "I;16", {}),
    ],
)
def test_pictures_as_cameras_and_programs_write_them_are_taken(kind: str, mode: str, options: Any) -> None:
    if mode == "I;16":
        out = io.BytesIO()
        Image.new("I;16", (120, 80), 999).save(out, "PNG")
        content = out.getvalue()
    else:
        content = image_bytes(kind, mode, **options)
    checked = check(content, "bild.jpg")
    with Image.open(io.BytesIO(checked.content)) as picture:
        picture.load()
        assert picture.size == (120, 80)


@pytest.mark.parametrize("side", [7_746, 20_000, 50_000, 2**31 - 1])
def test_flood_of_pixels_is_refused_before_it_is_unpacked(side: int) -> None:
    error = refusal(png_that_claims(side, side), "flut.png")
    assert error.messages[0].endswith("Ein Foto mit normaler Auflösung genügt.") or error.messages[0].endswith(BROKEN)


def test_large_photograph_is_told_apart_from_a_broken_one(settings: Any) -> None:
    settings.UPLOAD_MAX_IMAGE_PIXELS = 100 * 100
    error = refusal(image_bytes(size=(101, 100)), "gross.jpg")
    assert error.code == "pixels"
    assert check(image_bytes(size=(100, 100)), "gross.jpg")


# -- what is no PDF and no photograph -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bild.jpg", image_bytes("GIF")),
        ("bild.gif", b"GIF89a/*\0\0\0\0\0*/=1;alert(1)"),
        ("bild.png", image_bytes("TIFF")),
        ("bild.jpg", image_bytes("WEBP")),
        ("bild.jpg", image_bytes("BMP")),
        ("wappen.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("wappen.png", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("antrag.pdf", b"<!doctype html><html><body><script>alert(1)</script></body></html>"),
        ("antrag.pdf", b"MZ\x90\0\x03" + b"\0" * 300),
        ("antrag.pdf", b"\x7fELF\x02\x01\x01" + b"\0" * 300),
        ("antrag.pdf", b"PK\x03\x04\x14\0\0\0" + b"\0" * 300),
        ("antrag.docx", b"PK\x03\x04\x14\0\x06\0word/document.xml" + b"\0" * 300),
        ("antrag.pdf", b"#!/bin/sh\nrm -rf /\n"),
        ("antrag.pdf", b"\0"),
        ("antrag.txt", "Grüße".encode()),
    ],
)
def test_anything_else_is_refused_whatever_its_name_says(name: str, content: bytes) -> None:
    error = refusal(content, name)
    assert error.messages == [f"„{name}“ {NO_PDF_NO_PHOTO}"]


def test_declared_type_counts_for_nothing() -> None:
    checked = uploads.check(upload(image_bytes("PNG"), "antrag.pdf", "application/pdf"))
    assert checked.media_type == "image/png"


def test_empty_file_is_refused() -> None:
    assert refusal(b"", "leer.pdf").messages == [
        "Die Datei „leer.pdf“ ist leer. Bitte wählen Sie die Datei noch einmal aus."
    ]


def test_file_over_the_limit_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    error = refusal(image_bytes() + b"\0" * 1024 * 1024, "gross.jpg")
    assert error.messages == ["Die Datei ist zu groß. Erlaubt sind 1 MB. Ein Foto mit normaler Auflösung genügt."]


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_photograph_that_ends_early_is_refused(kind: str, share: float) -> None:
    content = image_bytes(kind, size=(300, 200))
    assert refusal(content[: int(len(content) * share)], "halb.jpg").messages == [f"„halb.jpg“ {BROKEN}"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_pdf_that_ends_early_is_refused_and_not_shortened(share: float) -> None:
    """Repairing it would lose the last pages without anybody noticing."""
    content = scanned_pages(5)
    assert refusal(content[: int(len(content) * share)], "halb.pdf").messages == [f"„halb.pdf“ {BROKEN}"]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7",
        b"%PDF-1.4\n<html><script>alert(1)</script></html>\n%%EOF",
        b"%PDF-1.4\n" + b"[" * 100_000,
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF",
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n"
        b"<</Type/Pages/Kids[2 0 R]/Count 1>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF",
        b"\xff\xd8\xff\xe0" + b"A" * 5000,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    ],
)
def test_file_that_only_begins_like_one_is_refused(content: bytes) -> None:
    assert refusal(content, "x.pdf").messages[0].startswith("„x.pdf“ ")


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a"]), st.binary(max_size=400)
)
def test_noise_is_refused_with_a_sentence_and_nothing_else_happens(head: bytes, noise: bytes) -> None:
    with pytest.raises(ValidationError):
        check(head + noise)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.data())
def test_file_with_flipped_bytes_is_cleaned_or_refused(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([factories.jpeg_bytes(), factories.pdf_bytes(), PNG])))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        checked = check(bytes(content), "x.pdf")
    except ValidationError:
        return
    assert checked.content


PNG = image_bytes("PNG", size=(40, 30))


# -- PDFs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "1.4", "1.7", "2.0"])
@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.generate, pikepdf.ObjectStreamMode.disable])
def test_pdf_of_any_version_is_taken(version: str, mode: Any) -> None:
    checked = check(pdf_bytes(3, force_version=version, object_stream_mode=mode))
    assert checked.media_type == "application/pdf"
    with pikepdf.open(io.BytesIO(checked.content)) as pdf:
        assert len(pdf.pages) == 3


def test_pdf_with_a_wrong_table_is_repaired_and_keeps_its_pages() -> None:
    content = pdf_bytes(3, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    start = content.rindex(b"startxref")
    moved = content[:start] + re.sub(rb"[0-9]+", b"17", content[start:], count=1)
    with pytest.raises(pikepdf.PdfError):
        pikepdf.open(io.BytesIO(moved), attempt_recovery=False)
    with pikepdf.open(io.BytesIO(check(moved).content)) as pdf:
        assert len(pdf.pages) == 3


def test_pdf_with_a_password_is_refused() -> None:
    content = pdf_bytes(encryption=pikepdf.Encryption(user="geheim", owner="anders"))
    assert refusal(content, "konto.pdf").messages == [f"„konto.pdf“ {ENCRYPTED}"]


def test_pdf_that_opens_without_its_password_is_taken_and_has_none_afterwards() -> None:
    """Banks and insurers forbid printing with an owner's password; everybody can open it."""
    content = pdf_bytes(2, encryption=pikepdf.Encryption(user="", owner="anders"))
    with pikepdf.open(io.BytesIO(check(content).content)) as pdf:
        assert not pdf.is_encrypted
        assert len(pdf.pages) == 2


def test_pdf_with_too_many_pages_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_PDF_PAGES = 3
    assert check(pdf_bytes(3))
    assert refusal(pdf_bytes(4), "buch.pdf").messages == [
        "„buch.pdf“ hat mehr als 3 Seiten. Bitte laden Sie nur die nötigen Seiten hoch."
    ]


def test_pdf_without_a_page_is_refused() -> None:
    assert refusal(pdf_bytes(0), "nichts.pdf").messages == [f"„nichts.pdf“ {BROKEN}"]


def script(text: str = "app.alert(1)") -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String(text))


def _opens(pdf: pikepdf.Pdf, made: Any) -> None:
    pdf.Root.OpenAction = made(script())


def _names(pdf: pikepdf.Pdf, made: Any) -> None:
    tree = Dictionary(JavaScript=made(Dictionary(Names=Array([String("a"), made(script())]))))
    pdf.Root.Names = made(tree)


def _page_opens(pdf: pikepdf.Pdf, made: Any) -> None:
    pdf.pages[0].obj.AA = made(Dictionary(O=made(script())))


def _document_closes(pdf: pikepdf.Pdf, made: Any) -> None:
    pdf.Root.AA = made(Dictionary(WC=made(script())))


def _link(pdf: pikepdf.Pdf, made: Any, action: Dictionary) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 90, 90]), A=made(action))
    pdf.pages[0].obj.Annots = made(Array([made(link)]))


def _link_runs(pdf: pikepdf.Pdf, made: Any) -> None:
    _link(pdf, made, script())


def _link_runs_next(pdf: pikepdf.Pdf, made: Any) -> None:
    first = Dictionary(S=Name.URI, URI=String("https://wolfsburg.example"), Next=Array([made(script())]))
    _link(pdf, made, first)


def _link_launches(pdf: pikepdf.Pdf, made: Any) -> None:
    _link(pdf, made, Dictionary(S=Name.Launch, F=String("cmd.exe")))


def _field_computes(pdf: pikepdf.Pdf, made: Any) -> None:
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("x"), Rect=Array([0, 0, 9, 9]),
                       AA=made(Dictionary(C=made(script()))))  # fmt: skip
    pdf.Root.AcroForm = made(Dictionary(Fields=Array([pdf.make_indirect(field)])))


def _bookmark_runs(pdf: pikepdf.Pdf, made: Any) -> None:
    entry = pdf.make_indirect(Dictionary(Title=String("Kapitel"), A=made(script())))
    pdf.Root.Outlines = made(Dictionary(First=entry, Last=entry, Count=1))


def _has_xfa(pdf: pikepdf.Pdf, made: Any) -> None:
    xfa = pdf.make_stream(b"<xdp><script>app.alert(1)</script></xdp>")
    field = made(Dictionary(FT=Name.Tx, T=String("name"), V=String("Aylin")))
    pdf.Root.AcroForm = made(Dictionary(Fields=Array([field]), XFA=xfa))


ACTIVE = [_opens, _names, _page_opens, _document_closes, _link_runs, _link_runs_next, _link_launches,
          _field_computes, _bookmark_runs, _has_xfa]  # fmt: skip


@pytest.mark.parametrize("inline", [False, True], ids=["as objects", "inline"])
@pytest.mark.parametrize("activate", ACTIVE, ids=lambda f: f.__name__.strip("_"))
def test_active_parts_are_cut_out_of_a_pdf(activate: Any, inline: bool) -> None:
    """Whether a dictionary is an object of its own or lies inside another is up to the writer."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    activate(pdf, (lambda thing: thing) if inline else pdf.make_indirect)
    out = io.BytesIO()
    pdf.save(out)
    assert traces(out.getvalue())
    checked = check(out.getvalue())
    assert traces(checked.content) == set()
    with pikepdf.open(io.BytesIO(checked.content)) as cleaned:
        assert len(cleaned.pages) == 1


def traces(content: bytes) -> set[str]:
    """What of the active parts is left, looked for in plain sight."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(out, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    text = out.getvalue().decode("latin-1")
    words = ("app.alert", "cmd.exe", "/OpenAction", "/AA", "/JS", "/JavaScript <<", "/EmbeddedFiles", "/XFA")
    return {word for word in words if word in text}


def test_script_behind_an_escaped_name_does_not_get_in() -> None:
    content = pdf_bytes().replace(
        b"/Type /Catalog", b"/Type /Catalog /Open#41ction << /S /J#61vaScript /J#53 (app.alert) >>"
    )
    assert traces(content)
    # Written in by hand, so that the offsets no longer fit: repaired, then cleaned like any other.
    assert not traces(check(content, "x.pdf").content)


def test_words_and_pages_of_a_pdf_survive() -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    page.Contents = pdf.make_stream(b"BT /F1 12 Tf (Meldebescheinigung) Tj ET")
    pdf.Root.OpenAction = script()
    out = io.BytesIO()
    pdf.save(out)
    with pikepdf.open(io.BytesIO(check(out.getvalue()).content)) as cleaned:
        assert b"Meldebescheinigung" in cleaned.pages[0].Contents.read_bytes()


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("..\\..\\windows\\system32\\foto.jpg", "foto.jpg"),
        ("C:\\Users\\Aylin\\foto.jpg", "foto.jpg"),
        ("/etc/foto.jpg", "foto.jpg"),
        ("foto\u202egpj.jpg", "fotogpj.jpg"),
        ("\u2066foto\u2069\u200f.jpg", "foto.jpg"),
        ("fo\x00to\r\n\x1b[31m.jpg", "foto[31m.jpg"),
        ("foto\r\nSet-Cookie: a=b.jpg", "fotoSet-Cookie: a=b.jpg"),
        ("foto\ud800.jpg", "foto.jpg"),
        ("  foto.jpg ", "foto.jpg"),
        ("Łukaszewicz-Ñáñez ß 猫.jpg", "Łukaszewicz-Ñáñez ß 猫.jpg"),
        ("Cafe\u0301.jpg", "Café.jpg"),
        ("", "datei"),
        ("\u202e\x00", "datei"),
        ("ordner/", "datei"),
    ],
)
def test_name_is_shown_without_path_and_tricks(given_name: str, kept: str) -> None:
    assert uploads.clean_name(given_name) == kept


def test_long_name_keeps_its_end() -> None:
    kept = uploads.clean_name("ä" * 400 + ".jpg")
    assert len(kept) == 150
    assert kept.endswith(".jpg")


@pytest.mark.parametrize(
    ("content", "name", "kept"),
    [
        (factories.jpeg_bytes(), "foto.jpg.exe", ".jpg"),
        (factories.jpeg_bytes(), "foto.html", ".jpg"),
        (factories.pdf_bytes(), "antrag.pdf.hta", ".pdf"),
        (PNG, "bild.jpg", ".png"),
        (factories.pdf_bytes(), "antrag", ".pdf"),
    ],
    # The bytes of a PDF are others each time it is made.
    ids=["jpg-exe", "jpg-html", "pdf-hta", "png-jpg", "pdf-nothing"],
)
def test_name_ends_in_what_the_file_is(content: bytes, name: str, kept: str) -> None:
    """A clerk's machine opens a saved file by the end of its name."""
    assert check(content, name).name.endswith(kept)


@pytest.mark.parametrize("name", ["foto.jpg", "foto.JPG", "foto.jpeg", "Zulassung Teil I.jpg"])
def test_name_that_fits_is_kept_as_it_is(name: str) -> None:
    assert check(factories.jpeg_bytes(), name).name == name


@hypothesis_settings(max_examples=500, deadline=None)
@given(st.text(max_size=300))
def test_any_name_becomes_one_that_can_be_stored_and_shown(name: str) -> None:
    kept = uploads.clean_name(name)
    assert 1 <= len(kept) <= 150
    assert kept.isprintable() or all(c.isprintable() or c.isspace() for c in kept)
    assert "/" not in kept
    assert "\\" not in kept


# -- storing -----------------------------------------------------------------------------------


def test_stored_file_lies_where_its_name_tells_nothing(db: None) -> None:
    file = uploads.store(uploads.check(factories.photo("Zulassung Aylin.jpg")))
    path = Path(file.content.path)
    assert path.name == file.id.hex
    assert "Aylin" not in str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (file.size, file.scan) == (path.stat().st_size, ScanState.NOT_SCANNED)
    assert file.name == "Zulassung Aylin.jpg"


def test_stored_file_has_no_address_of_its_own(client: Any, aylin: Any, db: None) -> None:
    file = uploads.store(uploads.check(factories.photo()))
    for path in (
        file.content.url,
        f"/{file.content.name}",
        f"/media/{file.content.name}",
        f"/static/{file.content.name}",
    ):
        assert client.as_(aylin).get(path).status_code == 404


def test_bytes_outlive_a_deletion_that_is_rolled_back(db: None) -> None:
    """Filing deletes the draft's other files in its transaction; when that fails, the draft is still there."""
    file = uploads.store(uploads.check(factories.photo()))

    def filing_fails() -> None:
        with transaction.atomic():
            file.delete()
            raise RuntimeError("the rest of the work failed")

    with pytest.raises(RuntimeError):
        filing_fails()
    stored = PrivateFile.objects.get()
    assert stored.content.storage.exists(stored.content.name)


# -- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def vehicle_step(client: Any, aylin: Any) -> tuple[Any, Draft, str]:
    """Aylin at the step of her draft that asks for a file."""
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.parking_answers())
    return client.as_(aylin), draft, f"/antraege/entwurf/{draft.pk}/schritt/vehicle/"


def vehicle(**values: Any) -> dict[str, Any]:
    return {"plate": "WOB XY 987", "owner": "mine", "_shown": ["plate", "owner", "registration"], **values}


def test_file_too_large_is_refused_and_nothing_typed_is_lost(
    vehicle_step: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "security")
    client, draft, url = vehicle_step
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    big = upload(factories.jpeg_bytes() + b"\0" * (2 * 1024 * 1024), "zulassung.jpg")
    # The fields come in the order of the form: one before the file, one after it.
    shown = ["plate", "owner", "registration"]
    answer = client.post(url, {"_shown": shown, "plate": "WOB XY 987", "registration": big, "owner": "company_car"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "event=upload_refused network=127.0.0.0/24 code=too_large" in caplog.text
    assert "Die Datei ist zu groß. Erlaubt sind 1 MB." in page
    assert 'value="WOB XY 987"' in page
    assert 'value="company_car" id="id_owner_1" checked' in " ".join(page.split())
    assert not DraftUpload.objects.exists()
    assert not PrivateFile.objects.exists()
    draft.refresh_from_db()
    assert draft.typed["vehicle"]["plate"] == ["WOB XY 987"]
    assert 'value="WOB XY 987"' in client.get(url).content.decode()


def test_file_that_is_none_is_refused_and_nothing_typed_is_lost(vehicle_step: Any) -> None:
    client, _draft, url = vehicle_step
    answer = client.post(url, vehicle(registration=upload(b"MZ\x90\0" + b"\0" * 300, "zulassung.pdf")))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "ist keine PDF-Datei und kein Foto" in page
    assert 'value="WOB XY 987"' in page


def test_good_file_beside_a_wrong_answer_is_kept(vehicle_step: Any) -> None:
    client, draft, url = vehicle_step
    answer = client.post(url, vehicle(plate="???", registration=factories.photo()))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "zulassung.jpg" in page
    assert draft.uploads.get().file.name == "zulassung.jpg"
    assert client.post(url, vehicle()).status_code == 302


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/cron.d/x.jpg",
        "..%2f..%2fx.jpg",
        "x\u202egpj.jpg",
        "<script>alert(1)</script>.jpg",
        '"onload=1".jpg',
    ],
)
def test_hostile_name_over_http_is_only_a_label(vehicle_step: Any, name: str) -> None:
    client, draft, url = vehicle_step
    photo = factories.photo()
    # Past the cleaning that Django does on the client's side of a test.
    photo._name = name
    client.post(url, vehicle(registration=photo))
    file = draft.uploads.get().file
    assert Path(file.content.path).name == file.id.hex
    assert "\u202e" not in file.name
    page = client.get(url).content.decode()
    assert "<script>alert" not in page
    answer = client.get(f"/antraege/entwurf/{draft.pk}/datei/{file.pk}/")
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_eleventh_file_of_a_draft_is_refused(
    vehicle_step: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "security")
    client, draft, url = vehicle_step
    settings.UPLOAD_MAX_FILES_PER_DRAFT = 1
    client.post(url, vehicle(registration=factories.photo("eins.jpg")))
    answer = client.post(url, vehicle(registration=factories.photo("zwei.jpg")))
    assert answer.status_code == 422
    assert "Mehr als 1 Dateien sind nicht möglich." in answer.content.decode()
    assert "event=upload_refused" in caplog.text
    assert "code=too_many" in caplog.text
    assert draft.uploads.get().file.name == "eins.jpg"


def test_eleventh_file_is_refused_before_it_is_checked(
    vehicle_step: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _draft, url = vehicle_step
    settings.UPLOAD_MAX_FILES_PER_DRAFT = 1
    client.post(url, vehicle(registration=factories.photo("eins.jpg")))
    checked: list[Any] = []
    monkeypatch.setattr(uploads, "check", checked.append)
    client.post(url, vehicle(registration=factories.photo("zwei.jpg")))
    assert not checked


def test_person_stores_only_so_much_in_a_day(
    vehicle_step: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "security")
    client, draft, url = vehicle_step
    photo = factories.photo("eins.jpg")
    settings.UPLOAD_BYTES_PER_DAY = int(photo.size * 1.5)
    client.post(url, vehicle(registration=photo))
    assert draft.uploads.get().file.name == "eins.jpg"
    answer = client.post(url, vehicle(registration=factories.photo("zwei.jpg")))
    assert answer.status_code == 422
    assert "„zwei.jpg“ können wir heute nicht mehr annehmen" in answer.content.decode()
    assert "WOB XY 987" in answer.content.decode()
    assert "code=total" in caplog.text
    assert draft.uploads.get().file.name == "eins.jpg"


def test_strangers_of_one_network_store_only_so_much_in_a_day(db: None, settings: Any) -> None:
    checked = uploads.check(factories.photo("eins.jpg"))
    settings.UPLOAD_BYTES_PER_DAY = int(len(checked.content) * 1.5)

    def stored(address: str, user: Any = None) -> bool:
        request = RequestFactory().get("/", REMOTE_ADDR=address)
        request.user = user or AnonymousUser()
        with allauth_context.request_context(request), suppress(ValidationError):
            uploads.store(checked)
            return True
        return False

    assert [stored("203.0.113.1"), stored("203.0.113.1"), stored("203.0.113.2")] == [True, False, True]
    # Clerks scan what comes by post.
    karla = factories.staff("karla@example.org", "Karla", "Brandes")
    assert all(stored("203.0.113.1", karla) for _ in range(3))


def test_some_of_the_disk_stays_free(vehicle_step: Any, settings: Any) -> None:
    client, draft, url = vehicle_step
    settings.UPLOAD_FREE_BYTES = 2**62
    answer = client.post(url, vehicle(registration=factories.photo("eins.jpg")))
    assert answer.status_code == 422
    assert "Wir können gerade keine Dateien speichern." in answer.content.decode()
    assert not draft.uploads.exists()


def test_answer_with_a_file_too_large_keeps_its_words(
    client: Any, parking_case: Case, aylin: Any, karla: Any, settings: Any
) -> None:
    cases.ask(parking_case, body="Bitte ein besseres Foto.", due_on=add_working_days(today(), 5), by=karla)
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    big = upload(factories.jpeg_bytes() + b"\0" * (2 * 1024 * 1024), "foto.jpg")
    url = f"/mein-bereich/vorgaenge/{parking_case.reference}/antworten/"
    answer = client.as_(aylin).post(url, {"file": big, "body": "Hier ist es, viel Grüße an D’Angelo."})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Die Datei ist zu groß. Erlaubt sind 1 MB." in page
    assert "Hier ist es, viel Grüße an D’Angelo." in page
    assert not parking_case.messages.filter(direction="in").exists()
    assert PrivateFile.objects.count() == 1


def test_answer_with_nothing_but_a_file_too_large_is_told_only_that(
    client: Any, parking_case: Case, aylin: Any, karla: Any, settings: Any
) -> None:
    cases.ask(parking_case, body="Bitte ein besseres Foto.", due_on=add_working_days(today(), 5), by=karla)
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    big = upload(factories.jpeg_bytes() + b"\0" * (2 * 1024 * 1024), "foto.jpg")
    url = f"/mein-bereich/vorgaenge/{parking_case.reference}/antworten/"
    page = client.as_(aylin).post(url, {"file": big, "body": ""}).content.decode()
    assert "Die Datei ist zu groß." in page
    assert "Bitte schreiben Sie etwas oder fügen Sie eine Datei an." not in page


# -- virus scan --------------------------------------------------------------------------------


class Clamd:
    """What stands in for a ClamAV daemon."""

    verdict: Any = {"stream": ("OK", None)}

    def __init__(self, *_args: Any, **_options: Any) -> None:
        pass

    def instream(self, _content: Any) -> Any:
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


@pytest.fixture
def clamd(settings: Any, monkeypatch: Any) -> type[Clamd]:
    settings.CLAMAV_SOCKET = "/run/clamd"
    scanner = type("ThisClamd", (Clamd,), {})
    monkeypatch.setattr(uploads, "ClamdUnixSocket", scanner)
    return scanner


def test_malware_is_refused(clamd: Any) -> None:
    clamd.verdict = {"stream": ("FOUND", "Eicar-Test-Signature")}
    assert refusal(factories.jpeg_bytes(), "foto.jpg").messages == [
        "In „foto.jpg“ wurde Schadsoftware gefunden. Die Datei wurde nicht angenommen."
    ]


def test_scanner_that_is_away_holds_up_nobody_but_the_file_stays_shut(clamd: Any, db: None) -> None:
    clamd.verdict = ConnectionRefusedError()
    file = uploads.store(uploads.check(factories.photo()))
    assert file.scan == ScanState.PENDING
    assert not file.viewable
    uploads.scan_stored(str(file.pk))
    assert PrivateFile.objects.get().scan == ScanState.PENDING
    clamd.verdict = {"stream": ("OK", None)}
    uploads.scan_stored(str(file.pk))
    assert PrivateFile.objects.get().viewable


def test_malware_found_later_keeps_the_file_shut_for_good(clamd: Any, db: None) -> None:
    clamd.verdict = ConnectionRefusedError()
    file = uploads.store(uploads.check(factories.photo()))
    clamd.verdict = {"stream": ("FOUND", "Eicar-Test-Signature")}
    uploads.scan_stored(str(file.pk))
    found = PrivateFile.objects.get()
    assert (found.scan, found.viewable) == (ScanState.INFECTED, False)
