"""A certificate authority of the demo's own, so that letters can be sealed where nobody has bought a seal; it says so."""

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "Testsiegel der Demo, ohne Rechtswirkung"
AUTHORITY = "Testzertifizierung der Demo"
YEARS = 10


def ensure(folder: Path) -> tuple[str, str]:
    """The files of the test seal, its certificates (the authority's last) and its key; made when there are none.

    Of several processes that begin at once one wins: the folder appears whole.
    """
    certificate, key = folder / "seal.pem", folder / "seal.key"
    if not certificate.is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        _write(made)
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
    return str(certificate), str(key)


def _write(folder: Path) -> None:
    authority_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate(AUTHORITY, authority_key, AUTHORITY, authority_key, is_authority=True)
    seal = _certificate(NAME, seal_key, AUTHORITY, authority_key, is_authority=False)
    pem = serialization.Encoding.PEM
    (folder / "seal.pem").write_bytes(seal.public_bytes(pem) + authority.public_bytes(pem))
    secret = seal_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with open(os.open(folder / "seal.key", os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    use = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    use |= dict.fromkeys(
        ("key_cert_sign", "crl_sign") if is_authority else ("digital_signature", "content_commitment"), True
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(x509.KeyUsage(**use), critical=True)
    )
    return builder.sign(by, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
