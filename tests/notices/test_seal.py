"""The seal of letters: valid for others too, still fit for archives, and broken by any change."""

import datetime as dt
import io
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from django.core.checks import run_checks
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case
from apps.notices import demo_authority, pdf, rendering, seal
from apps.notices.models import Letter, LetterDocument
from apps.notices.states import NoticeStatus
from tests import factories
from tests.verapdf import broken_rules


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> Path:
    settings.SEAL_DEMO_FOLDER = tmp_path / "seal"
    return tmp_path / "seal"


@pytest.fixture
def letter(parking_case: Case, karla: User) -> Letter:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    return factories.letter_of(parking_case)


def document(letter: Letter) -> bytes:
    assert rendering.render(letter.pk)
    letter.refresh_from_db()
    stored = LetterDocument.objects.get(letter=letter)
    assert stored.sha256 == letter.sha256
    return bytes(stored.content)


def test_sealed_letter_is_valid_for_us_and_others_and_still_for_archives(
    demo: Path, letter: Letter, tmp_path: Path
) -> None:
    content = document(letter)
    assert seal.verdict_on(content) == seal.Verdict(True, True, True, demo_authority.NAME)
    assert broken_rules(content) == []
    file = tmp_path / "sealed.pdf"
    file.write_bytes(content)
    said = subprocess.run(["pdfsig", str(file)], capture_output=True, check=False).stdout.decode()
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    text = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
    assert "Testsiegel der Demo" in text
    # The document before the seal stays what it was, byte for byte.
    drawn, _pages = rendering.drawn(letter, seal.signer())
    assert content.startswith(drawn)
    assert rendering.drawn(letter, seal.signer())[0] == drawn


def test_any_flipped_byte_is_found(demo: Path, letter: Letter) -> None:
    content = document(letter)
    # The seal itself is the only thing that it does not cover; there the hash finds it (see test_checking.py).
    begins, length, goes_on, rest = map(int, re.findall(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)", content)[0])
    assert (begins, goes_on + rest) == (0, len(content))
    for place in [*range(0, length, length // 60), *range(goes_on, len(content), rest // 10)]:
        wrong = bytearray(content)
        wrong[place] ^= 1
        assert not seal.verdict_on(bytes(wrong)).valid, place


def test_a_letter_of_another_authority_is_not_trusted(
    demo: Path, letter: Letter, settings: Any, tmp_path: Path
) -> None:
    content = document(letter)
    settings.SEAL_DEMO_FOLDER = tmp_path / "other"
    for cached in (seal._signer, seal._trusted, seal._proved):
        cached.cache_clear()
    verdict = seal.verdict_on(content)
    assert (verdict.intact, verdict.trusted) == (True, False)
    # A former authority of ours stays trusted.
    settings.SEAL_TRUSTED = str(demo / "seal.pem")
    seal._trusted.cache_clear()
    assert seal.verdict_on(content).valid


def test_a_key_in_a_file_with_a_password_seals(settings: Any, tmp_path: Path, letter: Letter) -> None:
    certificate, key = demo_authority.ensure(tmp_path / "city")
    secret = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"geheim")
        )
    )  # fmt: skip
    settings.SEAL_CERTIFICATE, settings.SEAL_KEY, settings.SEAL_KEY_PASSWORD = certificate, str(locked), "geheim"
    assert seal.verdict_on(document(letter)).valid


