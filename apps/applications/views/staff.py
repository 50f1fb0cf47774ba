"""The clerk's side of an application; mounted by the desk behind its sign-in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import for_departments
from apps.applications import transitions
from apps.applications.fees import MissingFee, is_dog_tax
from apps.applications.forms import CaptureForm, DecisionForm, FindingForms
from apps.applications.letters import MissingRemedy
from apps.applications.states import Status
from apps.cases.models import Case
from apps.core.transitions import TransitionError
from apps.formbuilder.summary import summarise


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose the outcome, give reasons, see what the letter will say about money."""
    cases = Case.objects.worked_by(request.user).filter(kind=transitions.KIND)
    case = get_object_or_404(cases.select_related("service", "application__form_version"), reference=reference)
    outcomes = transitions.OUTCOMES.get(case.service.outcome_type, ()) if case.service else ()
    if not outcomes:
        raise Http404
    if not case.is_open and request.method == "GET":
        messages.info(request, _("Über diesen Vorgang ist schon entschieden."))
        return redirect(case.staff_url)
    extra = case.application.form_version.parsed.extra
    rule, data = extra.get("fee", {}), request.POST if request.method == "POST" else None
    # "Neu berechnen" judges only what the sum hangs on.
    again = data is not None and "_again" in data
    form = DecisionForm(
        None if again else data,
        outcomes=outcomes,
        fee_by_clerk=rule.get("rule") == "set_by_clerk",
        letters=extra.get("letters", {}),
        initial=data.dict() if data is not None and again else _initial(case),
    )
    tax = FindingForms(data, case.application.answers) if is_dog_tax(rule) else None
    holds = tax is not None and data is not None and (tax.is_valid() or (again and tax.excuse_reasons()))
    findings = tax.findings() if tax is not None and holds else None
    assessment, missing = None, ""
    try:
        assessment = transitions.preview_tax(case.application, findings)
    except MissingFee as error:
        missing = str(error)
    valid = form.is_valid() and (tax is None or findings is not None or form.cleaned_data["outcome"] != Status.ASSESSED)
    if valid:
        try:
            transitions.decide(
                case, by=request.user, named=form.named(), findings=findings, **_arguments(form.cleaned_data)
            )
            messages.success(request, _("Entschieden. Der Bescheid wird gerade erstellt."))
            return redirect(case.staff_url)
        except MissingRemedy:
            form.add_error(
                None,
                _(
                    "Für dieses Verfahren fehlt die Rechtsbehelfsbelehrung. Bitte lassen Sie sie unter „Rechtsbehelfsbelehrungen“ ergänzen."
                ),
            )
        except MissingFee:
            form.add_error(
                None, _("Für ein Jahr fehlt der Gebührensatz. Bitte lassen Sie ihn unter „Gebühren“ ergänzen.")
            )
        except TransitionError:
            # The reasons that were typed stay on the page.
            form.add_error(None, _("Inzwischen hat jemand anderes über den Vorgang entschieden."))
    context = {
        "case": case,
        "form": form,
        "assessment": assessment,
        "tax": tax,
        "errors_in": [form, *(tax.all_forms if tax is not None else [])],
        "missing": missing,
        "summary": summarise(case.application.form_version.parsed, case.application.answers),
    }
    return render(request, "applications/decide.html", context, status=422 if form.errors or _is_wrong(tax) else 200)


def _is_wrong(tax: FindingForms | None) -> bool:
    return tax is not None and any(form.errors for form in tax.all_forms)


def _initial(case: Case) -> dict[str, Any]:
    answers = case.application.answers
    initial = {}
    for target, keys in (("valid_from", ("valid_from", "first_day")), ("valid_until", ("valid_until", "last_day"))):
        for key in keys:
            if isinstance(answers.get(key), str):
                initial[target] = ".".join(reversed(answers[key].split("-")))
                break
    return initial


def _arguments(data: dict[str, Any]) -> dict[str, Any]:
    names = ("outcome", "reasons", "fee", "valid_from", "valid_until", "conditions")
    return {name: data[name] for name in names if name in data}


@for_departments
@require_http_methods(["GET", "POST"])
def capture(request: HttpRequest) -> HttpResponse:
    """Capture an application from the counter, from paper or by telephone."""
    form = CaptureForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            draft = transitions.begin(
                form.cleaned_data["service"], user=request.user, browser="", channel=form.cleaned_data["channel"]
            )
        except TransitionError:
            form.add_error("service", _("Für diese Leistung gibt es noch kein Formular."))
            return render(request, "applications/capture.html", {"form": form}, status=422)
        return redirect("applications:step", draft.pk, draft.step)
    return render(request, "applications/capture.html", {"form": form}, status=422 if form.is_bound else 200)
