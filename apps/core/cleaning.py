"""What is done to the bytes of an upload: recognised, parsed, cleaned. Runs in child processes (see workshop.py).

Knows neither Django nor the database, so that a child starts quickly and holds nothing worth stealing. A picture is
encoded anew, a PDF loses its active parts; both look afterwards as they looked before, or are refused.
"""

import base64
import binascii
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pillow_heif
from PIL import Image, ImageCms, ImageFile, ImageOps

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
# Entries of a PDF that make it do something when it is opened or carry something else in it.
ACTIVE_PDF_NAMES = (
    "/OpenAction", "/AA", "/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/RichMedia",
    "/Movie", "/Sound",
)  # fmt: skip
# A PDF ends with %%EOF; readers look for it in the last bytes.
PDF_END = 2048
# Actions that stay: following a link and jumping to a page.
HARMLESS_ACTIONS = ("/URI", "/GoTo", "/Named")
# Under these keys lies an action, or several.
ACTION_KEYS = ("/A", "/PA", "/Next")
ACTIONS = (*HARMLESS_ACTIONS, "/Thread", "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/ResetForm", "/GoToR", "/GoToE",
           "/Rendition", "/Movie", "/Sound", "/Hide", "/SetOCGState", "/Trans", "/GoTo3DView", "/RichMediaExecute")  # fmt: skip
# Where a link may lead; what names no scheme would lead into the portal itself.
LINK = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
# One stream of a PDF unpacked: a page scanned at 600 dpi in colour has some 100 MB.
MOST_STREAM_BYTES = 256 * 1024 * 1024
MOST_FILE_BYTES = 1024 * 1024 * 1024
# Long and short names of filters (ISO 32000-1, tables 6 and 94); readers take both everywhere.
FLATE = frozenset({"/FlateDecode", "/Fl"})
HEX = frozenset({"/ASCIIHexDecode", "/AHx"})
ASCII85 = frozenset({"/ASCII85Decode", "/A85"})
RUN_LENGTH = frozenset({"/RunLengthDecode", "/RL"})
LZW = frozenset({"/LZWDecode", "/LZW"})
MOST_FILTERS = 2
# A photograph with more is read at half its size, which is as sharp as any screen or printer.
HALVED_FROM_PIXELS = 25_000_000
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"}

pillow_heif.register_heif_opener()


