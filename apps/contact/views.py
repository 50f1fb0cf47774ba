"""Writing to #WolfsburgDigital and reading the answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.cases.models import Case
from apps.contact import transitions
from apps.contact.forms import BarrierForm, ContactForm, MessageForm
from apps.contact.states import KIND, Status, Topic
from apps.core import limits
from apps.core.links import Link, mailed
from apps.core.transitions import TransitionError

SESSION_KEY = "contact_sent"
REPLIES_PER_HOUR = 10
FORMS = {
    Topic.INITIATIVE: (ContactForm, "contact/write.html"),
    Topic.BARRIER: (BarrierForm, "contact/report_barrier.html"),
}


@never_cache
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, topic: Topic = Topic.INITIATIVE) -> HttpResponse:
    """The contact form, and „Barriere melden" (§ 9b NBGG)."""
    form_class, template = FORMS[topic]
    initial = {"page": request.GET.get("seite", "").replace("\x00", "")[:200]}
    if request.user.is_authenticated:
        initial |= {name: getattr(request.user, name) for name in ("given_name", "family_name", "email")}
    form = form_class(request.POST if request.method == "POST" else None, request=request, initial=initial)
    if form.is_valid():
        case = transitions.receive(
            **form.message(), topic=topic, submission_key=form.submission_key,
            language=translation.get_language() or "de",
        )  # fmt: skip
        request.session[SESSION_KEY] = case.reference
        return redirect("contact:sent")
    context = {"form": form, "answer_by": transitions.answer_by()}
    return render(request, template, context, status=422 if form.is_bound else 200)


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """The confirmation with the reference."""
    reference = request.session.get(SESSION_KEY)
    case = Case.objects.filter(reference=reference, kind=KIND).first()
    if case is None:
        return redirect("contact:write")
    return render(request, "contact/sent.html", {"case": case})


@never_cache
@require_http_methods(["GET", "POST"])
@mailed(transitions.case_for_token)
def reply(request: HttpRequest, link: Link) -> HttpResponse:
    """What was written so far and a field to reply, behind the signed link."""
    case = link.subject
    form = MessageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not limits.within("contact-reply", str(case.pk), limit=REPLIES_PER_HOUR, seconds=3600):
            return render(request, "errors/429.html", status=429)
        try:
            transitions.reply_in(case, body=form.cleaned_data["body"])
            return redirect(f"{reverse('contact:reply', args=[link.handle])}?gesendet=1")
        except TransitionError:
            # Closed meanwhile: said so below, with the text still there to copy.
            case.refresh_from_db()
    context = {
        "case": case,
        "messages_of_case": case.messages.all(),
        "form": form,
        "closed": case.status == Status.CLOSED,
        "just_sent": "gesendet" in request.GET,
    }
    return render(request, "contact/reply.html", context, status=422 if form.is_bound else 200)
