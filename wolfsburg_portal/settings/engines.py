"""Database, caches, broker."""

from django.core.exceptions import ImproperlyConfigured

from wolfsburg_portal.settings.place import VAR_DIR, env

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
        # A connection that is kept must not wait for a server that has gone without a word.
        "tcp_user_timeout": 10_000,
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
# A task keeps the connection of the one before it (see bells.py): the database knows its plans and tables then.
CELERY_DB_REUSE_MAX = CELERY_WORKER_MAX_TASKS_PER_CHILD
CELERY_TIMEZONE = "Europe/Berlin"

# The sweeper rings again for rows whose bell was lost: interval + age is the longest delay.
SWEEP_INTERVAL_SECONDS = env.float("SWEEP_INTERVAL_SECONDS", default=10)
SWEEP_AGE_SECONDS = env.float("SWEEP_AGE_SECONDS", default=15)
