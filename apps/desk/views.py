"""The desk, the queue and the case page."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import Role
from apps.accounts.requests import SignedInRequest, for_departments
from apps.cases import acts, kinds, proposals
from apps.cases import transitions as verbs
from apps.cases.acts import acts_for
from apps.cases.addressee import Addressee, known_addressees
from apps.cases.audience import conversation_of
from apps.cases.forms import RefuseForm
from apps.cases.looks import looked
from apps.cases.models import Case, CaseQuerySet, Hearing, Party, PartyContact, record
from apps.cases.sockets import case_panels
from apps.cases.states import Act, Purpose
from apps.core.downloads import private_file
from apps.core.models import NOT_DELIVERED
from apps.core.references import normalise as normalise_reference
from apps.core.requests import sent_from
from apps.core.sockets import Panel, Tile, desk_panels, desk_tiles
from apps.core.text import normalised
from apps.core.transitions import Phase, TransitionConflict, TransitionError, Who
from apps.notices.models import Delivery

PAGE_SIZE = 50


@dataclass(frozen=True)
class QueueList:
    """A named list of the queue."""

    key: str
    label: str
    cases: CaseQuerySet


# Lists that the desk shows only when there is something in them; then it is urgent.
ONLY_WHERE_THERE_ARE = ("undeliverable", "letters_back", "release", "hearings")


def _lists(request: SignedInRequest) -> list[QueueList]:
    mine = Case.objects.worked_by(request.user)
    undeliverable = mine.open().filter(timeline__email__status__in=NOT_DELIVERED).distinct()
    failed = Delivery.objects.failed().values("letter__notice__case")
    heard = Hearing.objects.to_look_at().values("party__case")
    return [
        QueueList("mine", _("Meine Vorgänge"), mine.open().assigned_to(request.user)),
        QueueList("due", _("Fällig"), mine.due()),
        QueueList("came_back", _("Zurückgekommen"), mine.came_back()),
        QueueList("unassigned", _("Nicht zugewiesen"), mine.on_our_side().unassigned()),
        QueueList("waiting", _("Warten auf Antwort"), mine.filter(phase=Phase.WAITING)),
        QueueList("undeliverable", _("E-Mail nicht zustellbar"), undeliverable),
        QueueList("letters_back", _("Brief kam nicht an"), mine.filter(pk__in=failed)),
        QueueList("release", _("Freizugeben"), mine.filter(pk__in=proposals.for_another(request.user))),
        QueueList("hearings", _("Anhörung zu Ende"), mine.filter(pk__in=heard)),
        QueueList("open", _("Alle offenen"), mine.open()),
        QueueList("done", _("Erledigt"), mine.filter(phase__in=[Phase.DECIDED, Phase.CLOSED])),
        QueueList("dead_notices", _("Bescheide mit Fehler"), mine.filter(notices__letters__status="dead").distinct()),
    ]


@require_safe
def desk(request: SignedInRequest) -> HttpResponse:
    """Numbers that lead to lists; for the CDO, figures without people."""
    tiles: list[Tile] = []
    if request.user.department_ids:
        for entry in _lists(request)[:9]:
            count = entry.cases.count()
            if entry.key in ONLY_WHERE_THERE_ARE and not count:
                continue
            url = f"{reverse('admin:queue')}?liste={entry.key}"
            urgent = entry.key in ("due", *ONLY_WHERE_THERE_ARE) and count > 0
            tiles.append(Tile(entry.label, count, url, urgent=urgent))
    tiles += [tile for plugged in desk_tiles for tile in plugged(request)]
    figures = _figures() if request.user.has_role(Role.CDO) else []
    context = {
        "tiles": tiles,
        "figures": figures,
        "next_cases": _rows(Case.objects.worked_by(request.user).on_our_side().assigned_to(request.user))[:5],
        "panels": [panel for plugged in desk_panels for panel in plugged(request)],
    }
    return render(request, "desk/desk.html", context)


def _figures() -> list[dict[str, Any]]:
    """Cases by kind and phase over the whole city: numbers, never people."""
    counted = {
        (row["kind"], row["phase"]): row["count"]
        for row in Case.objects.values("kind", "phase").annotate(count=Count("pk"))
    }
    return [
        {
            "kind": kind.label,
            "cells": [counted.get((kind.key, phase), 0) for phase in Phase.values],
        }
        for kind in kinds.all_kinds()
    ]


def _rows(cases: CaseQuerySet) -> CaseQuerySet:
    """With what a row of the queue shows, in a fixed number of queries."""
    return cases.select_related("department", "assignee").prefetch_related(
        Prefetch("parties", queryset=Party.objects.order_by("pk"))
    )


@for_departments
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: SignedInRequest) -> HttpResponse:
    """The cases of one's departments over all kinds; a search comes by POST, for names belong into no address."""
    asked = request.POST if request.method == "POST" else request.GET
    lists = _lists(request)
    chosen = next((x for x in lists if x.key == asked.get("liste")), None)
    if chosen is None:
        chosen = next(x for x in lists if x.key == "open")
    cases = chosen.cases
    kind = asked.get("art", "")
    if kind in {k.key for k in kinds.all_kinds()}:
        cases = cases.filter(kind=kind)
    text = request.POST.get("q", "").replace("\x00", "").strip()[:100]
    if request.method == "POST" and not text:
        # Choosing a list or a kind names nobody: an address that can be kept and gone back to.
        return redirect(f"{reverse('admin:queue')}?{urlencode({'liste': chosen.key, 'art': kind})}")
    if text:
        # A search looks through everything one may see, not only the chosen list.
        cases = _found(Case.objects.worked_by(request.user), text)
    page = Paginator(_rows(cases), PAGE_SIZE).get_page(asked.get("seite"))
    rows = [
        {"case": c, "status": kinds.of(c).status_label(c.status), "badge": kinds.of(c).badge(c.status),
         "kind": kinds.of(c).label, "who": next(iter(c.parties.all()), None)}
        for c in page
    ]  # fmt: skip
    context = {"lists": lists, "chosen": chosen, "page": page, "rows": rows, "text": text,
               "kind": kind, "kinds": kinds.all_kinds()}  # fmt: skip
    return render(request, "desk/queue.html", context)


