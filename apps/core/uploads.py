"""Uploads: what comes in is checked, cleaned and stored privately. ``check`` is the one door.

Steps: size (while it streams in), then in a child process with limits (workshop.py, cleaning.py) the type by content,
parsing with a real parser and cleaning, then the virus scan.
"""

import hashlib
import io
import logging
import shutil
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from allauth.core import context as allauth_context
from clamav_client.clamd import ClamdError, ClamdUnixSocket
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core import cleaning, limits, security_log, workshop
from apps.core.cleaning import JPEG, PDF, PNG
from apps.core.models import PrivateFile, ScanState, private_path
from apps.core.text import normal

log = logging.getLogger(__name__)

ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,.heif,application/pdf,image/jpeg,image/png,image/heic,image/heif"
ENDINGS = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg"), PNG: (".png",)}
# Past this, the rest of a request is not even read.
REQUEST_LIMIT_FACTOR = 4
# Whoever sends so many files that break the limits of checking is not heard for a while.
BROKEN_LIMITS = 3
BROKEN_SECONDS = 600
# Milliseconds of the processor that the files of one network may take in that time: a tenth of one processor.
BUSY_MILLISECONDS = 60_000
REFUSED = "refused_uploads"


class LimitedUploadHandler(FileUploadHandler):
    """Drops a file that grows past the limit, keeps everything else of the form.

    What was refused is left in ``request.META``; ``refusal_of`` says why, field by field.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            _note_refused(self, "too_large")
            if (self.content_length or 0) > settings.UPLOAD_MAX_BYTES * REQUEST_LIMIT_FACTOR:
                raise StopUpload(connection_reset=True)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


class TemporaryUploadHandler(TemporaryFileUploadHandler):
    """Django's, but a disk that is full costs the file and not the request."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            # Django closes at the end what the handler has in its hands: not the file before this one.
            self.__dict__.pop("file", None)
            self._give_up(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            with suppress(OSError):
                self.file.close()
            self._give_up(error)

    def file_complete(self, file_size: int) -> Any:
        """The file as it lies on the disk; the last of it is written only now."""
        try:
            return super().file_complete(file_size)
        except OSError as error:
            log.error("upload cannot be kept for checking: %s", type(error).__name__)
            _note_refused(self, "storage")
            return None

    def _give_up(self, error: OSError) -> None:
        log.error("upload cannot be kept for checking: %s", type(error).__name__)
        _note_refused(self, "storage")
        raise SkipFile from error


def _note_refused(handler: Any, code: str) -> None:
    if handler.request is not None:
        security_log.note("upload_refused", request=handler.request, code=code)
        handler.request.META.setdefault(REFUSED, {})[handler.field_name] = code


def refused_fields(request: HttpRequest) -> set[str]:
    """Names of the fields whose file was refused while it came in; reading ``request.FILES`` fills this in."""
    len(request.FILES)
    return set(request.META.get(REFUSED, {}))


def refusal_of(request: HttpRequest, field: str) -> ValidationError | None:
    """The sentence for a file that was refused while it came in; None where none was."""
    len(request.FILES)
    code = request.META.get(REFUSED, {}).get(field)
    return _sentence(code, "") if code else None


@dataclass(frozen=True)
class CheckedFile:
    """The cleaned bytes of an upload, what they really are, and what the virus scanner says of them."""

    content: bytes
    media_type: str
    name: str
    scan: ScanState


def clean_name(name: str) -> str:
    """A file name that is safe to show: no path, no control or direction characters, ≤ 150."""
    name = normal("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    return name.strip()[-150:] or "datei"


def check(upload: "UploadedFile[Any]") -> CheckedFile:
    """Check and clean an upload; raises ValidationError with a sentence for the person."""
    name = clean_name(upload.name or "")
    try:
        if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise _sentence("too_large", name)
        content = upload.read()
        if not content:
            raise _sentence("empty", name)
        if not cleaning.media_type_of(content):
            raise _sentence("type", name)
        request = allauth_context.request
        networks = limits.client_networks(request) if request is not None else {}
        if _has_to_wait(networks):
            raise _sentence("busy", name)
        try:
            # The scan, too: while the scanner hangs, no more threads wait for it than there are places.
            with workshop.place(next(iter(networks), "")):
                result = _cleaned(content, name, networks)
                state = _scanned(content, result.content, name)
        except workshop.Busy as error:
            raise _sentence("busy", name) from error
        return CheckedFile(result.content, result.media_type, _fitting_name(name, result.media_type), state)
    except ValidationError as error:
        security_log.note("upload_refused", code=error.code)
        raise


def too_many(most: int) -> ValidationError:
    """The sentence for a file past ``most``, noted like every refusal."""
    security_log.note("upload_refused", code="too_many")
    return ValidationError(_("Mehr als %(most)s Dateien sind nicht möglich."), code="too_many", params={"most": most})


def _has_to_wait(networks: dict[str, int]) -> bool:
    """Whether the files of these networks have cost so much lately that whoever sends another has to wait."""
    return limits.reached_by_networks("upload-broken", networks, limit=BROKEN_LIMITS) or limits.reached_by_networks(
        "upload-time", networks, limit=BUSY_MILLISECONDS
    )


def _cleaned(content: bytes, name: str, networks: dict[str, int]) -> cleaning.Result:
    """Clean in a child process; what breaks its limits is refused, and counted for the network."""
    try:
        result, seconds = workshop.timed(
            cleaning.clean, content, max_pages=settings.UPLOAD_MAX_PDF_PAGES,
            max_pixels=settings.UPLOAD_MAX_IMAGE_PIXELS,
        )  # fmt: skip
    except workshop.LimitBroken:
        result, seconds = cleaning.Result(refused="limit"), 0
    if result.refused == "limit":
        security_log.note("upload_limit_broken", code="limit")
        limits.within_networks("upload-broken", networks, limit=BROKEN_LIMITS, seconds=BROKEN_SECONDS)
    if seconds:
        spent = max(int(seconds * 1000), 1)
        limits.within_networks("upload-time", networks, limit=BUSY_MILLISECONDS, seconds=BROKEN_SECONDS, amount=spent)
    if result.refused:
        raise _sentence(result.refused, name, **result.params)
    return result


def _scanned(content: bytes, cleaned: bytes, name: str) -> ScanState:
    """What the scanner says of the file as it came and as it is kept; refuses an infected one."""
    state = scan(content)
    if state == ScanState.CLEAN:
        state = scan(cleaned)
    if state == ScanState.INFECTED:
        raise _sentence("infected", name)
    return state


def store(checked: CheckedFile) -> PrivateFile:
    """Write a checked file to the private storage and its row to the database.

    Raises ValidationError with a sentence when the storage cannot take it, or when the caller has stored as much as
    one may in a day; nothing is left behind then.
    """
    _demand_room(checked)
    file = PrivateFile(
        name=checked.name,
        media_type=checked.media_type,
        size=len(checked.content),
        sha256=hashlib.sha256(checked.content).hexdigest(),
        scan=checked.scan,
    )
    storage, path = file.content.storage, private_path(file, "")
    try:
        file.content.save("", ContentFile(checked.content), save=False)
        file.save()
    except Exception as error:
        # Half a file without a row would be found by nobody.
        with suppress(OSError):
            storage.delete(path)
        if not isinstance(error, OSError):
            raise
        log.error("upload cannot be stored: %s", type(error).__name__)
        security_log.note("upload_refused", code="storage")
        raise _sentence("storage", checked.name) from error
    return file


def _demand_room(checked: CheckedFile) -> None:
    """Count the bytes, so that nobody fills the disk, and leave some of it to everything else the machine does."""
    size, request = len(checked.content), allauth_context.request
    if request is not None and not getattr(request.user, "is_staff", False):
        person, most = request.user.pk, settings.UPLOAD_BYTES_PER_DAY
        caller = limits.client_networks(request) if person is None else {f"person-{person}": 1}
        if not limits.within_networks("upload-bytes", caller, limit=most, seconds=limits.DAY, amount=size):
            security_log.note("upload_refused", code="total")
            raise _sentence("total", checked.name)
    root = PrivateFile._meta.get_field("content").storage.path("")
    # Where there is no folder yet, or none any more, storing says so.
    with suppress(OSError):
        if shutil.disk_usage(root).free - size < settings.UPLOAD_FREE_BYTES:
            log.error("upload refused: less than %s bytes are free", settings.UPLOAD_FREE_BYTES)
            security_log.note("upload_refused", code="storage")
            raise _sentence("storage", checked.name)


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


def _fitting_name(name: str, media_type: str) -> str:
    """The name with an ending that says what the file is: machines open files by it."""
    endings = ENDINGS[media_type]
    if name.lower().endswith(endings):
        return name
    return f"{name[: 150 - len(endings[0])]}{endings[0]}"


def _sentence(code: str, name: str, **params: Any) -> ValidationError:
    """Why a file is not taken, and the way out."""
    sentences = {
        "too_large": _("Die Datei ist zu groß. Erlaubt sind %(limit)s MB. Ein Foto mit normaler Auflösung genügt."),
        "pixels": _("„%(name)s“ hat mehr als %(limit)s Millionen Bildpunkte. Ein Foto mit normaler Auflösung genügt."),
        "total": _(
            "„%(name)s“ können wir heute nicht mehr annehmen, weil schon sehr viel hochgeladen wurde. Bitte versuchen "
            "Sie es morgen wieder oder rufen Sie an: 115"
        ),
        "empty": _("Die Datei „%(name)s“ ist leer. Bitte wählen Sie die Datei noch einmal aus."),
        "type": _(
            "„%(name)s“ ist keine PDF-Datei und kein Foto (JPG oder PNG). "
            "Bitte laden Sie eine PDF-Datei oder ein Foto hoch."
        ),
        "broken": _("„%(name)s“ lässt sich nicht öffnen. Bitte speichern oder fotografieren Sie sie neu."),
        "heic": _(
            "„%(name)s“ lässt sich nicht öffnen. Bitte stellen Sie Ihre Kamera auf „Maximale Kompatibilität“ (JPG) "
            "oder machen Sie einen Screenshot des Fotos."
        ),
        "encrypted": _("„%(name)s“ ist mit einem Kennwort geschützt. Bitte laden Sie die Datei ohne Kennwort hoch."),
        "pages": _("„%(name)s“ hat mehr als %(limit)s Seiten. Bitte laden Sie nur die nötigen Seiten hoch."),
        "xfa": _(
            "„%(name)s“ ist ein Formular, das nur ein bestimmtes Programm zeigen kann. Öffnen Sie es darin und "
            "wählen Sie „Als PDF drucken“. Die neue Datei können Sie hochladen."
        ),
        "attachments": _(
            "In „%(name)s“ stecken weitere Dateien, die verloren gingen. Bitte laden Sie diese einzeln hoch, "
            "oder wählen Sie „Als PDF drucken“."
        ),
        "infected": _("In „%(name)s“ wurde Schadsoftware gefunden. Die Datei wurde nicht angenommen."),
        "limit": _(
            "„%(name)s“ ist so aufwendig gebaut, dass wir die Datei nicht prüfen können. Bitte als PDF drucken oder "
            "als Foto aufnehmen, dann laden Sie die neue Datei hoch."
        ),
        "busy": _(
            "Gerade werden sehr viele Dateien geprüft. Ihre Angaben sind noch da. Bitte wählen Sie die Datei in einer "
            "Minute noch einmal aus."
        ),
        "storage": _(
            "Wir können gerade keine Dateien speichern. Ihre Angaben sind noch da. Bitte versuchen Sie es später "
            "noch einmal oder rufen Sie uns an: 115"
        ),
    }
    given = {"name": name, "limit": settings.UPLOAD_MAX_BYTES // 1024 // 1024} | params
    return ValidationError(sentences[code], code=code, params=given)
