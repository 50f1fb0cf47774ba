"""What is cleaned looks as it looked before, or is refused with a way out; and no file stops the portal."""

import base64
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pikepdf
import pillow_heif
import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops, ImageCms, ImageDraw

from apps.core import cleaning, limits, uploads, workshop
from apps.core.models import ScanState
from tests import factories
from tests.conftest import SecureClient
from tests.core import hostile
from wolfsburg_portal.engines import ROOT


def check(content: bytes, name: str = "datei") -> uploads.CheckedFile:
    return uploads.check(SimpleUploadedFile(name, content))


def refused(content: bytes, name: str = "datei") -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        check(content, name)
    return caught.value


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def as_seen(content: bytes) -> Image.Image:
    """A picture as a viewer shows it: upright, on white, in the colours of its profile."""
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened
        if picture.mode.startswith("I"):
            picture = picture.convert("I").point(lambda v: v * (1 / 256)).convert("L")
        if profile := picture.info.get("icc_profile"):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            picture = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        return white.convert("RGB")


def difference(before: bytes, after: bytes) -> float:
    """How far two pictures are apart, on average and from 0 to 255."""
    a, b = as_seen(before), as_seen(after)
    assert a.size == b.size
    histogram = ImageChops.difference(a, b).convert("L").histogram()
    return sum(value * count for value, count in enumerate(histogram)) / (a.width * a.height)


def drawn(mode: str = "RGB", ground: Any = "white", ink: Any = "black") -> Image.Image:
    picture = Image.new(mode, (400, 200), ground)
    pen = ImageDraw.Draw(picture)
    pen.text((30, 40), "FAHRZEUGSCHEIN WOB AO 123", fill=ink)
    pen.rectangle((30, 100, 200, 150), fill=ink)
    return picture


# -- pictures -------------------------------------------------------------------------------------------------


def sixteen_bits() -> bytes:
    picture = Image.new("I;16", (400, 200), 60_000)
    for x in range(400):
        for y in range(80, 120):
            picture.putpixel((x, y), x * 160)
    return encoded(picture, "PNG")