class Refused(Exception):
    """Not taken; ``code`` says why, ``params`` with which numbers."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True)
class Result:
    """What became of an upload: its cleaned bytes, or why it is not taken."""

    content: bytes = b""
    media_type: str = ""
    refused: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def clean(content: bytes, *, max_pages: int, max_pixels: int) -> Result:
    """Check and clean the bytes of an upload; refusals are results, since they cross a process."""
    try:
        media_type = media_type_of(content)
        if media_type == PDF:
            return Result(_clean_pdf(content, max_pages), PDF)
        if media_type:
            return _clean_picture(content, media_type, max_pixels)
        raise Refused("type")
    except Refused as refused:
        return Result(refused=refused.code, params=refused.params)


def media_type_of(content: bytes) -> str:
    """What the first bytes claim; whether it is true, the parser decides."""
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return HEIC
    return ""


# -- pictures ---------------------------------------------------------------------------------------------


def _clean_picture(content: bytes, media_type: str, max_pixels: int) -> Result:
    """Encode the picture anew: metadata (place, device) and anything appended are gone, what is seen stays."""
    # WeasyPrint switches this on for the whole process; half a document must not pass for one.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = max_pixels
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "HEIF")) as probe:
            pixels = probe.width * probe.height
            if pixels > max_pixels:
                raise Refused("pixels", limit=max_pixels // 1_000_000)
            if media_type == JPEG and pixels > HALVED_FROM_PIXELS:
                probe.draft(None, (probe.width // 2, probe.height // 2))
            picture = _in_plain_colours(ImageOps.exif_transpose(probe))
            picture.info = {}
            if media_type == PNG:
                picture.save(out, "PNG")
                return Result(out.getvalue(), PNG)
            picture.convert("RGB").save(out, "JPEG", quality=88)
            return Result(out.getvalue(), JPEG)
    except Refused:
        raise
    except MemoryError as error:
        raise Refused("limit") from error
    except Image.DecompressionBombError as error:
        raise Refused("pixels", limit=max_pixels // 1_000_000) from error
    except Exception as error:
        # Pillow raises a wide range of types for hostile files; all of them mean the same here.
        raise Refused("heic" if media_type == HEIC else "broken") from error


def _in_plain_colours(picture: Image.Image) -> Image.Image:
    """The same picture in a mode every viewer shows alike, its colour profile applied."""
    if picture.mode.startswith("I"):
        if "transparency" in picture.info:
            raise Refused("broken")
        # 16 bits of grey: scaled down, not cut off at 255, which would leave everything white.
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if "transparency" in picture.info or picture.mode in ("PA", "La", "RGBa"):
        # What is transparent stays so; without it, a palette shows black on black.
        return picture.convert("RGBA")
    profile = picture.info.get("icc_profile")
    if picture.mode == "P":
        picture = picture.convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return converted if converted is not None else picture
        except (ImageCms.PyCMSError, OSError):
            # A profile that fits the picture badly is passed over, as viewers do.
            return picture.convert("RGB")
    return picture if picture.mode in ("1", "L", "LA", "RGB", "RGBA") else picture.convert("RGB")


# -- PDF ------------------------------------------------------------------------------------------------------


def _clean_pdf(content: bytes, max_pages: int) -> bytes:
    """Rewrite the PDF without its active parts; what would look different or lose something is refused."""
    try:
        # A wrong cross-reference table may be repaired; a file that ends early would lose its last pages
        # without anybody noticing, so only one that has its end is repaired.
        whole = b"%%EOF" in content[-PDF_END:]
        # A password that only forbids printing or copying opens without one, and is gone afterwards.
        with pikepdf.open(io.BytesIO(content), attempt_recovery=whole) as pdf:
            if len(pdf.pages) > max_pages:
                raise Refused("pages", limit=max_pages)
            if len(pdf.pages) == 0:
                raise Refused("broken")
            _refuse_what_would_be_lost(pdf)
            unpacked = _Unpacked()
            for thing in pdf.objects:
                unpacked.add(thing)
                _cut_active_parts(thing)
            # Whatever lies in the trailer itself is no object of its own.
            _cut_active_parts(pdf.trailer)
            if "/URI" in pdf.Root:
                # The base of relative links.
                del pdf.Root["/URI"]
            out = io.BytesIO()
            pdf.save(out, linearize=False)
            return out.getvalue()
    except pikepdf.PasswordError as error:
        raise Refused("encrypted") from error
    except Refused:
        raise
    except MemoryError as error:
        raise Refused("limit") from error
    except Exception as error:
        # qpdf and pikepdf raise a wide range of types for hostile files.
        raise Refused("limit" if "alloc" in str(error) else "broken") from error


def _refuse_what_would_be_lost(pdf: pikepdf.Pdf) -> None:
    """Refuse a form that only one program can show, and a file that carries others in it."""
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
        fields = form.get("/Fields")
        if bool(pdf.Root.get("/NeedsRendering", False)) or not (isinstance(fields, pikepdf.Array) and len(fields)):
            raise Refused("xfa")
    if "/Collection" in pdf.Root:
        raise Refused("attachments")
    # The data of an electronic invoice repeats what its page shows; anything else would be missed.
    if any(not str(name).lower().endswith(".xml") for name in pdf.attachments):
        raise Refused("attachments")


class _Unpacked:
    """Counts what the streams of a file become when they are unpacked; whoever looks at the file has to unpack them."""

    def __init__(self) -> None:
        self.bytes = 0

    def add(self, thing: Any) -> None:
        """Count a stream; refuses one, or a file, that becomes enormous."""
        if not isinstance(thing, pikepdf.Stream):
            return
        found: Any = thing.get("/Filter", [])
        filters = [str(f) for f in (found if isinstance(found, pikepdf.Array) else [found])]
        if len(filters) > MOST_FILTERS:
            # Writers use one, or two where one makes text of bytes; more of them is how bombs are packed.
            raise Refused("limit")
        pieces: Iterator[bytes] = iter([_as_bytes(thing.read_raw_bytes(), filters)])
        if LZW & set(filters):
            # Saving unpacks it as well, within the limits of the process.
            pieces = _unpacked_by_qpdf(thing)
            filters = []
        for name in filters:
            if name in FLATE:
                pieces = _inflated(pieces)
            elif name in RUN_LENGTH:
                pieces = _runs(pieces)
            else:
                # Pictures: what they become has as many bytes as pixels.
                break
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > MOST_STREAM_BYTES or self.bytes + size > MOST_FILE_BYTES:
                raise Refused("limit")
        self.bytes += size


def _as_bytes(raw: bytes, filters: list[str]) -> bytes:
    """``raw`` without the text coding it begins with, whose names leave ``filters``; refuses what hides a Flate."""
    try:
        while len(filters) > 1 and filters[0] in HEX | ASCII85:
            text = b"".join(raw.split())
            if filters.pop(0) in HEX:
                digits = text.partition(b">")[0]
                raw = binascii.unhexlify(digits + b"0" * (len(digits) % 2))
            else:
                raw = base64.a85decode(text.removeprefix(b"<~").partition(b"~>")[0])
    except ValueError as error:
        raise Refused("limit") from error
    if FLATE & set(filters) and filters[0] not in FLATE:
        # No writer packs in this order; how large it becomes, only unpacking would tell.
        raise Refused("limit")
    return raw


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    try:
        for piece in pieces:
            rest = piece
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, 1024 * 1024)
                rest = unpacker.unconsumed_tail
    except zlib.error:
        # Damaged: readers show what there is.
        return


def _runs(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Run lengths (ISO 32000-1, 7.4.5): so many bytes as they are, or one byte so many times."""
    data = b""
    for piece in pieces:
        data, at, out = data + piece, 0, bytearray()
        while at < len(data):
            length = data[at]
            if length == 128:
                yield bytes(out)
                return
            end = at + (length + 2 if length < 128 else 2)
            if end > len(data):
                break
            out += data[at + 1 : end] if length < 128 else data[at + 1 : end] * (257 - length)
            at = end
            if len(out) > 1024 * 1024:
                yield bytes(out)
                out = bytearray()
        yield bytes(out)
        data = data[at:]


