"""The page of a party: where it lives, who acts for it, and that nobody may know."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.models import Role
from apps.accounts.requests import SignedInRequest
from apps.cases import looks, parties
from apps.cases.access import roles_in
from apps.cases.addressee import PRINCIPALS
from apps.cases.forms import MandateForm, PlaceForm, RevealForm
from apps.cases.models import Case, Party, PartyContact
from apps.cases.transitions import new_party
from apps.core.transitions import TransitionError

PLACE = ("street", "house_number", "postcode", "city", "country", "email", "phone")


def _reveal(party: Party, data: dict[str, Any], by: Any) -> str:
    looks.reveal(party, reason=data["reason"], by=by)
    return _("Sie sehen die Anschrift jetzt für zehn Minuten.")


def _change(party: Party, data: dict[str, Any], by: Any) -> str:
    parties.change_contact(party, by=by, **data)
    return _("Die Anschrift ist geändert. Briefe, die schon geschrieben sind, behalten ihre.")


def _mandate(party: Party, data: dict[str, Any], by: Any) -> str:
    receives, valid_until = data.pop("receives"), data.pop("valid_until")
    parties.grant_mandate(party, new_party(**data), receives=receives, valid_until=valid_until, by=by)
    return _("Die Vollmacht ist vermerkt.")


def _end_mandate(party: Party, data: dict[str, Any], by: Any) -> str:
    parties.end_mandate(party, by=by)
    return _("Die Vollmacht ist beendet. Geschrieben wird wieder der Person selbst.")


def _protect(party: Party, data: dict[str, Any], by: Any) -> str:
    parties.protect(party, by=by)
    return _("Die Auskunftssperre ist vermerkt. Die Anschrift sieht nur noch, wer einen Grund nennt.")


def _unprotect(party: Party, data: dict[str, Any], by: Any) -> str:
    parties.unprotect(party, by=by)
    return _("Die Auskunftssperre ist aufgehoben.")


def _code(party: Party, data: dict[str, Any], by: Any) -> str:
    code = parties.make_code(party, by=by)
    return _(
        "Zugangscode: %(code)s. Er wird nur jetzt angezeigt. Schreiben Sie ihn in einen Brief an die geprüfte Anschrift."
    ) % {"code": code}


# What can be done here: the form that asks, and the verb.
DEEDS: dict[str, tuple[type[forms.Form], Callable[[Party, dict[str, Any], Any], str]]] = {
    "reveal": (RevealForm, _reveal),
    "change": (PlaceForm, _change),
    "mandate": (MandateForm, _mandate),
    "end_mandate": (forms.Form, _end_mandate),
    "code": (forms.Form, _code),
    "protect": (forms.Form, _protect),
    "unprotect": (forms.Form, _unprotect),
}


@require_http_methods(["GET", "HEAD", "POST"])
def party(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """A party, and what staff note about it."""
    case = get_object_or_404(Case.objects.worked_by(request.user), reference=reference)
    found = get_object_or_404(case.parties.select_related("case"), pk=pk)
    contact = PartyContact.objects.visible_to(request.user).filter(party=found).first()
    deed = request.POST.get("tun", "")
    sent: forms.Form | None = None
    if request.method == "POST":
        if deed not in DEEDS or (contact is None and deed not in ("reveal", "protect")):
            raise Http404
        form, verb = DEEDS[deed]
        sent = form(request.POST, prefix=deed)
        if sent.is_valid():
            try:
                messages.success(request, verb(found, sent.cleaned_data, request.user))
            except TransitionError:
                messages.info(request, _("Das geht bei diesem Stand nicht."))
            return redirect("admin:party", case.reference, found.pk)
    now = {name: getattr(contact, name) for name in PLACE} if contact is not None else {}
    shown = {
        "reveal": RevealForm(prefix="reveal"),
        "change": PlaceForm(prefix="change", initial=now),
        "mandate": MandateForm(prefix="mandate"),
    }
    if sent is not None:
        shown[deed] = sent
    context = {
        "case": case,
        "party": found,
        "contact": contact,
        "forms": shown,
        "sent": sent,
        "deed": deed,
        "mandate": found.mandates.in_force().select_related("representative").first(),
        "has_principal": found.role in PRINCIPALS,
        "is_head": Role.HEAD in roles_in(case, request.user),
    }
    return render(request, "desk/party.html", context, status=422 if sent is not None else 200)