def _found(cases: CaseQuerySet, text: str) -> CaseQuerySet:
    reference = normalise_reference(text)
    if reference:
        return cases.filter(reference=reference)
    words = normalised(text).replace("|", " ").split()[:6]
    wanted = Q()
    for word in words:
        wanted &= Q(search_text__contains=word)
    return cases.filter(wanted) if words else cases.none()


def _case(request: SignedInRequest, reference: str) -> Case:
    cases = Case.objects.worked_by(request.user).select_related("department", "assignee", "service")
    return get_object_or_404(cases.prefetch_related("parties"), reference=reference)


@require_safe
def case(request: SignedInRequest, reference: str) -> HttpResponse:
    """A case, made for reading."""
    found = _case(request, reference)
    if request.method == "GET":
        looked(found, by=request.user, purpose=Purpose.CASE)
    if found.came_back_at and found.assignee_id == request.user.pk:
        verbs.seen(found)
    return _render_case(request, found)


def _render_case(
    request: SignedInRequest, found: Case, *, opened: str = "", filled: forms.Form | None = None
) -> HttpResponse:
    kind = kinds.of(found)
    addressees = known_addressees(found)
    people = _people(request, found, addressees)
    panels: list[Panel] = [p for plugged in case_panels for p in plugged(request, found, True)]
    panels += kind.staff_panels(request, found)
    context = {
        "case": found,
        "kind": kind,
        "status": kind.status_label(found.status),
        "badge": kind.badge(found.status),
        "panels": sorted(panels, key=lambda p: p.order),
        **_acts(request, found, opened, filled),
        "opened": opened,
        "people": people,
        "timeline": found.timeline.select_related("actor", "email").order_by("-at", "-pk")[:200],
        "notes": found.notes.select_related("author"),
        "conversation": conversation_of(found),
        "attachments": found.attachments.select_related("file"),
        "undeliverable": found.undeliverable_emails,
        "refusing": RefuseForm(),
        "proposals": proposals.shown_to(found, request.user, Who.STAFF),
        "hides_addresses": any(row["contact"] is None for row in people),
    }
    return render(request, "desk/case.html", context, status=422 if opened else 200)


