"""The Django project of the Wolfsburg citizen services portal."""

from wolfsburg_portal.celery import app as celery_app

__all__ = ["celery_app"]
