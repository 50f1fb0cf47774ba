"""Mein Bereich and one's cases in it."""

from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.kept import login_required
from apps.accounts.models import User
from apps.accounts.requests import SignedInRequest
from apps.cases import acts, consents, kinds, looks, proposals
from apps.cases import transitions as verbs
from apps.cases.acts import acts_for
from apps.cases.audience import cases_that_ask, own_party, standing_for, stands_for
from apps.cases.models import Case, Consent, Hearing, record
from apps.cases.sockets import case_panels
from apps.cases.states import Act, ConsentTo, Way
from apps.core import limits
from apps.core.downloads import private_file
from apps.core.requests import sent_from
from apps.core.sockets import Panel, my_area_panels
from apps.core.transitions import Phase, TransitionConflict, TransitionError, Who
from apps.portal.forms import LIMITED, AnswerForm

ANSWERS_PER_HOUR = 20
NEEDS_PROOF = gettext_lazy(
    "Sie sind über einen Link aus einer E-Mail gekommen. Dafür brauchen wir einen Code, den wir Ihnen mit der Post schicken, oder Ihre Unterschrift. Bitte melden Sie sich bei der Dienststelle."
)


@login_required
@require_safe
def my_area(request: SignedInRequest) -> HttpResponse:
    """„Mein Bereich": what I have to do, what is going on, what I had begun."""
    cases = list(Case.objects.of(request.user).order_by("-submitted_at")[:100])
    asked = cases_that_ask(cases, request.user)
    rows = [_row(c, asked=c.pk in asked) for c in cases]
    wanted = proposals.cases_that_wait(cases, request.user)
    # To whom a question came, or a hearing, through their own party.
    hearings = Hearing.objects.waiting().filter(party__in=stands_for(request.user))
    to_say = dict(hearings.values_list("party__case", "due_on"))
    for row in rows:
        if row["case"].pk in wanted or row["case"].pk in to_say:
            # "You need not do anything" would be wrong.
            row["next_step"] = ""
    context = {
        "to_do": [r for r in rows if r["case"].pk in asked and r["case"].act_by],
        "to_say": [{**r, "due_on": to_say[r["case"].pk]} for r in rows if r["case"].pk in to_say],
        "to_agree": [r for r in rows if r["case"].pk in wanted],
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
        "badge": kind.badge(status),
        "status": kind.status_label(status),
    }


def _my_case(request: SignedInRequest, reference: str) -> Case:
    cases = Case.objects.of(request.user).select_related("department", "service")
    return get_object_or_404(cases, reference=reference)


@login_required
@require_safe
def case(request: SignedInRequest, reference: str) -> HttpResponse:
    """One of my cases: the status in plain words, whether I have to act, letters, messages."""
    return _render_case(request, _my_case(request, reference), AnswerForm())


def _render_case(request: SignedInRequest, found: Case, form: AnswerForm) -> HttpResponse:
    # Who is in it and what they agree to is asked once. Not where somebody acts: verbs ask anew.
    prefetch_related_objects([found], "parties__consents")
    kind = kinds.of(found)
    standing = standing_for(found, request.user)
    question = verbs.open_question(found, standing) if found.phase == Phase.WAITING else None
    if question is None:
        form.fields["body"].label = _("Ihre Nachricht")
    waiting = proposals.shown_to(found, request.user, Who.PARTY)
    hearing = Hearing.objects.waiting().filter(party__in=standing).select_related("party").last()
    panels: list[Panel] = [p for plugged in case_panels for p in plugged(request, found, False)]
    panels += kind.citizen_panels(request, found)
    context: dict[str, Any] = {
        **_row(found, asked=question is not None),
        "kind": kind,
        "panels": sorted(panels, key=lambda p: p.order),
        # What is proposed already is not offered again.
        "acts": [
            one
            for one in acts_for(found, request.user, Who.PARTY)
            if one.key not in {shown.act.key for shown in waiting}
        ],
        "proposals": waiting,
        "hearing": hearing,
        "looks": looks.by_office(found, request.user),
        "way": _way(found, request.user) if kind.has_letters else None,
        "question": question,
        "form": form,
        "conversation": found.messages.heard_by(standing).prefetch_related("attachments__file"),
        "timeline": found.timeline.filter(public=True).heard_by(standing),
    }
    if hearing is not None or any(shown.may_settle for shown in waiting):
        # There is something to do.
        context["next_step"] = ""
    return render(request, "portal/case.html", context, status=422 if form.is_bound else 200)


