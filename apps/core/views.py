"""Health: for load balancers and monitoring, without personal data."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.models import Heartbeat


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the web server reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
def healthz_worker(request: HttpRequest) -> JsonResponse:
    """503 when the last sweep is older than three intervals: beat, worker or broker is down."""
    oldest = timezone.now() - timedelta(seconds=3 * settings.SWEEP_INTERVAL_SECONDS + 5)
    alive = Heartbeat.objects.filter(name="sweep", at__gte=oldest).exists()
    return JsonResponse({"status": "ok" if alive else "down"}, status=200 if alive else 503)