def _people(request: SignedInRequest, found: Case, addressees: list[Addressee]) -> list[dict[str, Any]]:
    """The parties, where they live as far as this colleague may know, and how letters reach them."""
    contacts = {c.pk: c for c in PartyContact.objects.visible_to(request.user).filter(party__case=found)}
    ways = {addressee.principal.pk: addressee for addressee in addressees}
    return [
        {"party": party, "contact": contacts.get(party.pk), "addressee": ways.get(party.pk)}
        for party in found.parties.all()
    ]


def _acts(request: SignedInRequest, found: Case, opened: str, filled: forms.Form | None) -> dict[str, Any]:
    """What can be done: buttons, and forms that unfold; the one that was sent with what was typed."""
    offered = acts_for(found, request.user)
    shown = acts.get(opened)
    if filled is not None and shown is not None and shown not in offered:
        # It may not be done any more, but what was typed for it stays.
        offered.append(shown)
    return {
        "buttons": [{"act": act, "url": act.page(found) if act.page else ""} for act in offered if act.form is None],
        "forms": [
            {"act": act, "form": filled if filled is not None and act.key == opened else act.filled(None, found)}
            for act in offered
            if act.form is not None
        ],
    }


@sent_from(lambda _request, reference, act: reverse("admin:case", args=[reference]))
def act(request: SignedInRequest, reference: str, act: str) -> HttpResponse:
    """One of the registered acts, called from the case page."""
    found = _case(request, reference)
    chosen = acts.get(act)
    if chosen is None or chosen.about is not Case or chosen.who != Who.STAFF or chosen.verb is None:
        raise Http404
    if chosen.kind and chosen.kind != found.kind:
        raise Http404
    form = chosen.filled(request.POST, found)
    if form is not None and not form.is_valid():
        return _render_case(request, found, opened=act, filled=form)
    if chosen.as_shown and request.POST.get("shown", "") != str(found.assignee_id or ""):
        # Two colleagues have seen nobody there, and both want it.
        messages.warning(request, _changed())
        return _render_case(request, found, opened=act, filled=form)
    try:
        data = form.cleaned_data if form is not None else {}
        said = proposals.carry_out(chosen, found, data=data, typed=request.POST, by=request.user)
    except TransitionError as error:
        messages.warning(request, _refusal(chosen, error))
        # The page as it is now, with what was typed still in its form.
        return _render_case(request, _case(request, reference), opened=act, filled=form)
    messages.success(request, said)
    if not Case.objects.worked_by(request.user).filter(pk=found.pk).exists():
        return redirect("admin:queue")
    return redirect(found.staff_url)


def _refusal(chosen: acts.CaseAct, error: TransitionError) -> str:
    said = chosen.refusals.get(type(error))
    if said is not None:
        return str(said)
    return _changed() if isinstance(error, TransitionConflict) else _("Das geht bei diesem Stand des Vorgangs nicht.")


def _changed() -> str:
    return _("Der Vorgang hat sich inzwischen geändert. Bitte sehen Sie noch einmal hin.")


@require_safe
def attachment(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """An attachment, in the browser."""
    found = _case(request, reference)
    item = get_object_or_404(found.attachments.select_related("file"), pk=pk)
    response = private_file(item.file, inline=True)
    if request.method == "GET":
        record(found, Act.FILE_OPENED, by=request.user, public=False, attachment=item.pk)
        looked(found, by=request.user, purpose=Purpose.FILE)
    return response
