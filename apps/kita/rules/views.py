"""The public register of the rules, made of what is configured."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.business_calendar import today
from apps.core.pages import kept_for_visitors
from apps.kita.rules.models import Criterion, Round
from apps.kita.rules.states import PRIORITY


@require_safe
@kept_for_visitors("catalogue")
def rules(request: HttpRequest) -> HttpResponse:
    """When which places are given, what counts for how much since when, and what decides between equals."""
    day = today()
    criteria = list(Criterion.objects.valid_on(day))
    context = {
        "rounds": Round.objects.to_come(day),
        "criteria": criteria,
        "families": any(criterion.family for criterion in criteria),
        "coming": Criterion.objects.filter(valid_from__gt=day).order_by("valid_from", "key"),
        "priority": list(PRIORITY.values()),
    }
    return render(request, "kita/rules.html", context)
