"""Uploads: what comes in is checked, cleaned and stored privately.

Steps: size (while it streams in), allowed type by content, parsing with a real parser,
cleaning (images are encoded anew, active parts are cut out of PDFs), virus scan.
"""

import hashlib
import io
import logging
import unicodedata
from dataclasses import dataclass
from typing import Any

import pikepdf
from clamav_client.clamd import ClamdError, ClamdUnixSocket
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps

from apps.core.models import PrivateFile, ScanState

log = logging.getLogger(__name__)

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
ENDINGS = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg"), PNG: (".png",)}
# Entries of a PDF that make it do something when it is opened or carry something else in it.
ACTIVE_PDF_NAMES = (
    "/OpenAction",
    "/AA",
    "/JavaScript",
    "/JS",
    "/Launch",
    "/EmbeddedFiles",
    "/EF",
    "/XFA",
    "/RichMedia",
)
# A PDF ends with %%EOF; readers look for it in the last bytes.
PDF_END = 2048
# Actions that stay: following a link and jumping to a page.
HARMLESS_ACTIONS = ("/URI", "/GoTo", "/Named")
ACTIONS = (*HARMLESS_ACTIONS, "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/ResetForm", "/GoToR", "/GoToE",
           "/Rendition", "/Movie", "/Sound", "/Hide", "/SetOCGState", "/Trans", "/GoTo3DView", "/RichMediaExecute")  # fmt: skip
# Past this, the rest of a request is not even read.
REQUEST_LIMIT_FACTOR = 4


class LimitedUploadHandler(FileUploadHandler):
    """Drops a file that grows past the limit, keeps everything else of the form.

    The names of the refused fields are left in ``request.META["refused_uploads"]``, where forms
    find them and say why the file is missing.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            if self.request is not None:
                self.request.META.setdefault("refused_uploads", set()).add(self.field_name)
            if (self.content_length or 0) > settings.UPLOAD_MAX_BYTES * REQUEST_LIMIT_FACTOR:
                raise StopUpload(connection_reset=True)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


@dataclass(frozen=True)
class CheckedFile:
    """The cleaned bytes of an upload and what they really are."""

    content: bytes
    media_type: str
    name: str


def clean_name(name: str) -> str:
    """A file name that is safe to show: no path, no control or direction characters, ≤ 150."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    return name.strip()[-150:] or "datei"