def transparent_palette() -> bytes:
    picture = drawn("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)).quantize(16)
    return encoded(picture, "PNG")


def wide_gamut() -> bytes:
    """A telephone's colours: the same numbers mean others under its profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encoded(drawn("RGB", (230, 180, 200), (20, 70, 90)), "PNG", icc_profile=profile)


PICTURES: dict[str, Callable[[], bytes]] = {
    "16 bits of grey": sixteen_bits,
    "palette with transparency": transparent_palette,
    "grey with a transparent value": lambda: encoded(drawn("L", 255, 0), "PNG", transparency=255),
    "colour with a transparent value": lambda: encoded(drawn(), "PNG", transparency=(255, 255, 255)),
    "grey with alpha": lambda: encoded(drawn("LA", (0, 0), (0, 255)), "PNG"),
    "transparent value with a profile": lambda: encoded(
        drawn(),
        "PNG",
        transparency=(255, 255, 255),
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ),
    "two colours": lambda: encoded(drawn("1", 1, 0), "PNG"),
    "plain palette": lambda: encoded(drawn().quantize(8), "PNG"),
    "printing colours": lambda: encoded(drawn().convert("CMYK"), "JPEG", quality=92),
    "grey photograph": lambda: encoded(drawn("L", 255, 0), "JPEG", quality=92),
    "profile": wide_gamut,
}


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_picture_looks_as_it_looked(make: Callable[[], bytes]) -> None:
    before = make()
    after = check(before).content
    assert difference(before, after) < 3
    # And not because both are blank.
    extremes = as_seen(after).convert("L").getextrema()
    assert extremes[1] - extremes[0] > 60
    with Image.open(io.BytesIO(after)) as cleaned:
        assert not {"icc_profile", "exif", "comment"} & set(cleaned.info)


def test_photograph_of_an_iphone_becomes_one_that_everybody_can_open() -> None:
    pillow_heif.register_heif_opener()
    before = encoded(drawn("RGB", (250, 250, 245), (20, 40, 60)), "HEIF", quality=90)
    assert before[4:8] == b"ftyp"
    checked = check(before, "IMG_0001.HEIC")
    assert (checked.media_type, checked.name) == ("image/jpeg", "IMG_0001.HEIC.jpg")
    assert difference(before, checked.content) < 4


def test_broken_heic_is_refused_with_the_way_out() -> None:
    broken = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 500
    assert "Maximale Kompatibilität" in refused(broken, "IMG_0001.HEIC").messages[0]


def test_very_large_photograph_keeps_its_look_at_half_the_size() -> None:
    before = encoded(drawn().resize((6400, 4400)), "JPEG", quality=60)
    with Image.open(io.BytesIO(check(before).content)) as after:
        assert after.size == (3200, 2200)


def test_picture_with_too_many_pixels_is_refused() -> None:
    header = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert refused(header).code == "pixels"


# -- PDF ------------------------------------------------------------------------------------------------------


def pdf_bytes(change: Callable[[pikepdf.Pdf], None] = lambda _pdf: None, **options: Any) -> bytes:
    """A page with a word and a box on it."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(300, 200))
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    page.Resources = Dictionary(Font=Dictionary(F1=font))
    page.Contents = pdf.make_stream(b"BT /F1 20 Tf 20 150 Td (FAHRZEUGSCHEIN) Tj ET 20 20 100 60 re f")
    change(pdf)
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def rendered(content: bytes, folder: Path, name: str) -> bytes:
    source = folder / f"{name}.pdf"
    source.write_bytes(content)
    subprocess.run(["pdftoppm", "-png", "-r", "60", source, folder / name], check=True)
    return b"".join(p.read_bytes() for p in sorted(folder.glob(f"{name}-*.png")))


def _form(pdf: pikepdf.Pdf) -> None:
    xfa = pdf.make_stream(b"<xdp/>")
    look = pdf.make_stream(b"BT /F1 12 Tf 2 4 Td (Aylin) Tj ET", Type=Name.XObject, Subtype=Name.Form,
                           BBox=Array([0, 0, 80, 20]), Resources=pdf.pages[0].Resources)  # fmt: skip
    field = pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"),
                                         V=String("Aylin"), F=4, Rect=Array([150, 50, 230, 70]), AP=Dictionary(N=look)))  # fmt: skip
    pdf.pages[0].Annots = Array([field])
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([field]), XFA=xfa))


def _invoice(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["factur-x.xml"] = pikepdf.AttachedFileSpec(pdf, b"<Invoice/>", filename="factur-x.xml")


def _link(target: str) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        action = Dictionary(S=Name.URI, URI=String(target))
        pdf.pages[0].Annots = Array(
            [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 50, 50]), A=action)]
        )

    return change


LOOKING_ALIKE: dict[str, bytes] = {
    "plain": pdf_bytes(),
    "owner's password": pdf_bytes(encryption=pikepdf.Encryption(user="", owner="geheim")),
    "form with fields of its own": pdf_bytes(_form),
    "electronic invoice": pdf_bytes(_invoice),
    "link": pdf_bytes(_link("https://www.wolfsburg.de/")),
    "object streams": pdf_bytes(object_stream_mode=pikepdf.ObjectStreamMode.generate),
}


@pytest.mark.parametrize("before", LOOKING_ALIKE.values(), ids=LOOKING_ALIKE)
def test_pdf_looks_as_it_looked(before: bytes, tmp_path: Path) -> None:
    after = check(before).content
    assert rendered(before, tmp_path, "before") == rendered(after, tmp_path, "after")
    assert b"XFA" not in after


