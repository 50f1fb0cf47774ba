"""The electronic seal of a letter (PAdES): who has issued it, and that nothing in it was changed since.

A seal has no picture, since what one would draw breaks PDF/A and PDF/UA; that there is one stands in the letter itself.
"""

import io
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pikepdf
from asn1crypto import x509
from django.conf import settings
from django.utils import timezone
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from apps.notices import demo_authority

log = logging.getLogger(__name__)
FIELD = "Siegel"


class SealError(Exception):
    """The letter could not be sealed now; it may be later."""


class Signer(Protocol):
    """Whoever can seal: a key in a file, a token, a service somewhere else."""

    @property
    def name(self) -> str:
        """Whose seal it is, as letters print it."""

    def sealed(self, content: bytes) -> bytes:
        """The document with a seal of its own at the end. Raises SealError."""


@dataclass(frozen=True)
class Pades:
    """A signer with a key that pyHanko can use; ``name`` is the owner of the certificate."""

    key: signers.Signer
    timestamper: HTTPTimeStamper | None = None
    # Ends the session of a token.
    close: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        certificate = self.key.signing_cert
        return str(certificate.subject.native.get("common_name", "")) if certificate is not None else ""

    def sealed(self, content: bytes) -> bytes:
        """The document with the seal appended: what was there stays byte for byte."""
        about = signers.PdfSignatureMetadata(
            field_name=FIELD, subfilter=SigSeedSubFilter.PADES, name=self.name, certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )  # fmt: skip
        certificate = self.key.signing_cert
        if certificate is None or not certificate.not_valid_before <= timezone.now() <= certificate.not_valid_after:
            raise SealError("the certificate of the seal is not valid today")
        signer = signers.PdfSigner(about, self.key, timestamper=self.timestamper, new_field_spec=SigFieldSpec(FIELD))
        try:
            return bytes(signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content))).getvalue())
        except Exception as error:  # of a library, a token, a server far away
            # The session of a token does not come back by itself, and there is one at a time.
            with suppress(Exception):
                self.close()
            _signer.cache_clear()
            raise SealError(f"{type(error).__name__} while sealing") from error


@dataclass(frozen=True)
class Verdict:
    """What a document's seal says: there is one, it fits the document, and it is one of the city's; ``signer`` is its name."""

    sealed: bool = False
    intact: bool = False
    trusted: bool = False
    signer: str = ""

    @property
    def valid(self) -> bool:
        return self.intact and self.trusted


def signer() -> Signer | None:
    """The seal that this portal has, None if it has none. Raises SealError if it cannot be used."""
    try:
        found = _signer()
        if found is not None:
            _proved()
        return found
    except SealError:
        raise
    except Exception as error:
        raise SealError(f"{type(error).__name__} while reading the seal's key") from error


@lru_cache(maxsize=1)
def _proved() -> None:
    """Once in a process: that key, certificate and authority belong together, before anything that stays is sealed."""
    page, sample = pikepdf.new(), io.BytesIO()
    page.add_blank_page()
    page.save(sample)
    found = _signer()
    if found is not None and not verdict_on(found.sealed(sample.getvalue())).valid:
        raise SealError("key, certificate and authority of the seal do not belong together")


@lru_cache(maxsize=1)
def _signer() -> Signer | None:
    server = HTTPTimeStamper(settings.SEAL_TIMESTAMP_URL, timeout=10) if settings.SEAL_TIMESTAMP_URL else None
    if (settings.SEAL_PKCS11_LIBRARY or settings.SEAL_KEY) and not settings.SEAL_CERTIFICATE:
        raise SealError("there is a key for the seal and no certificate")
    if settings.SEAL_PKCS11_LIBRARY:
        return _token(server)
    certificate, key = settings.SEAL_CERTIFICATE, settings.SEAL_KEY
    if not certificate and settings.SEAL_DEMO_FOLDER is not None:
        certificate, key = demo_authority.ensure(Path(settings.SEAL_DEMO_FOLDER))
    if not certificate:
        return None
    first, *others = _certificates(certificate)
    secret = load_private_key_from_pemder(key, settings.SEAL_KEY_PASSWORD.encode() or None)
    return Pades(signers.SimpleSigner(first, secret, _store(others)), server)


def _token(server: HTTPTimeStamper | None) -> Pades:
    """A key that never leaves its token."""
    from pyhanko.sign import pkcs11  # only those load it who have a token

    session = pkcs11.open_pkcs11_session(
        settings.SEAL_PKCS11_LIBRARY,
        token_criteria=TokenCriteria(label=settings.SEAL_PKCS11_TOKEN),
        user_pin=settings.SEAL_PKCS11_PIN,
    )
    first, *others = _certificates(settings.SEAL_CERTIFICATE)
    # Every token signs a hash; not every one computes it.
    key = pkcs11.PKCS11Signer(
        session, key_label=settings.SEAL_PKCS11_KEY, signing_cert=first, ca_chain=others, use_raw_mechanism=True
    )
    return Pades(key, server, session.close)


def _store(certificates: list[x509.Certificate]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library has not typed this one
    store.register_multiple(certificates)
    return store


def _certificates(file: str) -> list[x509.Certificate]:
    return list(load_certs_from_pemder_data(Path(file).read_bytes()))


@lru_cache(maxsize=1)
def _trusted() -> list[x509.Certificate]:
    """Whoever may have issued a seal of ours: the last certificate of each chain."""
    files = [file for file in (settings.SEAL_CERTIFICATE, settings.SEAL_TRUSTED) if file]
    found = [certificate for file in files for certificate in _certificates(file)]
    if not files and settings.SEAL_DEMO_FOLDER is not None:
        found = _certificates(demo_authority.ensure(Path(settings.SEAL_DEMO_FOLDER))[0])
    return [certificate for certificate in found if certificate.ca]


def verdict_on(content: bytes) -> Verdict:
    """What the seal of one of our own documents says today."""
    try:
        seals = PdfFileReader(io.BytesIO(content)).embedded_signatures
        if not seals:
            return Verdict()
        context = ValidationContext(
            trust_roots=_trusted(), allow_fetching=False, revocation_mode="soft-fail",
            moment=seals[0].self_reported_timestamp,
        )  # fmt: skip
        status = validate_pdf_signature(seals[0], signer_validation_context=context)
    except Exception as error:  # whatever is no PDF any more
        log.warning("a seal cannot be read: %s", type(error).__name__)
        return Verdict(sealed=True)
    name = str(status.signing_cert.subject.native.get("common_name", ""))
    return Verdict(sealed=True, intact=bool(status.intact and status.valid), trusted=bool(status.trusted), signer=name)
