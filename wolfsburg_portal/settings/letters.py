"""How letters are sealed (apps/notices/seal.py)."""

from wolfsburg_portal.settings.place import DEMO, VAR_DIR, env

# The certificate of the city's seal and those above it, as PEM; without one letters go out without a seal.
SEAL_CERTIFICATE = env.str("SEAL_CERTIFICATE", default="")
# Its key: a file (PEM), or a token behind a PKCS#11 library.
SEAL_KEY = env.str("SEAL_KEY", default="")
SEAL_KEY_PASSWORD = env.str("SEAL_KEY_PASSWORD", default="")
SEAL_PKCS11_LIBRARY = env.str("SEAL_PKCS11_LIBRARY", default="")
SEAL_PKCS11_TOKEN = env.str("SEAL_PKCS11_TOKEN", default="")
SEAL_PKCS11_PIN = env.str("SEAL_PKCS11_PIN", default="")
SEAL_PKCS11_KEY = env.str("SEAL_PKCS11_KEY", default="")
# A server that says when it was sealed (RFC 3161).
SEAL_TIMESTAMP_URL = env.str("SEAL_TIMESTAMP_URL", default="")
# Certificates of authorities of former seals, as PEM, so that their letters are still found valid.
SEAL_TRUSTED = env.str("SEAL_TRUSTED", default="")
# In the demo a certificate that we make ourselves, and that says so.
SEAL_DEMO_FOLDER = VAR_DIR / "seal" if DEMO else None