def test_form_that_only_one_program_shows_is_refused_with_the_way_out() -> None:
    def dynamic(pdf: pikepdf.Pdf) -> None:
        pdf.Root.NeedsRendering = True
        pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))

    def without_fields(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>")))

    for change in (dynamic, without_fields):
        error = refused(pdf_bytes(change), "antrag.pdf")
        assert error.code == "xfa"
        assert "Als PDF drucken" in error.messages[0]


def test_file_that_carries_others_is_refused_with_the_way_out() -> None:
    def attached(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["fahrzeugschein.pdf"] = pikepdf.AttachedFileSpec(
            pdf, b"%PDF-1.4", filename="fahrzeugschein.pdf"
        )

    def portfolio(pdf: pikepdf.Pdf) -> None:
        attached(pdf)
        pdf.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D)

    def pinned(pdf: pikepdf.Pdf) -> None:
        spec = Dictionary(Type=Name.Filespec, F=String("a.docx"), EF=Dictionary(F=pdf.make_stream(b"x")))
        pdf.pages[0].Annots = Array([pdf.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=spec))])  # fmt: skip

    for change in (attached, portfolio, pinned):
        error = refused(pdf_bytes(change), "mappe.pdf")
        assert error.code == "attachments"
        assert "einzeln" in error.messages[0]


EVIL = ["javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:x",
        "file:///etc/passwd", "\\\\server\\share", "data:text/html,x", "vbscript:x", "/konto/loeschen/", "smb://x/y", ""]  # fmt: skip


@pytest.mark.parametrize("target", EVIL)
def test_link_that_leads_elsewhere_than_the_web_is_cut(target: str) -> None:
    with pikepdf.open(io.BytesIO(check(pdf_bytes(_link(target))).content)) as pdf:
        action = pdf.pages[0].Annots[0].get("/A", {})
        assert "/URI" not in action
        assert "/S" not in action


@pytest.mark.parametrize(
    "target", ["https://www.wolfsburg.de/", "http://example.org", "mailto:a@example.org", "tel:115", "HTTPS://X.DE"]
)
def test_link_to_the_web_stays(target: str) -> None:
    with pikepdf.open(io.BytesIO(check(pdf_bytes(_link(target))).content)) as pdf:
        assert str(pdf.pages[0].Annots[0].A.URI) == target


def test_base_of_relative_links_is_cut() -> None:
    def based(pdf: pikepdf.Pdf) -> None:
        pdf.Root.URI = Dictionary(Base=String("javascript:"))

    with pikepdf.open(io.BytesIO(check(pdf_bytes(based)).content)) as pdf:
        assert "/URI" not in pdf.Root


def test_catalogue_in_the_trailer_itself_is_cleaned_too() -> None:
    content = (
        b"%PDF-1.4\n1 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\n"
        b"2 0 obj<</Type/Page/Parent 1 0 R/MediaBox[0 0 200 200]>>endobj\n"
        b"trailer<</Root<</Type/Catalog/Pages 1 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>"
        b"/AA<</WC<</S/JavaScript/JS(x)>>>>>>>>\nstartxref\n0\n%%EOF\n"
    )
    after = check(content).content
    assert b"JavaScript" not in after
    assert b"OpenAction" not in after


@pytest.mark.parametrize("indirect", [True, False])
@pytest.mark.parametrize("kind", ["Thread", "Unheard", "GoToR", "Launch", "SubmitForm"])
def test_action_of_any_other_kind_is_cut(kind: str, indirect: bool) -> None:
    def acting(pdf: pikepdf.Pdf) -> None:
        action = Dictionary(S=Name(f"/{kind}"), F=String("file:///etc/passwd"))
        later = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]), Next=Dictionary(action))
        made = pdf.make_indirect if indirect else (lambda thing: thing)
        pdf.pages[0].Annots = Array([
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 50, 50]), A=made(action)),
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 50, 50]), A=made(later)),
            Dictionary(Type=Name.Annot, Subtype=Name.Movie, Rect=Array([0, 0, 9, 9]), Movie=Dictionary(F=String("//x/y"))),
        ])  # fmt: skip

    with pikepdf.open(io.BytesIO(check(pdf_bytes(acting)).content)) as pdf:
        text = " ".join(repr(thing) for thing in pdf.objects)
        assert kind not in text
        assert "passwd" not in text.replace("/F", "") or indirect
        for annotation in pdf.pages[0].Annots:
            assert "/S" not in annotation.get("/A", {}) or Name.GoTo == annotation.A.S
            assert "/Next" not in annotation.get("/A", {})
            assert "/Movie" not in annotation


