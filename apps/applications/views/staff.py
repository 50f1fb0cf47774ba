"""The clerk's side of an application; mounted by the desk behind its sign-in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.requests import SignedInRequest, for_departments
from apps.applications import drafts, transitions
from apps.applications.charges import IncompleteCharge
from apps.applications.dog_assessment import MissingFee, is_dog_tax
from apps.applications.forms import CaptureForm, DecisionForm, FindingForms
from apps.applications.hearings import NotHeard, not_heard
from apps.applications.letters import MissingRemedy, NotAgreed, NotTogether
from apps.applications.reading import read_by
from apps.applications.states import KIND, OUTCOMES_BY_TYPE, Status
from apps.cases.audience import conversation_of
from apps.cases.consents import may_be_together
from apps.cases.looks import hidden_from, looked
from apps.cases.models import Case
from apps.cases.states import Purpose
from apps.core.downloads import private_bytes
from apps.core.requests import query_dict
from apps.core.text import storable
from apps.core.transitions import TransitionError
from apps.notices.models import LetterPreview

NO_REMEDY = gettext_lazy(
    "Für dieses Verfahren fehlt die Rechtsbehelfsbelehrung. Bitte lassen Sie sie unter „Rechtsbehelfsbelehrungen“ ergänzen."
)
NOT_AGREED = gettext_lazy(
    "Mit einem Brief für alle nicht einverstanden: %(names)s. Das sagen sie in ihrem Konto, oder Sie vermerken auf der Seite der Person ihre Unterschrift."
)
NOT_TOGETHER = gettext_lazy(
    "Ein gemeinsamer Brief geht nur an eine gemeinsame Anschrift, die nicht geschützt ist, und nicht, wenn jemand vertreten wird."
)
NO_RATE = gettext_lazy("Für ein Jahr fehlt der Gebührensatz. Bitte lassen Sie ihn unter „Gebühren“ ergänzen.")


class _Forms:
    """The forms of a decision about a case, with what was typed or the case's own values."""

    def __init__(self, case: Case, outcomes: tuple[str, ...], data: QueryDict | None) -> None:
        extra = case.application.form_version.parsed.extra
        fee = extra.get("fee", {})
        # "Neu berechnen" judges only what the sum hangs on.
        self.again = data is not None and "_again" in data
        self.form = DecisionForm(
            None if self.again else data,
            outcomes=outcomes,
            fee_by_clerk=fee.get("rule") == "set_by_clerk",
            letters=extra.get("letters", {}),
            several=may_be_together(case),
            initial=data.dict() if data is not None and self.again else _initial(case),
        )
        self.tax = FindingForms(data, case.application.answers) if is_dog_tax(fee) else None
        self.findings = None
        if self.tax is not None and data is not None:
            holds = self.tax.is_valid() or (self.again and self.tax.excuse_reasons())
            self.findings = self.tax.findings() if holds else None

    def is_valid(self) -> bool:
        """Whether a decision can be made of it."""
        if not self.form.is_valid():
            return False
        return self.tax is None or self.findings is not None or self.form.cleaned_data["outcome"] != Status.ASSESSED

    def arguments(self) -> dict[str, Any]:
        """The decision, as the verbs take it; once the forms are valid."""
        names = ("outcome", "reasons", "fee", "valid_from", "valid_until", "conditions", "due_on", "kassenzeichen",
                 "together")  # fmt: skip
        data = self.form.cleaned_data
        chosen = {name: data[name] for name in names if name in data}
        return chosen | {"named": self.form.named(), "findings": self.findings}

    def typed(self, data: QueryDict) -> dict[str, list[str]]:
        """What stands in the fields, to be kept."""
        names = [form.add_prefix(name) for form in self.all for name in form.fields]
        return {name: [storable(str(data[name]))] for name in names if name in data}

    @property
    def all(self) -> list[Any]:
        """In the order of the summary of errors."""
        return [self.form, *(self.tax.all_forms if self.tax is not None else [])]