@pytest.fixture(scope="module")
def soft_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A token with a key, as a city has one, in software; its PIN is 1234. Gives the file of its certificate.

    The library reads once in a process where its tokens lie.
    """
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    certificate, key = demo_authority.ensure(folder / "city")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        for arguments in (
            ["--init-token", "--free", "--label", "Stadt", "--so-pin", "0000"],
            ["--import", key, "--token", "Stadt", "--label", "Siegel", "--id", "01"],
        ):
            subprocess.run(["softhsm2-util", *arguments, "--pin", "1234"], check=True, capture_output=True)
        yield certificate


@pytest.fixture
def token(soft_token: str, settings: Any) -> Iterator[None]:
    settings.SEAL_CERTIFICATE = soft_token
    settings.SEAL_PKCS11_LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"
    settings.SEAL_PKCS11_TOKEN, settings.SEAL_PKCS11_KEY, settings.SEAL_PKCS11_PIN = "Stadt", "Siegel", "1234"
    yield
    with suppress(seal.SealError):
        signer = seal.signer()
        assert isinstance(signer, seal.Pades)
        signer.close()


def test_a_key_that_never_leaves_its_token_seals(token: None, letter: Letter) -> None:
    content = document(letter)
    assert seal.verdict_on(content).valid
    assert broken_rules(content) == []


def test_a_token_with_another_pin_delays_the_letter(token: None, letter: Letter, settings: Any) -> None:
    settings.SEAL_PKCS11_PIN = "4321"
    assert not rendering.render(letter.pk)
    assert "PinIncorrect while reading the seal's key" in letter.attempts.get().error
    settings.SEAL_PKCS11_PIN = "1234"
    assert seal.verdict_on(document(letter)).valid


def test_without_a_seal_letters_go_out_unsealed(letter: Letter) -> None:
    content = document(letter)
    assert seal.verdict_on(content) == seal.Verdict()
    assert broken_rules(content) == []


def test_a_seal_that_is_away_is_waited_for_longer_than_a_letter_that_is_wrong(
    letter: Letter, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEAL_CERTIFICATE = settings.SEAL_KEY = "/nowhere/seal.pem"
    for _ in range(rendering.MAX_FAILURES + 2):
        assert not rendering.render(letter.pk)
    letter.refresh_from_db()
    assert letter.status == NoticeStatus.PENDING
    assert letter.attempts.last().error == "seal: FileNotFoundError while reading the seal's key"
    # What is the letter's own fault is counted apart.
    with monkeypatch.context() as broken:
        broken.setattr(seal, "signer", lambda: None)
        broken.setattr(pdf, "write_pdf", lambda *_letter, **_how: (_ for _ in ()).throw(pdf.RenderError("x")))
        assert not rendering.render(letter.pk)
    letter.refresh_from_db()
    assert letter.status == NoticeStatus.PENDING
    settings.SEAL_CERTIFICATE = settings.SEAL_KEY = ""
    assert rendering.render(letter.pk)


def test_a_server_for_times_that_is_away_delays_and_loses_nothing(demo: Path, letter: Letter, settings: Any) -> None:
    settings.SEAL_TIMESTAMP_URL = "http://127.0.0.1:9/"
    assert not rendering.render(letter.pk)
    assert "while sealing" in letter.attempts.get().error
    settings.SEAL_TIMESTAMP_URL = ""
    for cached in (seal._signer, seal._proved):
        cached.cache_clear()
    assert seal.verdict_on(document(letter)).valid


TSA = """
[tsa]
default_tsa = own
[own]
dir = {folder}
serial = $dir/serial
signer_cert = $dir/tsa.pem
certs = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[ext]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[req]
distinguished_name = name
[name]
"""


@pytest.fixture
def time_server(tmp_path: Path) -> Iterator[str]:
    """A server for time stamps (RFC 3161) by OpenSSL, which shares no code with what asks it; yields its address."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "tsa.cnf").write_text(TSA.format(folder=folder))
    (folder / "serial").write_text("01")
    new = ["req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes"]
    for arguments in (
        [*new, "-x509", "-extensions", "authority", "-days", "2", "-subj", "/CN=Zeit", "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", "/CN=Zeitstempel", "-keyout", "tsa.key", "-out", "tsa.csr"],
        ["x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
         "-extfile", "tsa.cnf", "-extensions", "ext", "-out", "tsa.pem"],
    ):  # fmt: skip
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the library calls
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            reply = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
            subprocess.run(["openssl", *reply], cwd=folder, check=True, capture_output=True)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_says_when_it_was_sealed(
    demo: Path, letter: Letter, settings: Any, time_server: str, tmp_path: Path
) -> None:
    settings.SEAL_TIMESTAMP_URL = time_server
    settings.SEAL_TRUSTED = str(tmp_path / "tsa" / "ca.pem")
    settings.SEAL_CERTIFICATE, settings.SEAL_KEY = demo_authority.ensure(demo)
    begin = dt.datetime.now(dt.UTC).replace(microsecond=0)
    content = document(letter)
    assert seal.verdict_on(content).valid
    assert broken_rules(content) == []
    context = ValidationContext(trust_roots=seal._trusted(), allow_fetching=False, revocation_mode="soft-fail")
    found = validate_pdf_signature(PdfFileReader(io.BytesIO(content)).embedded_signatures[0], context)
    stamp = found.timestamp_validity
    assert (stamp.valid, stamp.intact, stamp.trusted) == (True, True, True)
    assert begin <= stamp.timestamp <= dt.datetime.now(dt.UTC)
    file = tmp_path / "sealed.pdf"
    file.write_bytes(content)
    printed = subprocess.run(["pdfsig", str(file)], capture_output=True, check=False).stdout.decode()
    assert "Signature Validation: Signature is Valid." in printed
    # Any byte of the stamped document that changes is found as before.
    broken = bytearray(content)
    broken[len(content) // 3] ^= 1
    assert not seal.verdict_on(bytes(broken)).valid


def test_a_key_that_is_not_the_certificates_seals_nothing(letter: Letter, settings: Any, tmp_path: Path) -> None:
    certificate, key = demo_authority.ensure(tmp_path / "one")[0], demo_authority.ensure(tmp_path / "two")[1]
    settings.SEAL_CERTIFICATE, settings.SEAL_KEY = certificate, key
    assert not rendering.render(letter.pk)
    assert "do not belong together" in letter.attempts.get().error
    settings.SEAL_CERTIFICATE = ""
    seal._signer.cache_clear()
    assert not rendering.render(letter.pk)
    assert "a key for the seal and no certificate" in letter.attempts.last().error


def test_a_certificate_that_has_run_out_seals_nothing(demo: Path, letter: Letter) -> None:
    demo_authority.ensure(demo)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=366 * demo_authority.YEARS)
    with time_machine.travel(later, tick=False), pytest.raises(seal.SealError, match="not valid today"):
        seal.signer()


def test_a_portal_that_people_reach_is_told_what_its_seal_lacks(settings: Any, tmp_path: Path) -> None:
    def said() -> list[str | None]:
        found = run_checks(include_deployment_checks=True)
        return [one.id for one in found if one.id in ("portal.E005", "portal.W001", "portal.W002")]

    settings.SEAL_DEMO_FOLDER = tmp_path
    assert said() == ["portal.E005"]
    settings.SEAL_DEMO_FOLDER = None
    assert said() == ["portal.W001"]
    settings.SEAL_CERTIFICATE = "seal.pem"
    assert said() == ["portal.W002"]
    settings.SEAL_TIMESTAMP_URL = "http://127.0.0.1:9/"
    assert said() == []


def test_many_who_begin_at_once_share_one_demo_authority(tmp_path: Path) -> None:
    found: list[tuple[str, str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(demo_authority.ensure(tmp_path / "seal"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    assert [path.name for path in tmp_path.iterdir()] == ["seal"]
    assert (tmp_path / "seal" / "seal.key").stat().st_mode & 0o777 == 0o600