# -- hostile files --------------------------------------------------------------------------------------------


def deflated(megabytes: int, times: int) -> bytes:
    """So many megabytes of nothing, packed so many times; one is packed and repeated, for speed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    # The checksum of nothing but zeros is known (RFC 1950): 1, and how many there are.
    check = ((megabytes << 20) % 65521 << 16 | 1).to_bytes(4, "big")
    packed = b"\x78\x9c" + block * megabytes + b"\x03\x00" + check
    for _ in range(times - 1):
        packed = zlib.compress(packed, 9)
    return packed


def bomb(megabytes: int, times: int) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    stream = pikepdf.Stream(pdf, b"")
    filters = Array([Name.FlateDecode] * times) if times > 1 else Name.FlateDecode
    stream.write(deflated(megabytes, times), filter=filters)
    page.Contents = stream
    out = io.BytesIO()
    pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return out.getvalue()


@pytest.fixture(scope="module")
def chained() -> bytes:
    made = bomb(1500, 3)
    assert len(made) < 5000
    return made


@pytest.fixture(scope="module")
def flat() -> bytes:
    return bomb(700, 1)


@pytest.mark.parametrize("name", ["chained", "flat"])
def test_bomb_is_refused_with_a_sentence(name: str, request: pytest.FixtureRequest) -> None:
    error = refused(request.getfixturevalue(name), "bombe.pdf")
    assert error.code == "limit"
    assert "als PDF drucken" in error.messages[0]


@pytest.mark.parametrize("packing", ["in an array", "twice", "three times", "many streams"])
def test_bomb_in_another_packing_is_refused(packing: str) -> None:
    pdf = pikepdf.new()
    times = {"twice": 2, "three times": 3}.get(packing, 1)
    count = 6 if packing == "many streams" else 1
    for _ in range(count):
        stream = pikepdf.Stream(pdf, b"")
        filters = Array([Name.FlateDecode] * times)
        stream.write(deflated(200 if count > 1 else 300, times), filter=filters)
        pdf.add_blank_page().Contents = stream
    out = io.BytesIO()
    pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    assert refused(out.getvalue()).code == "limit"


def test_usual_chains_of_filters_are_taken(tmp_path: Path) -> None:
    def packed(pdf: pikepdf.Pdf) -> None:
        stream = pikepdf.Stream(pdf, b"")
        text = b"BT /F1 20 Tf 20 150 Td (FAHRZEUGSCHEIN) Tj ET"
        stream.write(
            base64.a85encode(zlib.compress(text)) + b"~>", filter=Array([Name.ASCII85Decode, Name.FlateDecode])
        )
        pdf.pages[0].Contents = stream

    before = pdf_bytes(packed, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    assert rendered(before, tmp_path, "before") == rendered(check(before).content, tmp_path, "after")


def test_network_that_has_kept_the_children_busy_for_long_waits(vehicle_step: Any) -> None:
    client, url = vehicle_step
    limits.within("upload-time", "127.0.0.1", limit=10**9, seconds=600, amount=uploads.BUSY_MILLISECONDS + 1)
    page = client.post(url, {"registration": factories.photo()}).content.decode()
    assert "in einer Minute" in page
    cache.clear()
    client.post(url, {"registration": factories.photo()})
    assert limits.counted("upload-time", "127.0.0.1") > 0


@pytest.mark.parametrize(
    "filters", ["Fl", "AHx Fl", "ASCIIHexDecode FlateDecode", "A85 Fl", "RunLengthDecode FlateDecode"]
)
def test_bomb_under_other_names_is_refused(filters: str) -> None:
    names = filters.split()
    packed = deflated(300, 1)
    if "A85" in names:
        packed = base64.a85encode(packed) + b"~>"
    elif len(names) > 1:
        packed = packed.hex().encode() + b">"
    assert refused(_with_stream(packed, names)).code == "limit"


@pytest.mark.parametrize("filters", ["RunLengthDecode", "RL", "RunLengthDecode RunLengthDecode", "FlateDecode RL"])
def test_bomb_of_run_lengths_is_refused(filters: str) -> None:
    names = filters.split()
    # 128 bytes for two; or runs of runs.
    packed = b"\x81\x81\x81\x00" * 600_000 if len(names) > 1 else b"\x81\x00" * 2_200_000
    if names[0] == "FlateDecode":
        packed = zlib.compress(b"\x81\x00" * 2_200_000)
    assert refused(_with_stream(packed, names)).code == "limit"


def test_run_lengths_of_a_usual_size_are_taken() -> None:
    packed = bytes([14]) + b"0 0 m 10 10 l S" + b"\xf0 \x80"
    assert check(_with_stream(packed, ["RunLengthDecode"])).media_type == "application/pdf"


def test_bomb_of_lzw_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "MOST_STREAM_BYTES", 10_000_000)
    kept = {"max_pages": 100, "max_pixels": 60_000_000}
    assert cleaning.clean(_with_stream(lzw(4000, 5000), ["LZWDecode"]), **kept).refused == "limit"
    assert cleaning.clean(_with_stream(lzw(400, 500), ["LZW"]), **kept).media_type == "application/pdf"


def lzw(width: int, height: int) -> bytes:
    """So many zeros, packed as TIFF and PDF do it."""
    out = io.BytesIO()
    Image.new("L", (width, height)).save(out, "TIFF", compression="tiff_lzw", tiffinfo={278: height})
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        at, length = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
    return out.getvalue()[at : at + length]


@pytest.mark.parametrize("first", ["ASCII85Decode", "AHx"])
def test_text_coded_page_is_taken(first: str) -> None:
    packed = zlib.compress(b"0 0 m 10 10 l S")
    coded = base64.a85encode(packed) + b"~>" if first == "ASCII85Decode" else packed.hex().encode() + b">"
    assert check(_with_stream(coded, [first, "FlateDecode"])).media_type == "application/pdf"


def _with_stream(packed: bytes, names: list[str]) -> bytes:
    pdf = pikepdf.new()
    stream = pikepdf.Stream(pdf, b"")
    stream.write(packed, filter=Array([Name("/" + name) for name in names]))
    pdf.add_blank_page().Contents = stream
    out = io.BytesIO()
    pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return out.getvalue()


def test_after_a_bomb_the_next_file_is_checked(chained: bytes) -> None:
    refused(chained)
    assert check(factories.jpeg_bytes()).media_type == "image/jpeg"


@pytest.mark.parametrize("work", [hostile.eats_memory, hostile.eats_time, hostile.sleeps, hostile.dies])
def test_child_is_stopped_at_its_limits(work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "CLOCK_SECONDS", 6)
    with pytest.raises(workshop.LimitBroken):
        workshop.timed(work)
    assert workshop.timed(abs, -3)[0] == 3


def test_child_works_at_the_lowest_priority_and_knows_nothing_of_the_portal() -> None:
    told = workshop.timed(hostile.tells)[0]
    assert told["nice"] == 19
    assert told["memory"] == workshop.MEMORY_BYTES
    assert not told["django"]


def test_child_that_is_ended_from_outside_costs_nobody_a_file() -> None:
    for _ in range(3):
        os.kill(workshop.timed(hostile.tells)[0]["pid"], signal.SIGKILL)
        time.sleep(0.3)
        assert check(factories.jpeg_bytes()).media_type == "image/jpeg"


def test_children_end_with_whoever_has_started_them() -> None:
    """Also when it is killed and says goodbye to nobody."""
    program = (
        "import sys, time\n"
        "from apps.core import workshop\n"
        "from tests.core import hostile\n"
        "print(workshop.timed(hostile.tells)[0]['pid'], flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.1)


def test_who_comes_when_all_places_are_taken_is_asked_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_places", threading.BoundedSemaphore(1))
    workshop._places.acquire()
    error = refused(factories.jpeg_bytes())
    assert error.code == "busy"
    assert "in einer Minute" in error.messages[0]


def test_nobody_takes_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(workshop._owners, "203.0.113.7", workshop.PLACES_PER_OWNER)
    with pytest.raises(workshop.Busy), workshop.place("203.0.113.7"):
        pass
    with workshop.place("203.0.113.8"):
        assert workshop._owners["203.0.113.8"] == 1
    assert "203.0.113.8" not in workshop._owners
    assert not workshop._owners[""]


def test_scanner_that_hangs_is_waited_for_in_the_same_few_places(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes connections and never answers; the threads of other pages do not wait with it."""
    settings.CLAMAV_SOCKET = str(tmp_path / "clamd")
    monkeypatch.setattr(workshop, "_places", threading.BoundedSemaphore(1))
    with socket.socket(socket.AF_UNIX) as hanging, ThreadPoolExecutor(1) as pool:
        hanging.bind(settings.CLAMAV_SOCKET)
        hanging.listen()
        hanging.settimeout(60)
        first = pool.submit(check, factories.jpeg_bytes())
        waiting, _address = hanging.accept()
        assert refused(factories.jpeg_bytes()).code == "busy"
        waiting.close()
        assert first.result(60).scan == ScanState.PENDING