@require_http_methods(["GET", "POST"])
def decide(request: SignedInRequest, reference: str) -> HttpResponse:
    """Choose the outcome and give reasons; then the letter is made, to be looked at. Nothing is decided here."""
    case, outcomes = _undecided(request, reference)
    if not case.is_open and request.method == "GET":
        messages.info(request, _("Über diesen Vorgang ist schon entschieden."))
        return redirect(case.staff_url)
    if request.method == "GET":
        looked(case, by=request.user, purpose=Purpose.CASE)
        if unheard := not_heard(case):
            messages.warning(request, not_heard_yet(NotHeard(unheard)))
    data = request.POST if request.method == "POST" else _typed_before(request, case)
    forms = _Forms(case, outcomes, data)
    assessment, missing = None, ""
    try:
        assessment = transitions.preview_tax(case.application, forms.findings)
    except MissingFee as error:
        missing = str(error)
    if request.method == "POST" and forms.is_valid():
        try:
            made = transitions.preview(case, typed=forms.typed(request.POST), by=request.user, **forms.arguments())
            return redirect("admin:decision_preview", case.reference, made.pk)
        except MissingRemedy:
            forms.form.add_error(None, NO_REMEDY)
        except MissingFee:
            forms.form.add_error(None, NO_RATE)
        except IncompleteCharge as error:
            forms.form.ask_for(error.part)
        except NotTogether as error:
            forms.form.add_error("together", not_together(error))
        except NotHeard as error:
            forms.form.add_error(None, not_heard_yet(error))
        except TransitionError:
            # The reasons that were typed stay on the page.
            forms.form.add_error(None, _why_not(case))
    context = {
        "case": case,
        "form": forms.form,
        "assessment": assessment,
        "tax": forms.tax,
        "errors_in": forms.all,
        "missing": missing,
        "summary": read_by(case, request.user, staff=True),
        "files": transitions.files_of(case.application),
        "conversation": conversation_of(case),
    }
    wrong = any(form.errors for form in forms.all)
    return render(
        request, "applications/decide.html", context, status=422 if wrong and request.method == "POST" else 200
    )


@require_http_methods(["GET", "POST"])
def preview(request: SignedInRequest, reference: str, pk: Any) -> HttpResponse:
    """The letter as it will be sent, and the press that decides."""
    case, outcomes = _undecided(request, reference)
    if not case.is_open:
        messages.info(request, _("Über diesen Vorgang ist schon entschieden."))
        return redirect(case.staff_url)
    if closed := hidden_from(case, request.user):
        # The letter shows where somebody lives: first the reason for looking.
        messages.warning(
            request, _("Der Brief zeigt eine geschützte Anschrift. Bitte sagen Sie erst, wofür Sie sie brauchen.")
        )
        return redirect("admin:party", case.reference, min(closed))
    shown = _preview_of(request, case, pk)
    change = reverse("admin:decide", args=[case.reference])
    if request.method == "POST":
        forms = _Forms(case, outcomes, query_dict(shown.typed))
        try:
            if not forms.is_valid():
                # A day that has passed since, or another rule.
                raise transitions.LetterChanged
            transitions.release(shown, by=request.user, **forms.arguments())
            messages.success(request, _("Entschieden. Der Bescheid wird gerade erstellt."))
            return redirect(case.staff_url)
        except NotTogether as error:
            messages.warning(request, not_together(error))
            return redirect(change)
        except (transitions.LetterChanged, MissingRemedy, MissingFee, IncompleteCharge):
            messages.warning(
                request,
                _("Der Bescheid sähe jetzt anders aus als in der Vorschau. Bitte sehen Sie ihn noch einmal an."),
            )
            return redirect(change)
        except TransitionError:
            messages.info(request, _why_not(case))
            return redirect(case.staff_url)
    context = {"case": case, "preview": shown, "change": change, "letters": _shown_letters(shown)}  # fmt: skip
    return render(request, "applications/preview.html", context)


@require_safe
def preview_pdf(request: HttpRequest, reference: str, pk: Any) -> HttpResponse:
    """The previewed letter itself."""
    shown = _preview_of(request, _undecided(request, reference)[0], pk)
    if not shown.is_done:
        raise Http404
    return private_bytes(bytes(shown.content), name="Vorschau.pdf", media_type="application/pdf", inline=True)


