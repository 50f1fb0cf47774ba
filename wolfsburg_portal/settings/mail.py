"""E-mail."""

from wolfsburg_portal.settings.place import VAR_DIR, env

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Stadt Wolfsburg <portal@wolfsburg.example>")
SERVER_EMAIL = env.str("SERVER_EMAIL", default="portal@wolfsburg.example")
EMAIL_DEMO_DIR = VAR_DIR / "mail"
_email_url = env.str("EMAIL_URL", default="")
USUAL_MAIL_PORTS = {"smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}
if _email_url:
    _email = env.email_url("EMAIL_URL")
    MAILERS = {
        "default": {
            "BACKEND": _email["EMAIL_BACKEND"],
            "OPTIONS": {
                "host": _email.get("EMAIL_HOST") or "localhost",
                "port": _email.get("EMAIL_PORT") or USUAL_MAIL_PORTS.get(_email_url.partition(":")[0], 25),
                "username": _email.get("EMAIL_HOST_USER") or "",
                "password": _email.get("EMAIL_HOST_PASSWORD") or "",
                "use_tls": _email.get("EMAIL_USE_TLS", False),
                "use_ssl": _email.get("EMAIL_USE_SSL", False),
                "timeout": 10,
            },
        }
    }
else:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(EMAIL_DEMO_DIR)},
        }
    }