def test_child_is_not_ended_while_it_hands_over_a_result() -> None:
    """What it did is counted, not what comes after: ended there, it would leave the queue of the others locked."""
    during, after = workshop.timed(hostile.limits_of_time)[0]
    assert during > 0
    assert after == -1


@pytest.fixture
def vehicle_step(aylin: Any) -> tuple[SecureClient, str]:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.parking_answers())
    return SecureClient().as_(aylin), f"/antraege/entwurf/{draft.pk}/schritt/vehicle/"


def test_hostile_file_in_a_form_keeps_what_was_typed(vehicle_step: Any, chained: bytes) -> None:
    client, url = vehicle_step
    answer = client.post(url, {"plate": "WOB XY 987", "registration": SimpleUploadedFile("b.pdf", chained)})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "nicht prüfen können" in page
    assert 'value="WOB XY 987"' in page


def test_whoever_sends_bombs_is_not_heard_for_a_while(vehicle_step: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, url = vehicle_step

    def broken(*_args: Any, **_options: Any) -> None:
        raise workshop.LimitBroken

    monkeypatch.setattr(workshop, "timed", broken)
    assert _heard(client, url) == [True, True, True, False]


def test_file_that_runs_out_of_memory_counts_like_one_that_ends_its_child(
    vehicle_step: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, url = vehicle_step
    monkeypatch.setattr(workshop, "timed", lambda *_args, **_options: (cleaning.Result(refused="limit"), 0.1))
    assert _heard(client, url) == [True, True, True, False]


def _heard(client: SecureClient, url: str) -> list[bool]:
    """Whether each of four bombs was looked at."""
    pages = [
        client.post(url, {"registration": SimpleUploadedFile("b.pdf", factories.pdf_bytes())}).content.decode()
        for _ in range(4)
    ]
    assert "in einer Minute" in pages[3]
    return ["nicht prüfen können" in page for page in pages]


def test_file_inputs_say_what_may_be_chosen(vehicle_step: Any) -> None:
    client, url = vehicle_step
    page = client.get(url).content.decode()
    for kind in (".pdf", ".jpg", ".png", ".heic", "image/jpeg"):
        assert kind in page.split('type="file"')[1].split(">")[0] + page.split('type="file"')[0].rsplit("<input", 1)[1]