@require_safe
def preview_page(request: HttpRequest, reference: str, pk: Any, number: int) -> HttpResponse:
    """A page of the previewed letter as a picture."""
    shown = _preview_of(request, _undecided(request, reference)[0], pk)
    page = get_object_or_404(shown.pages, number=number)
    return private_bytes(bytes(page.picture), name=f"Seite-{number}.png", media_type="image/png", inline=True)


def _undecided(request: HttpRequest, reference: str) -> tuple[Case, tuple[str, ...]]:
    """A case that ends in a decision, and the outcomes to choose from; 404 for any other."""
    cases = Case.objects.worked_by(request.user).filter(kind=KIND)
    case = get_object_or_404(cases.select_related("service", "application__form_version"), reference=reference)
    outcomes = OUTCOMES_BY_TYPE.get(case.service.outcome_type, ()) if case.service else ()
    if not outcomes:
        raise Http404
    return case, outcomes


def not_together(error: NotTogether) -> str:
    """Why several cannot get one letter."""
    if not isinstance(error, NotAgreed):
        return str(NOT_TOGETHER)
    return str(NOT_AGREED) % {"names": ", ".join(party.name for party in error.parties)}


def not_heard_yet(error: NotHeard) -> str:
    """Who still has to be heard, or can still say something."""
    said = []
    for party in error.parties:
        waiting = party.hearings.waiting().last()
        if waiting is not None and waiting.due_on is not None:
            day = date_format(waiting.due_on, "DATE_FORMAT")
            said.append(
                _(
                    "%(name)s kann sich bis %(day)s äußern. Entscheiden können Sie danach, oder sobald eine Antwort da ist."
                )
                % {"name": party.name, "day": day}
            )
        else:
            said.append(
                _("Noch nicht angehört: %(names)s. Das geht auf der Seite der beteiligten Person.")
                % {"names": party.name}
            )
    return " ".join(said)


def _why_not(case: Case) -> str:
    if Case.objects.get(pk=case.pk).is_open:
        return _("Das geht bei diesem Stand des Vorgangs nicht.")
    return _("Inzwischen hat jemand anderes über den Vorgang entschieden.")


def _preview_of(request: HttpRequest, case: Case, pk: Any) -> LetterPreview:
    user: Any = request.user
    if hidden_from(case, user):
        # The letter shows where somebody lives; the page of the preview says how to get to see it.
        raise Http404
    return get_object_or_404(case.previews.filter(made_by=user).defer("content"), pk=pk)


def _shown_letters(preview: LetterPreview) -> list[dict[str, Any]]:
    """The letters with their pages, each under the name it is addressed to."""
    pages = list(preview.pages.defer("picture"))
    return [
        {"to": ", ".join(context["recipients"][:1]), "pages": [page for page in pages if page.letter == number]}
        for number, context in enumerate(preview.letters, start=1)
    ]


def _typed_before(request: HttpRequest, case: Case) -> QueryDict | None:
    """What the clerk typed for the letter that was made last: nothing is lost by leaving it."""
    found = case.previews.filter(made_by_id=request.user.pk).defer("content").last()
    return query_dict(found.typed) if found is not None else None


def _initial(case: Case) -> dict[str, Any]:
    answers = case.application.answers
    initial = {}
    for target, keys in (("valid_from", ("valid_from", "first_day")), ("valid_until", ("valid_until", "last_day"))):
        for key in keys:
            if isinstance(answers.get(key), str):
                initial[target] = ".".join(reversed(answers[key].split("-")))
                break
    return initial


@for_departments
@require_http_methods(["GET", "POST"])
def capture(request: SignedInRequest) -> HttpResponse:
    """Capture an application from the counter, from paper or by telephone."""
    form = CaptureForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafts.begin(
                form.cleaned_data["service"], user=request.user, browser="", channel=form.cleaned_data["channel"]
            )
            return redirect("applications:step", draft.pk, draft.step)
        except TransitionError:
            form.add_error("service", _("Für diese Leistung gibt es noch kein Formular."))
    return render(request, "applications/capture.html", {"form": form}, status=422 if form.is_bound else 200)
