"""The log: UTC, one line an event, never what a person typed."""

from wolfsburg_portal.settings.place import env

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
