"""Health: for load balancers, monitoring and administrators, without personal data."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core import reconciliation
from apps.core.models import Heartbeat, ReconciliationRun
from apps.core.sockets import reconciliations


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the web server reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
def healthz_worker(request: HttpRequest) -> JsonResponse:
    """503 when the last sweep is older than three intervals: beat, worker or broker is down."""
    alive = _worker_is_alive()
    return JsonResponse({"status": "ok" if alive else "down"}, status=200 if alive else 503)


@require_safe
def healthz_reconciliation(request: HttpRequest) -> JsonResponse:
    """503 when what has to agree does not, or nobody has compared it for a day."""
    found = reconciliation.state()
    return JsonResponse({"status": found}, status=200 if found == "ok" else 503)


def _worker_is_alive() -> bool:
    oldest = timezone.now() - timedelta(seconds=3 * settings.SWEEP_INTERVAL_SECONDS + 5)
    return Heartbeat.objects.filter(name="sweep", at__gte=oldest).exists()


@require_http_methods(["GET", "HEAD", "POST"])
def condition(request: HttpRequest) -> HttpResponse:
    """For administrators: whether the workers live, and what the last comparison has found; a new one is asked for here.

    Mounted by the desk behind its sign-in.
    """
    if not request.user.is_superuser:
        raise Http404
    if request.method == "POST":
        reconciliation.ask_for_run()
        messages.success(request, _("Der Abgleich läuft. Diese Seite zeigt das Ergebnis von selbst."))
        return redirect("admin:condition")
    run = reconciliation.newest()
    context = {
        "run": run,
        "rows": _rows(run),
        "state": reconciliation.state(),
        "waits": ReconciliationRun.objects.filter(done_at=None).exists(),
        "worker": _worker_is_alive(),
    }
    return render(request, "core/condition.html", context)


def _rows(run: ReconciliationRun | None) -> list[dict[str, Any]]:
    """Each comparison that there is, with what the run found (None: it was not made)."""
    results = {result.key: result for result in run.results.all()} if run is not None else {}
    return [{"describe": one.describe, "result": results.get(one.key)} for one in reconciliations]