def _way(found: Case, user: User) -> Way | None:
    """How one's own letters come; None for who is no party but represents one."""
    own = own_party(found, user)
    if own is None:
        return None
    return Way.PORTAL if consents.has_said(own, ConsentTo.PORTAL) else Way.POST


@login_required
@sent_from(lambda _request, reference: reverse("portal:case", args=[reference]))
def answer(request: SignedInRequest, reference: str) -> HttpResponse:
    """Answer the open question, or say something without being asked."""
    found = _my_case(request, reference)
    form = AnswerForm.sent(request)
    if form.is_valid() and not limits.within("answer", str(request.user.pk), limit=ANSWERS_PER_HOUR, seconds=3600):
        form.add_error(None, LIMITED)
    files = form.store_files() if form.is_valid() else None
    if files is None:
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
def delivery(request: SignedInRequest, reference: str) -> HttpResponse:
    """How one's own letters in a case come: agree to fetch them here, or take that back."""
    found = _my_case(request, reference)
    own = own_party(found, request.user)
    if own is None or not kinds.of(found).has_letters:
        raise Http404
    consent = Consent.objects.given(ConsentTo.PORTAL).filter(party=own).first()
    if request.method == "POST":
        try:
            if request.POST.get("way") == Way.PORTAL:
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
def attachment(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """A file of one of my cases."""
    found = _my_case(request, reference)
    files = found.attachments.heard_by(standing_for(found, request.user))
    item = get_object_or_404(files.select_related("file"), pk=pk)
    response = private_file(item.file, inline=True)
    if request.method == "GET":
        record(found, Act.FILE_OPENED, by=request.user, public=False, attachment=item.pk)
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: SignedInRequest, reference: str, act: str) -> HttpResponse:
    """Ask, then do one of the registered acts, or propose it where all parties have to agree."""
    found = _my_case(request, reference)
    chosen = acts.get(act)
    if chosen is None or chosen.who != Who.PARTY or chosen.verb is None or (chosen.kind and chosen.kind != found.kind):
        raise Http404
    form = chosen.filled(request.POST if request.method == "POST" else None, found)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            data = form.cleaned_data if form is not None else {}
            messages.success(
                request, proposals.carry_out(chosen, found, data=data, typed=request.POST, by=request.user)
            )
        except proposals.NeedsProof:
            messages.warning(request, NEEDS_PROOF)
        except TransitionConflict:
            messages.info(request, _("Das hat sich gerade erledigt. Bitte sehen Sie noch einmal hin."))
        except TransitionError:
            messages.warning(request, _("Das geht bei diesem Stand nicht mehr."))
        return redirect(found.get_absolute_url())
    if not chosen.is_for(found, request.user):
        return redirect(found.get_absolute_url())
    others = proposals.others(found, request.user) if chosen.by_all else []
    context = {"case": found, "act": chosen, "others": others, "form": form}
    return render(request, "portal/act.html", context, status=422 if request.method == "POST" else 200)


@login_required
@sent_from(lambda _request, reference, pk: reverse("portal:case", args=[reference]))
def proposal(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Agree to what another party has proposed, refuse it, or take one's own back."""
    found = _my_case(request, reference)
    open_ones = {shown.proposal.pk: shown.proposal for shown in proposals.shown_to(found, request.user, Who.PARTY)}
    chosen, said = request.POST.get("act", ""), ""
    if pk not in open_ones:
        messages.info(request, _("Das hat sich gerade erledigt. Bitte sehen Sie noch einmal hin."))
        return redirect(found.get_absolute_url())
    try:
        if chosen == "agree":
            done = proposals.agree(open_ones[pk], by=request.user)
            said = " ".join([_("Danke. Sie haben zugestimmt."), done]).strip()
        elif chosen == "refuse":
            proposals.refuse(open_ones[pk], reason="", by=request.user)
            said = _("Sie haben abgelehnt. Es bleibt, wie es ist.")
        elif chosen == "take_back":
            proposals.take_back(open_ones[pk], by=request.user)
            said = _("Ihr Vorschlag ist zurückgenommen.")
        else:
            raise Http404
        messages.success(request, said)
    except proposals.NeedsProof:
        messages.warning(request, NEEDS_PROOF)
    except TransitionError:
        messages.info(request, _("Das hat sich gerade erledigt. Bitte sehen Sie noch einmal hin."))
    return redirect(found.get_absolute_url())
