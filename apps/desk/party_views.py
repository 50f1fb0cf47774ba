"""The page of a party: where it lives, who acts for it, how it comes to the case, and that nobody may know."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.models import User
from apps.accounts.requests import SignedInRequest
from apps.cases import acts, proposals
from apps.cases.acts import acts_for
from apps.cases.forms import RefuseForm
from apps.cases.models import Case, Consent, Party, PartyContact
from apps.cases.states import ConsentTo, PartyRole
from apps.core.transitions import TransitionError, Who


@require_http_methods(["GET", "HEAD", "POST"])
def party(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """A party, and what staff can do with it."""
    cases = Case.objects.worked_by(request.user).select_related("department", "service")
    case = get_object_or_404(cases, reference=reference)
    found = get_object_or_404(case.parties, pk=pk)
    found.case = case
    if request.method != "POST":
        return _render(request, found)
    act = acts.get(request.POST.get("act", ""))
    if act is None or act.about is not Party or act.who != Who.STAFF or act.verb is None:
        raise Http404
    if not act.is_for(found, request.user) and _is_shut(request, found):
        # What one does not see one does not change.
        raise Http404
    form = act.filled(request.POST, found)
    if form is not None and not form.is_valid():
        return _render(request, found, opened=act.key, filled=form)
    try:
        data = form.cleaned_data if form is not None else {}
        said = proposals.carry_out(act, found, data=data, typed=request.POST, by=request.user)
        messages.success(request, said)
    except TransitionError:
        messages.info(request, _("Das geht bei diesem Stand nicht. Bitte sehen Sie noch einmal hin."))
        if form is not None:
            # What was typed stays.
            return _render(request, found, opened=act.key, filled=form)
    return redirect("admin:party", case.reference, found.pk)


def _offered(found: Party, user: User, opened: str) -> list[acts.CaseAct]:
    """What can be done, and what somebody was just about to do though it cannot be done any more."""
    offered, sent = acts_for(found, user), acts.get(opened)
    return offered if sent is None or sent in offered else [*offered, sent]


def _is_shut(request: SignedInRequest, found: Party) -> bool:
    return not PartyContact.objects.visible_to(request.user).filter(party=found).exists()


def _render(
    request: SignedInRequest, found: Party, *, opened: str = "", filled: forms.Form | None = None
) -> HttpResponse:
    waiting = [
        shown for shown in proposals.shown_to(found.case, request.user, Who.STAFF)
        if shown.proposal.party_id == found.pk
    ]  # fmt: skip
    hearing = found.hearings.last() if found.role == PartyRole.JOINT else None
    context: dict[str, Any] = {
        "case": found.case,
        "party": found,
        "contact": PartyContact.objects.visible_to(request.user).filter(party=found).first(),
        "acts": [
            {"act": act, "form": filled if act.key == opened else act.filled(None, found)}
            for act in _offered(found, request.user, opened)
            if act.key == opened or act.key not in {shown.act.key for shown in waiting}
        ],
        "opened": opened,
        "filled": filled,
        "mandate": found.mandates.in_force().select_related("representative").first(),
        "one_letter": Consent.objects.given(ConsentTo.ONE_LETTER).filter(party=found).first(),
        "hearing": hearing,
        "hearing_is_over": hearing is not None and found.hearings.over().contains(hearing),
        "asked_nobody": hearing is not None and not found.hearings.stands().contains(hearing),
        "proposals": waiting,
        "refusing": RefuseForm(),
    }  # fmt: skip
    return render(request, "desk/party.html", context, status=422 if opened else 200)
