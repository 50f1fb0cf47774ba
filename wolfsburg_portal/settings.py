"""Settings of the portal. Everything a city decides comes from the environment.

``.env.example`` lists each variable with its default. Nothing here starts a server or reads
the database.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# -- what kind of place this is ---------------------------------------------------------------

# The demo shows log-ins and readable e-mails, and lets staff in without a second factor.
DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
# False only where people reach the portal over plain http, which is to say: on their own machine.
HTTPS = env.bool("HTTPS", default=not DEMO)
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set; `make run` and manage.py make one for you.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# -- applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "apps.portal",
    "apps.desk",
    "apps.api",
    "apps.applications",
    "apps.appointments",
    "apps.contact",
    "apps.formbuilder",
    "apps.notices",
    "apps.cases",
    "apps.catalogue",
    "apps.accounts",
    "apps.core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "apps.desk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    # First what adds headers, so that every answer of those below has them, redirects to https too.
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.PlainRequestMiddleware",
    "apps.accounts.middleware.NewSessionLimitMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.AccountFormLimitMiddleware",
    "apps.accounts.middleware.SessionLimitMiddleware",
    "apps.accounts.middleware.StaffSecondFactorMiddleware",
    "apps.accounts.middleware.RecentProofMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "wolfsburg_portal.urls"
WSGI_APPLICATION = "wolfsburg_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context.portal",
            ],
            "builtins": ["apps.core.templatetags.components"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- database, cache, broker ------------------------------------------------------------------

if not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. `make run`, `make test` and manage.py start the embedded "
        "PostgreSQL by themselves; a server of your own is named in DATABASE_URL."
    )
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        # What stands behind the question mark of the address, such as sslmode.
        **DATABASES["default"].get("OPTIONS", {}),
        "connect_timeout": 5,
        "options": "-c lock_timeout=5s -c statement_timeout=30s",
    },
}
# What a page must not take, work on a whole table may; the lock_timeout above holds for it, too.
MIGRATION_STATEMENT_TIMEOUT = env.str("MIGRATION_STATEMENT_TIMEOUT", default="30min")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The default cache counts (limits, ours and those of packages) and must not throw away; "pages" holds what can be
# computed again and may be thrown away at any time.
_IN_MEMORY = "locmemcache://"
COUNTERS_SHARED = not env.str("COUNTERS_URL", default=_IN_MEMORY).startswith(_IN_MEMORY)
CACHES = {
    "default": env.cache("COUNTERS_URL", default=_IN_MEMORY),
    "pages": env.cache("CACHE_URL", default=_IN_MEMORY),
}
if not COUNTERS_SHARED:
    CACHES["default"] |= {
        "BACKEND": "apps.core.limits.CounterCache",
        "LOCATION": "counters",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "messages"),
        "data_folder_out": str(VAR_DIR / "broker" / "messages"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "processed_folder": str(VAR_DIR / "broker" / "processed"),
        "store_processed": False,
        # The default of one second would mean one task a second.
        "polling_interval": 0.05,
    }
    # Its broadcasts are what one machine with one worker does not need.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    for _folder in ("messages", "control", "processed"):
        (VAR_DIR / "broker" / _folder).mkdir(parents=True, exist_ok=True)
else:
    # A broker that hangs must not hold up a citizen's click: the row is what counts.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": 1,
        "socket_timeout": 3,
        "visibility_timeout": 3600,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Europe/Berlin"

# The sweeper rings again for rows whose bell was lost: interval + age is the longest delay.
SWEEP_INTERVAL_SECONDS = env.float("SWEEP_INTERVAL_SECONDS", default=10)
SWEEP_AGE_SECONDS = env.float("SWEEP_AGE_SECONDS", default=15)

# -- people ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.ProvenAddressBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "apps.accounts.passwords.GuessableValidator"},
]
# The address is unique regardless of case, by a constraint of its own.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:after_login"
ACCOUNT_ADAPTER = "apps.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Mails name nobody.
ACCOUNT_USER_DISPLAY = "apps.accounts.adapters.user_display"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Wrong passwords: five in five minutes for an account and a network (see the adapter), thirty a minute for a network.
# Mails count by address and device (core/limits.py); allauth's own limits by address would lock owners out.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "30/m/ip,5/5m/key",
    "request_login_code": "20/m/ip",
    "reset_password": "20/m/ip",
}
# What a household has (see core/networks.py); what one /48 may send to forms of the account altogether is counted below.
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 56
# Forms of the account that one network may send in a minute, whatever they are for.
ACCOUNT_FORMS_PER_MINUTE = env.int("ACCOUNT_FORMS_PER_MINUTE", default=60)
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_FORMS = {
    "login": "apps.accounts.forms.LoginForm",
    "signup": "apps.accounts.forms.SignupForm",
    "request_login_code": "apps.accounts.forms.RequestLoginCodeForm",
    "confirm_login_code": "apps.accounts.forms.ConfirmLoginCodeForm",
    "reset_password": "apps.accounts.forms.ResetPasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_FORMS = {
    "reauthenticate": "apps.accounts.forms.FactorReauthenticateForm",
    "add_webauthn": "apps.accounts.forms.AddPasskeyForm",
    "authenticate_webauthn": "apps.accounts.forms.PasskeyForm",
    "login_webauthn": "apps.accounts.forms.PasskeyLoginForm",
    "reauthenticate_webauthn": "apps.accounts.forms.PasskeyReauthenticateForm",
}
MFA_ADAPTER = "apps.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "Stadt Wolfsburg"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
STAFF_SECOND_FACTOR_REQUIRED = env.bool("STAFF_SECOND_FACTOR_REQUIRED", default=not DEMO)

# Citizens are signed out after an hour without a click, staff after half an hour; nobody stays
# signed in for longer than a working day.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
SESSION_ENGINE = "apps.accounts.session_store"
# Whoever is not signed in: as long as a row is kept; and how many a network may cause in an hour.
SESSION_ANONYMOUS_SECONDS = 60 * 60 * 24
NEW_SESSIONS_PER_HOUR = env.int("NEW_SESSIONS_PER_HOUR", default=1000)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = 60 * 60
SESSION_STAFF_IDLE_SECONDS = 60 * 30
SESSION_ABSOLUTE_SECONDS = 60 * 60 * 10
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
# The key of a browser that fills in an application without an account.
DRAFT_COOKIE_NAME = "__Host-draft" if HTTPS else "draft"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- security ----------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],  # KERN's icons are data: masks
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if HTTPS:
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 * 2
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# -- uploads ----------------------------------------------------------------------------------

UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_MB", default=10) * 1024 * 1024
UPLOAD_MAX_FILES_PER_DRAFT = 10
# What one person or network may store in a day, and what stays free on the disk whatever comes.
UPLOAD_BYTES_PER_DAY = env.int("UPLOAD_MB_PER_DAY", default=500) * 1024 * 1024
UPLOAD_FREE_BYTES = env.int("UPLOAD_FREE_MB", default=1024) * 1024 * 1024
UPLOAD_MAX_PDF_PAGES = 100
UPLOAD_MAX_IMAGE_PIXELS = 60_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# Places for files on one page, empty ones included; how many may be kept says UPLOAD_MAX_FILES_PER_DRAFT.
DATA_UPLOAD_MAX_NUMBER_FILES = 40
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "apps.core.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "apps.core.uploads.TemporaryUploadHandler",
]
# Socket of a ClamAV daemon; without one, uploads are checked by type and structure only.
CLAMAV_SOCKET = env.str("CLAMAV_SOCKET", default="")

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": str(VAR_DIR / "private"),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "apps.core.assets.NodePackageFinder",
]
# What is served of the npm packages: name under /static/ -> file in node_modules.
_KERN = "@kern-ux/native/dist"
NODE_MODULES = BASE_DIR / "node_modules"
NODE_PACKAGE_FILES = {
    "vendor/kern/kern.min.css": f"{_KERN}/kern.min.css",
    **{
        f"vendor/kern/fonts/FiraSans-{weight}.woff2": f"{_KERN}/fonts/fira-sans/FiraSans-{weight}.woff2"
        for weight in ("Regular", "Medium", "SemiBold")
    },
    "vendor/altcha/altcha.min.js": "altcha/dist/external/altcha.min.js",
    "vendor/altcha/altcha.css": "altcha/dist/external/altcha.css",
    "vendor/altcha/de.js": "altcha/dist/i18n/de.js",
    "vendor/altcha/pbkdf2.js": "altcha/dist/workers/pbkdf2.js",
}
WHITENOISE_MAX_AGE = 60 * 60

# -- e-mail ------------------------------------------------------------------------------------

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

# -- language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
FORMAT_MODULE_PATH = ["wolfsburg_portal.formats"]
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# -- the city --------------------------------------------------------------------------------------

# Facts for letterheads and pages; a city that takes the portal over changes them here.
CITY = {
    "name": "Stadt Wolfsburg",
    "short": "Wolfsburg",
    "street": "Porschestraße 49",
    "postcode": "38440",
    "city": "Wolfsburg",
    "phone": "05361 28-1234",
    "service_number": "115",
    "holidays_subdivision": "NI",
}
# Where charges are paid to. The IBAN of the demo is the example of the standard, nobody's account.
CITY_ACCOUNT = {
    "holder": env.str("CITY_ACCOUNT_HOLDER", default=CITY["name"]),
    "iban": env.str("CITY_IBAN", default="DE89370400440532013000" if DEMO else ""),
    "bank": env.str("CITY_BANK", default=""),
}
# How a Kassenzeichen is made of {reference} (of the case) and {year}; empty: clerks type it.
KASSENZEICHEN = env.str("KASSENZEICHEN", default="{reference}")
# Department that runs the initiative #WolfsburgDigital and answers its contact form.
CONTACT_DEPARTMENT = env.str("CONTACT_DEPARTMENT", default="digitalisierung")
CONTACT_ANSWER_WORKING_DAYS = 3
APPOINTMENT_HOLDS_PER_HOUR = env.int("APPOINTMENT_HOLDS_PER_HOUR", default=20)
APPOINTMENT_MAILS_PER_HOUR = env.int("APPOINTMENT_MAILS_PER_HOUR", default=10)
# More attempts to hold a time than this look odd: of one client in ten minutes, of everybody in one. Then a browser
# has to work for it (ALTCHA; the cost is the number of PBKDF2 iterations of one try) or to send a mailed code.
APPOINTMENT_HOLDS_BEFORE_PROOF = env.int("APPOINTMENT_HOLDS_BEFORE_PROOF", default=5)
APPOINTMENT_HOLDS_PER_MINUTE = env.int("APPOINTMENT_HOLDS_PER_MINUTE", default=120)
ALTCHA_COST = env.int("ALTCHA_COST", default=2000)
# How long a time that was given back stays off the market when nobody waits for it: at least and at most.
APPOINTMENT_REST_SECONDS = [int(n) for n in env.list("APPOINTMENT_REST_SECONDS", default=["120", "1200"])]
# Taken times are kept only where all processes share the cache.
APPOINTMENT_CACHE = not env.str("CACHE_URL", default="locmem").startswith("locmem")
APPOINTMENT_TICKETS_PER_DAY = env.int("APPOINTMENT_TICKETS_PER_DAY", default=6)
CONTACT_MINIMUM_SECONDS = env.float("CONTACT_MINIMUM_SECONDS", default=3)

# -- retention, in days; each model names its rule in apps/*/kinds.py ---------------------------

RETENTION_DAYS = {
    "drafts": 60,
    "ownerless_drafts": 7,  # as long as the cookie of their browser lives
    "previews": 1,  # of letters nobody has released
    "applications": 365 * 10,
    "contact": 365,
    "access_codes": 7,  # after they have ended
    "looks": 365,  # who of the staff has read what
    "bookings": 30,  # after the visit
    "shifts": 7,
    "wishes": 30,  # after it ended
    "tickets": 365 * 2,
    "emails": 90,
    "heartbeats": 7,
    "unverified_accounts": 30,
    "account_links": 7,  # after they have ended
    "session_list": 1,  # after the sign-in
    "retention_runs": 365 * 3,
    "admin_log": 365 * 3,
    "orphaned_files": 1,
    "sessions": 0,  # after they have ended
}

# -- log: UTC, one line an event, never what a person typed -------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "apps.core.logs.LineFormatter"}},
    "filters": {"route": {"()": "apps.core.logs.RouteInsteadOfAddress"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["route"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Django's development server logs whole addresses; nothing of ours uses it.
        "django.server": {"handlers": [], "propagate": False},
        # waitress names the address of a request when something goes wrong with it; what does is logged in wsgi.py.
        "waitress": {"level": "CRITICAL"},
        "security": {"level": "INFO"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "pikepdf": {"level": "WARNING"},
        # "No hostname was supplied": the filesystem transport has none.
        "kombu.connection": {"level": "ERROR"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.guards.NetworkThrottle"],
    "DEFAULT_THROTTLE_RATES": {"anon": env.str("API_RATE", default="120/minute")},
    "DEFAULT_PARSER_CLASSES": ["apps.api.guards.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stadt Wolfsburg: Dienstleistungen und Termine",
    "DESCRIPTION": "Leistungen der Stadt lesen; Termine suchen, halten, bestätigen und absagen.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "apps.api.schema.name_refusals"],
}