def too_large_error() -> ValidationError:
    """The sentence for a file over the limit."""
    return ValidationError(
        _("Die Datei ist zu groß. Erlaubt sind %(limit)s MB. Ein Foto mit normaler Auflösung genügt."),
        code="too_large",
        params={"limit": settings.UPLOAD_MAX_BYTES // 1024 // 1024},
    )


def check(upload: UploadedFile) -> CheckedFile:
    """Check and clean an upload; raises ValidationError with a sentence for the person."""
    name = clean_name(upload.name or "")
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise too_large_error()
    content = upload.read()
    if not content:
        raise ValidationError(_("Die Datei „%(name)s“ ist leer. Bitte wählen Sie die Datei noch einmal aus."),
                              code="empty", params={"name": name})  # fmt: skip
    media_type = _media_type(content)
    if media_type == PDF:
        cleaned = _clean_pdf(content, name)
    elif media_type in (JPEG, PNG):
        cleaned = _clean_image(content, name, media_type)
    else:
        raise ValidationError(
            _("„%(name)s“ ist keine PDF-Datei und kein Foto (JPG oder PNG). "
              "Bitte laden Sie eine PDF-Datei oder ein Foto hoch."),
            code="type", params={"name": name},
        )  # fmt: skip
    if scan(content) == ScanState.INFECTED:
        raise ValidationError(
            _("In „%(name)s“ wurde Schadsoftware gefunden. Die Datei wurde nicht angenommen."),
            code="infected", params={"name": name},
        )  # fmt: skip
    return CheckedFile(cleaned, media_type, _fitting_name(name, media_type))


def store(checked: CheckedFile) -> PrivateFile:
    """Write a checked file to the private storage and its row to the database."""
    state = ScanState.NOT_SCANNED
    if settings.CLAMAV_SOCKET:
        state = scan(checked.content)
    file = PrivateFile(
        name=checked.name,
        media_type=checked.media_type,
        size=len(checked.content),
        sha256=hashlib.sha256(checked.content).hexdigest(),
        scan=state,
    )
    file.content.save("", ContentFile(checked.content), save=False)
    file.save()
    return file


def scan(content: bytes) -> ScanState:
    """Ask ClamAV; PENDING when it does not answer, NOT_SCANNED when none is configured."""
    if not settings.CLAMAV_SOCKET:
        return ScanState.NOT_SCANNED
    try:
        verdict = ClamdUnixSocket(settings.CLAMAV_SOCKET, timeout=20).instream(io.BytesIO(content))
    except (ClamdError, OSError) as error:
        log.warning("virus scanner does not answer: %s", type(error).__name__)
        return ScanState.PENDING
    found = any(status == "FOUND" for status, _signature in verdict.values())
    return ScanState.INFECTED if found else ScanState.CLEAN


def scan_stored(file_id: str) -> None:
    """Scan a stored file whose check is still due; it stays due while no scanner answers."""
    file = PrivateFile.objects.filter(pk=file_id, scan=ScanState.PENDING).first()
    if file is None:
        return
    with file.content.open("rb") as handle:
        state = scan(handle.read())
    PrivateFile.objects.filter(pk=file.pk, scan=ScanState.PENDING).update(scan=state)


def _media_type(content: bytes) -> str:
    """What the first bytes claim; whether it is true, the parser decides."""
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return ""


def _fitting_name(name: str, media_type: str) -> str:
    """The name with an ending that says what the file is: machines open files by it."""
    endings = ENDINGS[media_type]
    if name.lower().endswith(endings):
        return name
    return f"{name[: 150 - len(endings[0])]}{endings[0]}"


def _broken(name: str) -> ValidationError:
    return ValidationError(
        _("„%(name)s“ lässt sich nicht öffnen. Bitte speichern oder fotografieren Sie sie neu."),
        code="broken", params={"name": name},
    )  # fmt: skip


def _clean_image(content: bytes, name: str, media_type: str) -> bytes:
    """Encode the picture anew: metadata (place, device) and anything appended are gone."""
    # WeasyPrint switches this on for the whole process; half a document must not pass for one.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as probe:
            if probe.width * probe.height > settings.UPLOAD_MAX_IMAGE_PIXELS:
                raise too_large_error()
            upright = ImageOps.exif_transpose(probe)
            out = io.BytesIO()
            if media_type == JPEG:
                plain = upright.convert("RGB")
                plain.info = {}
                plain.save(out, "JPEG", quality=88, optimize=True)
            else:
                keep = upright if upright.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else upright.convert("RGB")
                keep.info = {}
                keep.save(out, "PNG")
            return out.getvalue()
    except ValidationError:
        raise
    except Exception as error:
        # Pillow raises a wide range of types for hostile files; all of them mean the same here.
        raise _broken(name) from error


def _clean_pdf(content: bytes, name: str) -> bytes:
    """Rewrite the PDF without its active parts; encrypted and oversized ones are refused."""
    try:
        # A wrong cross-reference table may be repaired; a file that ends early would lose its last pages
        # without anybody noticing, so only one that has its end is repaired.
        whole = b"%%EOF" in content[-PDF_END:]
        with pikepdf.open(io.BytesIO(content), attempt_recovery=whole) as pdf:
            if pdf.is_encrypted:
                raise pikepdf.PasswordError
            if len(pdf.pages) > settings.UPLOAD_MAX_PDF_PAGES:
                raise ValidationError(
                    _("„%(name)s“ hat mehr als %(limit)s Seiten. Bitte laden Sie nur die nötigen Seiten hoch."),
                    code="pages", params={"name": name, "limit": settings.UPLOAD_MAX_PDF_PAGES},
                )  # fmt: skip
            if len(pdf.pages) == 0:
                raise _broken(name)
            for thing in pdf.objects:
                _cut_active_parts(thing)
            out = io.BytesIO()
            pdf.save(out, linearize=False)
            return out.getvalue()
    except pikepdf.PasswordError as error:
        raise ValidationError(
            _("„%(name)s“ ist mit einem Kennwort geschützt. Bitte laden Sie die Datei ohne Kennwort hoch."),
            code="encrypted", params={"name": name},
        ) from error  # fmt: skip
    except ValidationError:
        raise
    except Exception as error:
        # qpdf and pikepdf raise a wide range of types for hostile files.
        raise _broken(name) from error


def _cut_active_parts(thing: Any) -> None:
    """Cut active entries out of an object and of what lies directly in it."""
    stack = [thing]
    while stack:
        item = stack.pop()
        if isinstance(item, pikepdf.Array):
            stack.extend(child for child in item if _lies_inside(child))
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            action = item.get("/S")
            is_action = isinstance(action, pikepdf.Name) and str(action) in ACTIONS
            for key in list(item.keys()):
                if key in ACTIVE_PDF_NAMES or (is_action and str(action) not in HARMLESS_ACTIONS):
                    del item[key]
                elif _lies_inside(child := item[key]):
                    stack.append(child)


def _lies_inside(child: Any) -> bool:
    """Whether this is a container that is no object of its own (those are visited anyway)."""
    return isinstance(child, (pikepdf.Array, pikepdf.Dictionary)) and not child.is_indirect