def _unpacked_by_qpdf(stream: Any) -> Iterator[bytes]:
    try:
        yield stream.read_bytes()
    except pikepdf.PdfError as error:
        if "alloc" in str(error):
            raise
        # A picture lies in it: that is not unpacked here.


def _cut_active_parts(thing: Any) -> None:
    """Cut active entries out of an object and of what lies directly in it."""
    stack = [thing]
    while stack:
        item = stack.pop()
        if isinstance(item, pikepdf.Array):
            stack.extend(child for child in item if _lies_inside(child))
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            if item.get("/Subtype") == pikepdf.Name.FileAttachment:
                raise Refused("attachments")
            stays = _may_stay(item)
            for key in list(item.keys()):
                if key in ACTIVE_PDF_NAMES or not stays or (key in ACTION_KEYS and _is_strange_action(item[key])):
                    del item[key]
                elif _lies_inside(child := item[key]):
                    stack.append(child)


def _is_strange_action(child: Any) -> bool:
    """Whether this is an action of a kind that is not known to do no harm."""
    kind = child.get("/S") if isinstance(child, pikepdf.Dictionary) else None
    return isinstance(kind, pikepdf.Name) and str(kind) not in HARMLESS_ACTIONS


def _may_stay(item: Any) -> bool:
    """Whether a dictionary is no action, or one that does no harm."""
    action = item.get("/S")
    if not isinstance(action, pikepdf.Name) or str(action) not in ACTIONS:
        return True
    if str(action) != "/URI":
        return str(action) in HARMLESS_ACTIONS
    target = item.get("/URI")
    if not isinstance(target, pikepdf.String):
        return False
    # As readers read it: control characters and blanks do not hide a scheme.
    return LINK.match("".join(c for c in str(target) if c.isprintable() and not c.isspace())) is not None


def _lies_inside(child: Any) -> bool:
    """Whether this is a container that is no object of its own (those are visited anyway)."""
    return isinstance(child, (pikepdf.Array, pikepdf.Dictionary)) and not child.is_indirect
