"""Mein Bereich and one's cases in it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.kept import login_required
from apps.cases import consents, kinds
from apps.cases import transitions as verbs
from apps.cases.audience import cases_that_ask, own_party, standing_for
from apps.cases.models import Case, record
from apps.cases.states import Act, Way
from apps.core import limits, uploads
from apps.core.downloads import private_file
from apps.core.fields import PlainCharField, needed_by_choice
from apps.core.requests import sent_from
from apps.core.sockets import Panel, my_area_panels
from apps.core.transitions import Phase, TransitionConflict, TransitionError

ANSWERS_PER_HOUR = 20


@login_required
@require_safe
def my_area(request: HttpRequest) -> HttpResponse:
    """„Mein Bereich": what I have to do, what is going on, what I had begun."""
    cases = list(Case.objects.of(request.user).order_by("-submitted_at")[:100])
    asked = cases_that_ask(cases, request.user)
    rows = [_row(c, asked=c.pk in asked) for c in cases]
    context = {
        "to_do": [r for r in rows if r["case"].pk in asked and r["case"].act_by],
        "rows": rows,
        "panels": sorted((p for plugged in my_area_panels for p in plugged(request)), key=lambda p: p.order),
    }
    return render(request, "portal/my_area.html", context)


def _row(found: Case, *, asked: bool) -> dict[str, Any]:
    kind = kinds.of(found)
    # While somebody else is asked, there is nothing to do here.
    status = found.status if asked or found.phase != Phase.WAITING else kind.resumed
    text = kind.sentences.get(status)
    return {
        "case": found,
        "sentence": text.sentence if text else kind.status_label(status),
        "next_step": text.next_step if text else "",
        "badge": kind.badge.get(status, "info"),
        "status": kind.status_label(status),
    }


class AnswerForm(forms.Form):
    """What a citizen says in a case, asked or not: words, files, or both."""

    body = PlainCharField(
        label=gettext_lazy("Ihre Antwort"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    file = forms.FileField(
        label=gettext_lazy("Datei"),
        required=False,
        help_text=gettext_lazy("Foto genügt. Alle Ecken müssen zu sehen sein. PDF, JPG oder PNG, höchstens 10 MB."),
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
        error_messages={"empty": gettext_lazy("Diese Datei ist leer. Bitte wählen Sie die Datei noch einmal aus.")},
    )

    def __init__(self, *args: Any, refused: ValidationError | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused
        # One of the two is enough, and one is needed.
        needed_by_choice(self.fields.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.refused is not None:
            self.add_error("file", self.refused)
        elif not data.get("body") and not data.get("file") and not self.errors:
            self.add_error("body", _("Bitte schreiben Sie etwas oder fügen Sie eine Datei an."))
        return data


def _my_case(request: HttpRequest, reference: str) -> Case:
    cases = Case.objects.of(request.user).select_related("department", "service")
    return get_object_or_404(cases, reference=reference)


@login_required
@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """One of my cases: the status in plain words, whether I have to act, letters, messages."""
    return _render_case(request, _my_case(request, reference), AnswerForm())


def _render_case(request: HttpRequest, found: Case, form: AnswerForm) -> HttpResponse:
    kind = kinds.of(found)
    standing = standing_for(found, request.user)
    question = verbs.open_question(found, standing) if found.phase == Phase.WAITING else None
    if question is None:
        form.fields["body"].label = _("Ihre Nachricht")
    panels: list[Panel] = [p for plugged in kinds.case_panels for p in plugged(request, found, False)]
    panels += kind.citizen_panels(request, found)
    context = {
        **_row(found, asked=question is not None),
        "kind": kind,
        "panels": sorted(panels, key=lambda p: p.order),
        "actions": kind.citizen_actions(request, found),
        "way": _way(found, request.user) if kind.has_letters else None,
        "question": question,
        "form": form,
        "conversation": found.messages.heard_by(standing).prefetch_related("attachments__file"),
        "timeline": found.timeline.filter(public=True).heard_by(standing),
    }
    return render(request, "portal/case.html", context, status=422 if form.is_bound else 200)


def _way(found: Case, user: Any) -> Way | None:
    """How one's own letters come; None for who is no party but represents one."""
    own = own_party(found, user)
    if own is None:
        return None
    return Way.PORTAL if own.consents.filter(withdrawn_at=None).exists() else Way.POST


@login_required
@sent_from(lambda _request, reference: reverse("portal:case", args=[reference]))
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Answer the open question, or say something without being asked."""
    found = _my_case(request, reference)
    form = AnswerForm(request.POST, request.FILES, refused=uploads.refusal_of(request, "file"))
    checked = None
    if form.is_valid() and not limits.within("answer", str(request.user.pk), limit=ANSWERS_PER_HOUR, seconds=3600):
        return render(request, "errors/429.html", status=429)
    if form.is_valid() and form.cleaned_data["file"]:
        try:
            checked = uploads.check(form.cleaned_data["file"])
        except ValidationError as error:
            form.add_error("file", error)
    if not form.is_valid():
        return _render_case(request, found, form)
    try:
        files = [uploads.store(checked)] if checked else []
    except ValidationError as error:
        form.add_error("file", error)
        return _render_case(request, found, form)
    try:
        if found.is_open and verbs.open_question(found, standing_for(found, request.user)) is None:
            verbs.message_in(found, body=form.cleaned_data["body"], files=files, by=request.user)
            messages.success(request, _("Danke. Ihre Nachricht ist da."))
            return redirect(found.get_absolute_url())
        verbs.answer(found, body=form.cleaned_data["body"], files=files, by=request.user)
        messages.success(request, _("Danke. Ihre Antwort ist da, wir arbeiten weiter."))
    except TransitionError:
        # Meanwhile answered in another window, or decided: what was said is kept all the same.
        verbs.message_in(found, body=form.cleaned_data["body"], files=files, by=request.user)
        messages.info(request, _("Ihre Nachricht ist da. Der Stand hat sich inzwischen geändert."))
    return redirect(found.get_absolute_url())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delivery(request: HttpRequest, reference: str) -> HttpResponse:
    """How one's own letters in a case come: agree to fetch them here, or take that back."""
    found = _my_case(request, reference)
    own = own_party(found, request.user)
    if own is None or not kinds.of(found).has_letters:
        raise Http404
    consent = own.consents.filter(withdrawn_at=None).first()
    if request.method == "POST":
        try:
            if request.POST.get("weg") == Way.PORTAL:
                consents.agree(own, by=request.user)
                messages.success(request, _("Bescheide liegen künftig hier. Sie bekommen dann eine E-Mail."))
            else:
                consents.withdraw(own, by=request.user)
                messages.success(
                    request, _("Bescheide kommen künftig mit der Post, auch solche, die Sie noch nicht geöffnet haben.")
                )
        except TransitionConflict:
            messages.info(request, _("Das war schon so eingestellt."))
        return redirect(found.get_absolute_url())
    text = consents.wording(consents.regime_of(own), language=translation.get_language() or "de")
    return render(request, "portal/delivery.html", {"case": found, "consent": consent, "wording": text.split("\n")[1:]})


@login_required
@require_safe
def attachment(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """A file of one of my cases."""
    found = _my_case(request, reference)
    files = found.attachments.heard_by(standing_for(found, request.user))
    item = get_object_or_404(files.select_related("file"), pk=pk)
    response = private_file(item.file, inline=True)
    if request.method == "GET":
        record(found, Act.FILE_OPENED, by=request.user, public=False, attachment=item.pk)
    return response
