"""The public register of the rules, made of what is configured."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.business_calendar import today
from apps.core.pages import kept_for_visitors
from apps.kita.rules.loading import INVENTED
from apps.kita.rules.models import Criterion, Round
from apps.kita.rules.states import PRIORITY


@require_safe
@kept_for_visitors("catalogue")
def rules(request: HttpRequest) -> HttpResponse:
    """When which places are given, what counts for how much since when, and what decides between equals."""
    day = today()
    criteria = list(Criterion.objects.valid_on(day))
    rounds = list(Round.objects.to_come(day))
    families = {c.family: [other for other in criteria if other.family == c.family] for c in criteria if c.family}
    context = {
        "rounds": [(one, one.is_open(timezone.now())) for one in rounds],
        "criteria": [(c, [other for other in families.get(c.family, []) if other != c]) for c in criteria],
        "coming": Criterion.objects.filter(valid_from__gt=day).order_by("valid_from", "key"),
        "priority": list(PRIORITY.values()),
        "examples": any(c.resolution == INVENTED for c in criteria),
    }
    return render(request, "kita/rules.html", context)
