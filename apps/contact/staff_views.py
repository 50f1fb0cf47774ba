"""The clerk's side of a message; mounted by the desk behind its sign-in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import SignedInRequest
from apps.cases.models import Case
from apps.cases.states import Direction
from apps.contact import transitions
from apps.contact.forms import MessageForm
from apps.contact.states import KIND
from apps.core.transitions import TransitionError


def _case(request: HttpRequest, reference: str) -> Case:
    cases = Case.objects.worked_by(request.user).filter(kind=KIND)
    return get_object_or_404(cases, reference=reference)


@require_http_methods(["GET", "POST"])
def reply(request: SignedInRequest, reference: str) -> HttpResponse:
    """Write the answer with the question before one's eyes."""
    case = _case(request, reference)
    form = MessageForm(request.POST if request.method == "POST" else None)
    form.fields["body"].label = _("Ihre Antwort")
    if request.method == "POST" and form.is_valid():
        try:
            transitions.reply(case, body=form.cleaned_data["body"], by=request.user)
            messages.success(request, _("Die Antwort ist unterwegs."))
            return redirect(case.staff_url)
        except TransitionError:
            messages.warning(request, _("Der Vorgang ist schon abgeschlossen. Ihr Text steht noch unten."))
    context = {"case": case, "form": form, "messages_of_case": case.messages.select_related("author")}
    return render(request, "contact/staff_reply.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def close(request: SignedInRequest, reference: str) -> HttpResponse:
    """Close without (another) answer; asked first, for nothing brings the case back."""
    case = _case(request, reference)
    if request.method == "GET":
        if not case.is_open:
            return redirect(case.staff_url)
        context = {"case": case, "messages_of_case": case.messages.select_related("author"),
                   "answered": case.messages.filter(direction=Direction.OUT).exists()}  # fmt: skip
        return render(request, "contact/staff_close.html", context)
    try:
        transitions.close(case, by=request.user)
        messages.success(request, _("Der Vorgang ist abgeschlossen."))
    except TransitionError:
        messages.info(request, _("Das hat gerade schon jemand anderes getan."))
    return redirect(case.staff_url)
