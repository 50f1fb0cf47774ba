"""The pages of those who keep Kitas: heads, and whoever works for a carrier. Whoever keeps none gets 404."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.kept import login_required
from apps.accounts.requests import SignedInRequest
from apps.core.business_calendar import today
from apps.kita.facilities import transitions
from apps.kita.facilities.forms import CapacityForm, HouseForm, VacancyForm
from apps.kita.facilities.models import Facility, Group


@login_required
@require_safe
def houses(request: SignedInRequest) -> HttpResponse:
    """The Kitas that somebody keeps."""
    kept = list(Facility.objects.kept_by(request.user).for_list())
    if not kept:
        raise Http404
    return render(request, "kita/house/list.html", {"facilities": kept})


@login_required
@require_safe
def house(request: SignedInRequest, slug: str) -> HttpResponse:
    """A Kita for those who keep it: what it says of itself, its groups with all that was recorded for them."""
    found = get_object_or_404(Facility.objects.kept_by(request.user).for_page(), slug=slug)
    groups = found.groups.for_page(today()).prefetch_related("care_times", "capacities", "vacancies")
    context = {"facility": found, "groups": groups}
    return render(request, "kita/house/house.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change what a Kita says of itself."""
    found = _house(request, slug)
    form = HouseForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        transitions.describe(found, **form.cleaned_data)
        messages.success(request, _("Ihre Angaben sind gespeichert und sofort zu sehen."))
        return redirect("kita:house", slug)
    return _asked(request, found, form, _("Angaben der Kita"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def vacancy(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Publish free places of a group."""
    group = _group(request, slug, pk)
    form = VacancyForm(request.POST if request.method == "POST" else None, most=group.__dict__["places"])
    if request.method == "POST" and form.is_valid():
        transitions.publish_vacancy(group, by=request.user, **form.cleaned_data)
        messages.success(request, _("Veröffentlicht. Eltern sehen es sofort."))
        return redirect("kita:house", slug)
    title = _("Freie Plätze melden: %(group)s") % {"group": group.name}
    return _asked(request, group.facility, form, title)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def capacity(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Record how many places a group has from a month on."""
    group = _group(request, slug, pk)
    form = CapacityForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        transitions.record_places(group, by=request.user, **form.cleaned_data)
        messages.success(request, _("Die Zahl der Plätze ist vermerkt."))
        return redirect("kita:house", slug)
    title = _("Zahl der Plätze ändern: %(group)s") % {"group": group.name}
    return _asked(request, group.facility, form, title)


def _house(request: SignedInRequest, slug: str) -> Facility:
    return get_object_or_404(Facility.objects.kept_by(request.user).select_related("district", "carrier"), slug=slug)


def _group(request: SignedInRequest, slug: str, pk: int) -> Group:
    groups = Group.objects.with_places(today()).select_related("facility")
    return get_object_or_404(groups, facility=_house(request, slug), pk=pk)


def _asked(request: SignedInRequest, facility: Facility, form: Any, title: str) -> HttpResponse:
    context = {"facility": facility, "form": form, "title": title}
    return render(request, "kita/house/form.html", context, status=422 if form.errors else 200)
