"""Notices over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.kept import login_required
from apps.accounts.models import LetterForm, Profile, User
from apps.accounts.requests import SignedInRequest, for_departments
from apps.cases.looks import hidden_from, reveal
from apps.cases.models import Case, Party, PartyContact
from apps.core.business_calendar import today
from apps.core.downloads import private_bytes
from apps.core.transitions import TransitionError
from apps.notices import copies, corrections, printing, transitions
from apps.notices.forms import ArrivalForm, CopyForm, CorrectionForm, OutboxForm, PostingForm, ReturnForm
from apps.notices.models import AccessibleCopy, Delivery
from apps.notices.panel import notice_panel
from apps.notices.states import NoticeStatus

# As many letters as one goes to the printer with.
OUTBOX_SIZE = 100


@dataclass(frozen=True)
class _Correction:
    label: Any
    form: type[CorrectionForm]
    may: Callable[[Delivery], bool]
    verb: Callable[[Delivery, dict[str, Any], User], None]


WITH_CASE = ("letter__notice__case__service", "party", "notification")


@login_required
@require_safe
def document(request: SignedInRequest, pk: Any) -> HttpResponse:
    """The PDF, for whom it is addressed to and the department; each retrieval is in the timeline."""
    delivery = _finished(request, pk)
    return _instead(delivery, request) or _fetched(
        delivery, request, bytes(delivery.letter.document.content), delivery.filename, "application/pdf"
    )


@login_required
@require_safe
def copy(request: SignedInRequest, pk: Any, copy: int) -> HttpResponse:
    """The same letter in another form, for who needs it and the department: who fetches it has fetched the letter."""
    delivery = _finished(request, pk)
    made = delivery.copies.filter(status=NoticeStatus.DONE).select_related("delivery__letter__notice__case")
    if _own_party(delivery, request) is not None:
        made = made.filter(party__account=request.user)
    found = get_object_or_404(made, pk=copy)
    return _instead(delivery, request) or _fetched(
        delivery, request, bytes(found.content), found.filename, found.media_type
    )


def _finished(request: SignedInRequest, pk: Any) -> Delivery:
    """A letter that is there, for whom it is addressed to and the department."""
    found = Delivery.objects.visible_to(request.user).select_related(*WITH_CASE)
    return get_object_or_404(found, pk=pk, letter__status=NoticeStatus.DONE)


def _instead(delivery: Delivery, request: SignedInRequest) -> HttpResponse | None:
    """What comes before, or in the place of, the letter; None where it may be seen."""
    closed = _closed(delivery, request)
    if closed is not None:
        # The letter shows where somebody lives: first the reason for looking.
        return redirect("admin:party", delivery.notice.case.reference, closed)
    if delivery.retrieval_ended and request.user.pk == delivery.party.account_id:
        # The law ends the retrieval (§ 41 Abs. 2a Satz 4 VwVfG); the page says what happens now.
        return redirect(delivery.notice.case.get_absolute_url())
    if "prefetch" in f"{request.headers.get('Sec-Purpose', '')} {request.headers.get('Purpose', '')}":
        # A browser that guesses what might be clicked next: nobody has fetched anything, and nobody shall think so.
        return HttpResponse(status=503, headers={"Cache-Control": "no-store"})
    return None


def _fetched(delivery: Delivery, request: SignedInRequest, content: bytes, name: str, media_type: str) -> HttpResponse:
    if request.method == "GET":
        transitions.opened(delivery, by=request.user)
    return private_bytes(content, name=name, media_type=media_type, inline="herunterladen" not in request.GET)


def _own_party(delivery: Delivery, request: SignedInRequest) -> Party | None:
    """Who of those that get a letter is asking; None for staff."""
    return next((party for party in copies.for_whom(delivery) if party.account_id == request.user.pk), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_copy(request: SignedInRequest, pk: Any) -> HttpResponse:
    """Whose letter it is asks for another form of it, or the office does for them (§ 8 NBGG)."""
    delivery = _finished(request, pk)
    closed = _closed(delivery, request)
    if closed is not None:
        return redirect("admin:party", delivery.notice.case.reference, closed)
    case, own = delivery.notice.case, _own_party(delivery, request)
    back = case.get_absolute_url() if own is not None else case.staff_url
    people = [own] if own is not None else copies.for_whom(delivery)
    form = CopyForm(request.POST if request.method == "POST" else None, people=people)
    if request.method == "POST" and form.is_valid():
        copies.ask_for(delivery, form.cleaned_data["form"], party=form.cleaned_data["party"], by=request.user)
        if form.cleaned_data["form"] == LetterForm.READ_ALOUD:
            messages.success(request, _("Vermerkt: Die Dienststelle ruft an und liest den Brief vor."))
        else:
            messages.success(request, _("Die Fassung wird gerade erstellt. Sie steht gleich beim Brief."))
        return redirect(back)
    context = {"form": form, "delivery": delivery, "case": case, "back": back, "staff": own is None}
    return render(request, "notices/ask_for_copy.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def give_copy(request: SignedInRequest, pk: Any, copy: int) -> HttpResponse:
    """The clerk has read the letter to somebody, or sent them its other form."""
    light = _of_my_cases(request, pk).copies.light().select_related("delivery__letter__notice__case")
    found = get_object_or_404(light, pk=copy)
    try:
        copies.give(found, on=today(), by=request.user)
        messages.success(request, _("Als übergeben vermerkt."))
    except TransitionError:
        messages.info(request, _("Das hat gerade schon jemand anderes getan."))
    return redirect("admin:outbox")


def _closed(delivery: Delivery, request: HttpRequest) -> int | None:
    """Whose protected address a letter shows that a member of staff does not see now; None for whom it is addressed to."""
    if Delivery.objects.to(request.user).filter(pk=delivery.pk).exists():
        return None
    hidden = hidden_from(delivery.notice.case, request.user)
    return min(hidden & set(delivery.letter.addressees), default=None)


@login_required
@require_safe
def panel(request: HttpRequest, reference: str, side: str) -> HttpResponse:
    """The letters of a case as a fragment, asked for again and again until all are there."""
    visible = Case.objects.worked_by(request.user) if side == "amt" else Case.objects.of(request.user)
    case = get_object_or_404(visible, reference=reference)
    panels = notice_panel(request, case, side == "amt")
    if not panels:
        raise Http404
    return render(request, panels[0].template, {"panel": panels[0].context})


def _of_my_cases(request: HttpRequest, pk: Any) -> Delivery:
    """A delivery of a case that the member of staff works on."""
    found = Delivery.objects.filter(letter__notice__case__in=Case.objects.worked_by(request.user))
    return get_object_or_404(found.select_related(*WITH_CASE), pk=pk)


@login_required
@require_POST
def retry(request: SignedInRequest, pk: Any) -> HttpResponse:
    """The clerk asks for another try."""
    delivery = _of_my_cases(request, pk)
    if delivery.letter.status != NoticeStatus.DEAD:
        raise Http404
    try:
        transitions.retry(delivery.letter, by=request.user)
        messages.success(request, _("Der Bescheid wird noch einmal erstellt."))
    except TransitionError:
        messages.info(request, _("Das hat gerade schon jemand anderes getan."))
    return redirect(delivery.notice.case.staff_url)


@login_required
@require_POST
def came_back(request: SignedInRequest, pk: Any) -> HttpResponse:
    """The clerk notes that the mail about a letter reached nobody."""
    delivery = _of_my_cases(request, pk)
    try:
        transitions.came_back(delivery, by=request.user)
        messages.success(request, _("Der Bescheid wartet jetzt im Postausgang."))
    except TransitionError:
        messages.info(request, _("Das geht bei diesem Stand des Bescheids nicht."))
    return redirect(delivery.notice.case.staff_url)


@login_required
@require_http_methods(["GET", "POST"])
def returned(request: SignedInRequest, pk: Any) -> HttpResponse:
    """The clerk notes that the post has brought a letter back."""
    delivery = _of_my_cases(request, pk)
    form = ReturnForm(request.POST if request.method == "POST" else None, delivery=delivery)
    if request.method == "POST" and form.is_valid():
        try:
            transitions.returned(delivery, on=form.cleaned_data["returned_on"], by=request.user)
            messages.success(
                request, _("Vermerkt. Wenn Sie die richtige Anschrift kennen, stellen Sie den Bescheid erneut zu.")
            )
        except TransitionError:
            messages.info(request, _("Das geht bei diesem Stand des Bescheids nicht."))
        return redirect(delivery.notice.case.staff_url)
    context = {"form": form, "delivery": delivery, "case": delivery.notice.case}
    return render(request, "notices/returned.html", context, status=422 if form.errors else 200)


# What can be put right about a delivery, by how addresses name it.
CORRECTIONS: dict[str, _Correction] = {
    "posttag": _Correction(
        gettext_lazy("Tag der Aufgabe zur Post berichtigen"), PostingForm, lambda delivery: delivery.posting_may_change,
        lambda delivery, data, by: corrections.correct_posting(delivery, on=data["on"], reason=data["reason"], by=by),
    ),
    "ankunft": _Correction(
        gettext_lazy("Ankunft des Briefs vermerken"), ArrivalForm, lambda delivery: delivery.arrival_may_change,
        lambda delivery, data, by: corrections.arrived(
            delivery, how=data["how"], on=data["on"], reason=data["reason"], by=by
        ),
    ),
    "rueckkehr": _Correction(
        gettext_lazy("Der Brief kam doch nicht zurück"), CorrectionForm, lambda delivery: delivery.return_may_change,
        lambda delivery, data, by: corrections.undo_return(delivery, reason=data["reason"], by=by),
    ),
}  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def correct(request: SignedInRequest, pk: Any, fact: str) -> HttpResponse:
    """The clerk puts right what was noted of a delivery, and says why."""
    delivery = _of_my_cases(request, pk)
    wanted = CORRECTIONS.get(fact)
    if wanted is None:
        raise Http404
    form = wanted.form(request.POST if request.method == "POST" else None, delivery=delivery)
    may = wanted.may(delivery)
    if request.method == "POST" and form.is_valid():
        try:
            wanted.verb(delivery, form.cleaned_data, request.user)
            messages.success(request, _("Berichtigt. Die Frist ist neu berechnet, nur für diese Zustellung."))
            return redirect(delivery.notice.case.staff_url)
        except TransitionError:
            may = False
    context = {"form": form, "delivery": delivery, "case": delivery.notice.case, "label": wanted.label, "may": may}
    return render(request, "notices/correct.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def send_again(request: SignedInRequest, pk: Any) -> HttpResponse:
    """The clerk has a letter that came back written to where its addressee lives now."""
    delivery = _of_my_cases(request, pk)
    try:
        transitions.send_again(delivery, by=request.user)
        messages.success(request, _("Der Bescheid wird an die Anschrift geschrieben, die jetzt im Vorgang steht."))
    except TransitionError:
        messages.info(request, _("Das geht bei diesem Stand des Bescheids nicht."))
    return redirect(delivery.notice.case.staff_url)


@for_departments
@require_http_methods(["GET", "POST"])
def outbox(request: SignedInRequest) -> HttpResponse:
    """Letters that still have to go out by post: print them in one file, then note the day they went.

    Mounted by the desk behind its sign-in.
    """
    waiting = Delivery.objects.filter(letter__notice__case__in=Case.objects.worked_by(request.user)).to_post()
    waiting = waiting.select_related(*WITH_CASE).prefetch_related(
        "letter__deliveries__also_to",
        Prefetch("copies", queryset=AccessibleCopy.objects.light().select_related("party")),
    )
    waiting = waiting.order_by("letter__done_at", "pk")
    letters = list(waiting[:OUTBOX_SIZE])
    form = OutboxForm(request.POST if request.method == "POST" else None, waiting=waiting)
    printing_only = "print" in request.POST
    if printing_only:
        # Whatever day stands there belongs to the other button.
        form.fields["posted_on"].required = False
    if request.method == "POST":
        form.is_valid()
        chosen = form.cleaned_data.get("letters")
        if printing_only and chosen:
            return _printed(
                list(
                    chosen.select_related("letter__document", "letter__notice__case").prefetch_related("copies")[
                        :OUTBOX_SIZE
                    ]
                ),
                request,
            )
        if not form.errors and chosen:
            in_them = [int(pk) for pk in request.POST.getlist("copies") if pk.isdecimal() and len(pk) < 19]
            count = transitions.posted(chosen, on=form.cleaned_data["posted_on"], by=request.user, copies=in_them)
            messages.success(
                request,
                ngettext(
                    "Ein Brief ist als versendet vermerkt.", "%(count)s Briefe sind als versendet vermerkt.", count
                )
                % {"count": count},
            )
            return redirect("admin:outbox")
    picked = set(request.POST.getlist("letters")) if form.is_bound else {str(letter.pk) for letter in letters}
    closed = _protected(letters)
    rows = [{"letter": letter, "picked": str(letter.pk) in picked,
             "protected": not closed.isdisjoint(letter.letter.addressees)} for letter in letters]  # fmt: skip
    context = {"form": form, "rows": rows, "more": waiting.count() - len(letters), "copies": _copies_to_give(request)}
    return render(request, "notices/outbox.html", context, status=422 if form.errors else 200)


def _copies_to_give(request: SignedInRequest) -> list[dict[str, Any]]:
    """Letters in another form that the office has to read or to send, with the number to call."""
    mine = (
        AccessibleCopy.objects.to_give()
        .light()
        .filter(delivery__letter__notice__case__in=Case.objects.worked_by(request.user))
    )
    with_case = mine.select_related("delivery__letter__notice__case", "party")
    found = list(with_case.order_by("asked_at", "pk")[:OUTBOX_SIZE])
    contacts = PartyContact.objects.filter(pk__in={copy.party_id for copy in found})
    phones = dict(contacts.exclude(phone="").values_list("pk", "phone"))
    # Where somebody lives, and so how to call them, is shown on the page that asks why.
    closed = set(contacts.filter(protected=True).values_list("pk", flat=True))
    profiles = Profile.objects.filter(user__in={copy.party.account_id for copy in found}).exclude(phone="")
    accounts = dict(profiles.values_list("user", "phone"))
    return [
        {"copy": copy, "protected": copy.party_id in closed,
         "phone": phones.get(copy.party_id) or accounts.get(copy.party.account_id or 0, "")}
        for copy in found
    ]  # fmt: skip


def _protected(letters: list[Delivery]) -> set[int]:
    """The parties (ids) of these letters whose address is protected."""
    parties = {pk for letter in letters for pk in letter.letter.addressees}
    return set(PartyContact.objects.filter(pk__in=parties, protected=True).values_list("pk", flat=True))


def _sheets(delivery: Delivery) -> list[bytes]:
    """The letter, and behind it what of its other forms any printer prints."""
    large = [bytes(copy.content) for copy in delivery.copies.all() if copy.is_print and copy.is_done]
    return [bytes(delivery.letter.document.content), *large]


def _printed(letters: list[Delivery], request: SignedInRequest) -> HttpResponse:
    closed = _protected(letters)
    for letter in letters:
        for pk in closed & set(letter.letter.addressees):
            # Whoever puts letters into envelopes sees where they go: that they did is written down like any other reason.
            reveal(Party(pk=pk, case=letter.notice.case), reason=str(_("Postausgang")), by=request.user)
        transitions.opened(letter, by=request.user)
    return private_bytes(
        printing.one_file(sheet for letter in letters for sheet in _sheets(letter)),
        name=f"Postausgang-{timezone.localdate().isoformat()}.pdf",
        media_type="application/pdf",
        inline=True,
    )
