"""The Kita office's page: what it keeps, and Kitas from a CSV file; mounted by the desk behind its sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.requests import SignedInRequest
from apps.core import uploads
from apps.core.csv_files import NotCsv
from apps.core.transitions import TransitionConflict
from apps.kita.facilities import importing
from apps.kita.facilities.forms import CsvFileForm
from apps.kita.facilities.models import Facility, FacilityImport

RIGHTS = ("kita.add_facility", "kita.change_facility")


def is_office(user: Any) -> bool:
    """Whether somebody keeps Kitas."""
    return bool(user.has_perms(RIGHTS))


def for_the_office(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For others the page is not there."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_office(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return inner


@for_the_office
@require_http_methods(["GET", "HEAD", "POST"])
def office(request: SignedInRequest) -> HttpResponse:
    """What the office keeps; a file that is sent here is read and kept, to be looked at before anything is done."""
    form = CsvFileForm()
    if request.method == "POST":
        form = CsvFileForm(request.POST, request.FILES, refused=uploads.refusal_of(request, "file"))
        if form.is_valid():
            content = form.cleaned_data["file"].read()
            try:
                importing.plan(content)
            except NotCsv as error:
                form.add_error("file", str(error))
            else:
                kept = FacilityImport.objects.create(content=content, uploaded_by=request.user)
                return redirect("admin:kita_import", kept.pk)
    context = {"form": form, "columns": importing.COLUMNS, "count": Facility.objects.count()}
    return render(request, "kita/staff/office.html", context, status=422 if form.errors else 200)


@for_the_office
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a file would do, row by row; then it is done, all of it or nothing."""
    kept = get_object_or_404(FacilityImport, pk=pk)
    if request.method == "POST":
        try:
            done = importing.perform(kept, seen=request.POST.get("seen", ""), by=request.user)
        except (TransitionConflict, NotCsv):
            said = _(
                "Nichts ist geändert: Das ist schon geschehen, oder inzwischen ist etwas anders. Bitte sehen Sie noch einmal hin."
            )
            messages.warning(request, said)
            return redirect("admin:kita_import", kept.pk)
        said = _("%(new)d Kitas sind neu, %(changed)d geändert.") % {"new": len(done.new), "changed": len(done.changed)}
        messages.success(request, said)
        return redirect("admin:kita_office")
    context: dict[str, Any] = {"kept": kept}
    try:
        context["plan"] = None if kept.applied_at else importing.plan(bytes(kept.content))
    except NotCsv as error:
        # The columns of the table have changed since it was sent.
        context["unreadable"] = str(error)
    return render(request, "kita/staff/import.html", context)


@for_the_office
@require_safe
def as_file(request: SignedInRequest) -> HttpResponse:
    """All Kitas as a CSV file, to be changed and sent back."""
    content = importing.as_file(Facility.objects.select_related("carrier", "district").prefetch_related("concepts"))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="kitas.csv"'
    return response
