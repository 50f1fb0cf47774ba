"""Reviewing and filing an application, and what its applicant does with it afterwards."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.kept import login_required
from apps.accounts.requests import SignedInRequest, signed_in
from apps.applications import drafts, transitions
from apps.applications.dog_assessment import MissingFee, assess
from apps.applications.forms import CaptureSubmitForm, SubmitForm
from apps.applications.models import Draft
from apps.applications.states import KIND
from apps.applications.views.reach import asks_who_was_signed_in, reach
from apps.cases.audience import filed_by
from apps.cases.models import Case
from apps.cases.states import Way
from apps.core.bilingual import localised
from apps.core.business_calendar import today
from apps.core.transitions import TransitionError
from apps.formbuilder.forms import visible_steps
from apps.formbuilder.summary import summarise


@never_cache
@require_http_methods(["GET", "POST"])
@asks_who_was_signed_in
def review(request: HttpRequest, pk: Any) -> HttpResponse:
    """All answers in plain words, the cost, and the button that files."""
    filed = Case.objects.of(request.user).filter(submission_key=pk).first()
    if filed is not None:
        # The second click of a double click: the first one has filed.
        return redirect("applications:receipt", filed.reference)
    captured = Case.objects.worked_by(request.user).filter(submission_key=pk).first()
    if captured is not None:
        return redirect(captured.staff_url)
    draft = reach(request, pk)
    try:
        answers = drafts.collected_answers(draft)
    except drafts.Incomplete as incomplete:
        messages.warning(request, _("Hier fehlt noch etwas."))
        return redirect("applications:step", draft.pk, incomplete.step)
    data = request.POST if request.method == "POST" else None
    form = CaptureSubmitForm(data) if draft.captured else SubmitForm(data, regime=draft.service.regime)
    if request.method == "POST":
        own = signed_in(request)
        if own is None:
            return redirect_to_login(reverse("applications:review", args=[draft.pk]))
        if form.is_valid():
            return _submit(own, draft, form)
    context = {
        "draft": draft,
        "service": draft.service,
        "summary": summarise(draft.form_version.parsed, answers),
        "files": {str(u.file_id): u for u in draft.uploads.select_related("file")},
        "cost": cost_preview(draft, answers),
        "form": form,
        "total": len(visible_steps(draft.form_version.parsed, draft.answers)) + 1,
        "trust_missing": request.user.is_authenticated
        and not draft.captured
        and request.user.trust_level < draft.service.trust_level,
    }
    return render(request, "applications/review.html", context, status=422 if form.errors else 200)


def _submit(request: SignedInRequest, draft: Draft, form: Any) -> HttpResponse:
    way = form.cleaned_data.get("delivery", Way.POST)
    try:
        case = transitions.submit(draft, by=request.user, way=way, email=form.cleaned_data.get("email", ""))
    except drafts.Incomplete as incomplete:
        return redirect("applications:step", draft.pk, incomplete.step)
    except transitions.TrustTooLow:
        return redirect("applications:review", draft.pk)
    except TransitionError as error:
        raise Http404 from error
    if draft.captured:
        messages.success(request, _("Der Vorgang ist erfasst."))
        return redirect(case.staff_url)
    return redirect("applications:receipt", case.reference)


def cost_preview(draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    """What the form's fee rule says to these answers: a sentence and, for taxes, the lines."""
    rule = draft.form_version.parsed.extra.get("fee", {})
    result: dict[str, Any] = {"text": localised(rule.get("text")) or draft.service.cost}
    try:
        result["assessment"] = assess(rule, answers, on=today())
        result["open"] = any(dog.get("claim") in ("exempt", "reduced") for dog in answers.get("dogs") or [])
    except MissingFee:
        result["unknown"] = True
    return result


@login_required
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """„Ihr Antrag ist da."""
    case = get_object_or_404(Case.objects.of(request.user), reference=reference, kind=KIND)
    if not filed_by(case, request.user):
        raise Http404
    return render(request, "applications/receipt.html", {"case": case})
