"""The Celery application and its timetable."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")

TRANSPORT_ALIASES["filesystem"] = "wolfsburg_portal.broker:Transport"

# In seconds. The broker gives back what a killed worker had taken after an hour (visibility_timeout): what is wanted once a
# day is still wanted then.
LONGER_THAN_A_REDELIVERY = 3 * 3600

app = Celery("wolfsburg_portal", task_cls="wolfsburg_portal.bells:PortalTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**_kwargs: object) -> None:
    """Keep the log format of settings.LOGGING: one line an event, no personal data."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@app.on_after_configure.connect
def timetable(sender: Celery, **_kwargs: object) -> None:
    """Set up the periodic jobs; an entry expires so that a dead worker finds no pile."""
    from django.conf import settings

    interval = settings.SWEEP_INTERVAL_SECONDS
    sender.conf.beat_schedule = {
        "sweep": {
            "task": "core.sweep",
            "schedule": interval,
            "options": {"expires": max(interval, 1)},
        },
        "close-answered-messages": {
            "task": "contact.close_answered",
            "schedule": crontab(hour="2", minute="41"),
            "options": {"expires": LONGER_THAN_A_REDELIVERY},
        },
        "release-lapsed-holds": {
            "task": "appointments.release_lapsed",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "remind-of-appointments": {
            "task": "appointments.remind",
            "schedule": crontab(hour="8-19", minute="11"),
            "options": {"expires": 3600},
        },
        "close-days-of-offices": {
            "task": "appointments.close_days",
            "schedule": crontab(hour="1", minute="23"),
            "options": {"expires": LONGER_THAN_A_REDELIVERY},
        },
        "note-lead-times": {
            "task": "appointments.note_lead_times",
            "schedule": crontab(hour="6", minute="7"),
            "options": {"expires": LONGER_THAN_A_REDELIVERY},
        },
        "reconciliation": {
            "task": "core.reconcile_daily",
            "schedule": crontab(hour="4", minute="43"),
            "options": {"expires": LONGER_THAN_A_REDELIVERY},
        },
        "retention": {
            "task": "core.apply_retention",
            "schedule": crontab(hour="3", minute="17"),
            "options": {"expires": LONGER_THAN_A_REDELIVERY},
        },
    }
