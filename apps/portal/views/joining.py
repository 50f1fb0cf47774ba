"""How somebody comes to a case that others have filed: the code of a letter, or a mailed link."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.requests import SignedInRequest, signed_in
from apps.cases import invitations, kinds
from apps.cases.models import AccessCode
from apps.core import limits
from apps.core.links import Link, mailed, remember
from apps.core.references import normalise as normalise_reference
from apps.core.text import storable
from apps.core.transitions import TransitionError
from apps.portal.forms import LIMITED, AnswerForm, JoinForm

CODES_PER_HOUR = 10
ANSWERS_PER_HOUR = 10
NOT_THIS_ACCOUNT = _lazy(
    "Mit diesem Konto geht das nicht: Es ist am Vorgang schon beteiligt, oder Sie arbeiten an ihm."
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """The code of a letter, which leads on to the invitation."""
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not limits.within_networks("join", limits.client_networks(request), limit=CODES_PER_HOUR, seconds=3600):
            return render(request, "errors/429.html", status=429)
        reference = normalise_reference(form.cleaned_data["reference"]) or ""
        token = invitations.typed(reference, form.cleaned_data["code"])
        if token is not None:
            return redirect("portal:invitation", remember(request, token))
        form.add_error(
            "code",
            _(
                "Vorgangsnummer und Code passen nicht zusammen, oder der Code gilt nicht mehr. Nach zwanzig falschen Eingaben brauchen Sie einen neuen Brief."
            ),
        )
    return render(request, "portal/join.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def join_before(request: HttpRequest) -> HttpResponse:
    """Where the code was typed at first; letters name it."""
    return redirect("portal:join")


def _gone(request: HttpRequest) -> HttpResponse:
    """The invitation is none any more; what was typed is shown, to be taken along."""
    return render(
        request, "portal/invitation_gone.html", {"typed": storable(request.POST.get("body", ""))[:4000]}, status=404
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@mailed(invitations.opened, missing=_gone)
def invitation(request: HttpRequest, link: Link) -> HttpResponse:
    """What a party who was named by others is told, and what it can do: answer, with or without an account."""
    invited: AccessCode = link.subject
    own = signed_in(request)
    if request.method == "POST" and "connect" in request.POST and own is not None:
        return _connect(own, link)
    if request.method != "POST" or "answer" not in request.POST:
        return _render(request, link, AnswerForm())
    form, caller = AnswerForm.sent(request), limits.client_networks(request)
    if form.is_valid() and not limits.within_networks("guest-answer", caller, limit=ANSWERS_PER_HOUR, seconds=3600):
        form.add_error(None, LIMITED)
    files = form.store_files() if form.is_valid() else None
    if files is None:
        return _render(request, link, form)
    try:
        invitations.answer(invited, body=form.cleaned_data["body"], files=files, seen_by=request.user)
    except invitations.NotThisAccount:
        form.add_error(None, NOT_THIS_ACCOUNT)
        return _render(request, link, form)
    except TransitionError:
        return _gone(request)
    return render(request, "portal/invitation_answered.html", {"case": invited.party.case})


def _render(request: HttpRequest, link: Link, form: AnswerForm) -> HttpResponse:
    party = link.subject.party
    kind = kinds.of(party.case)
    context: dict[str, Any] = {
        "case": party.case,
        "party": party,
        "others": [other for other in party.case.parties.all() if other.pk != party.pk],
        "hearing": party.hearings.waiting().last(),
        "panels": kind.shared_panels(request, party.case),
        "form": form,
    }
    return render(request, "portal/invitation.html", context, status=422 if form.is_bound else 200)


def _connect(request: SignedInRequest, link: Link) -> HttpResponse:
    try:
        case = invitations.join(link.subject, by=request.user)
    except TransitionError:
        messages.warning(request, NOT_THIS_ACCOUNT)
        return _render(request, link, AnswerForm())
    messages.success(request, _("Ihr Konto ist mit dem Vorgang verbunden."))
    return redirect(case.get_absolute_url())
