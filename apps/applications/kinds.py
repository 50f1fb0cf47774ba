"""What applications register: the kind, doors on service pages, panels, retention, export."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import TrustLevel
from apps.applications import extras
from apps.applications.browser import browser_hash
from apps.applications.hearings import hear, may_be_heard
from apps.applications.models import Draft
from apps.applications.reading import read_by, searched, shared
from apps.applications.states import WORKFLOW, Status
from apps.applications.transitions import KIND, OUTCOMES, claim, files_of, withdraw
from apps.applications.views import staff
from apps.cases import kinds
from apps.cases.acts import CaseAct, register
from apps.cases.audience import standing_for
from apps.cases.forms import HearingForm
from apps.cases.kinds import StatusText
from apps.cases.models import Case, Party, PartyContact
from apps.cases.proposals import who_agrees
from apps.catalogue.models import OnlineAvailability, Service
from apps.core import sockets
from apps.core.downloads import pieces
from apps.core.kinds import days
from apps.core.retention import delete_each
from apps.core.sockets import Door, Panel, RetentionRule
from apps.core.transitions import Phase, Who
from apps.formbuilder.models import definition_checks
from apps.formbuilder.summary import Line

definition_checks.append(extras.check)
SENTENCES = {
    Status.SUBMITTED: StatusText(
        gettext_lazy("Ihr Antrag ist da."),
        gettext_lazy("Wir sehen ihn uns an. Sie müssen jetzt nichts tun."),
    ),
    Status.IN_REVIEW: StatusText(
        gettext_lazy("Wir bearbeiten Ihren Antrag."), gettext_lazy("Sie müssen jetzt nichts tun.")
    ),
    Status.QUESTION: StatusText(
        gettext_lazy("Wir haben eine Frage an Sie."),
        gettext_lazy("Bitte antworten Sie hier. Danach geht es weiter."),
    ),
    Status.GRANTED: StatusText(gettext_lazy("Ihr Antrag ist genehmigt.")),
    Status.REJECTED: StatusText(
        gettext_lazy("Ihr Antrag ist abgelehnt."),
        gettext_lazy("Im Bescheid stehen die Gründe und was Sie dagegen tun können."),
    ),
    Status.ASSESSED: StatusText(
        gettext_lazy("Die Abgabe ist festgesetzt."),
        gettext_lazy("Im Bescheid stehen der Betrag und die Zahlungstermine."),
    ),
    Status.CERTIFIED: StatusText(gettext_lazy("Ihre Bescheinigung ist ausgestellt.")),
    Status.FORWARDED: StatusText(
        gettext_lazy("Wir haben Ihren Antrag an die zuständige Behörde weitergegeben."),
        gettext_lazy("Von dort erhalten Sie Nachricht."),
    ),
    Status.WITHDRAWN: StatusText(gettext_lazy("Sie haben Ihren Antrag zurückgezogen.")),
}
BADGES = {
    Status.SUBMITTED: "info", Status.IN_REVIEW: "info", Status.QUESTION: "warning",
    Status.GRANTED: "success", Status.ASSESSED: "success", Status.CERTIFIED: "success",
    Status.REJECTED: "danger", Status.FORWARDED: "info", Status.WITHDRAWN: "info",
}  # fmt: skip


def _answers(request: HttpRequest, case: Case, *, staff: bool) -> list[Panel]:
    application = case.application
    summary = read_by(case, request.user, staff=staff)
    if not summary:
        return []
    context = {"summary": summary, "files": files_of(application), "case": case, "staff": staff,
               "decision": application.decision}  # fmt: skip
    return [Panel("applications/_answers.html", context, order=40)]


def _may_be_heard(party: Party, user: Any) -> bool:
    contact = PartyContact.objects.visible_to(user).filter(party=party).first()
    reachable = contact is not None and (contact.checked_on is not None or party.has_proved)
    return reachable and may_be_heard(party)


def _may_be_decided(case: Case, _user: Any) -> bool:
    return case.is_open and case.service is not None and bool(OUTCOMES.get(case.service.outcome_type))


register(
    CaseAct(
        key="decide",
        kind=KIND,
        label=gettext_lazy("Entscheiden"),
        page=lambda case: reverse("admin:decide", args=[case.reference]),
        when=_may_be_decided,
        style="primary",
    )
)


register(
    CaseAct(
        key="hear",
        kind=KIND,
        about=Party,
        label=gettext_lazy("Anhören"),
        intro=gettext_lazy(
            "Die Person wurde nur genannt. Sie bekommt einen Brief: was andere angegeben haben, was daraus folgt, bis wann sie "
            "sich äußern kann und woher wir ihre Daten haben (Art. 14 DSGVO). Ohne Konto steht ein Code darin, mit dem sie "
            "antwortet. Dafür muss die Anschrift geprüft sein."
        ),
        form=HearingForm,
        verb=lambda party, data, by: hear(party, due_on=data["due_on"], decided=data.get("decided", False), by=by),
        when=_may_be_heard,
        done=gettext_lazy("Der Brief wird gerade erstellt."),
        style="primary",
    )
)


def _may_withdraw(case: Case, user: Any) -> bool:
    standing = standing_for(case, user)
    return case.is_open and any(party.pk in standing for party in who_agrees(case))


register(
    CaseAct(
        key="withdraw",
        kind=KIND,
        who=Who.PARTY,
        by_all=True,
        label=gettext_lazy("Antrag zurückziehen"),
        verb=lambda case, _data, by: withdraw(case, by=by),
        when=_may_withdraw,
        question=gettext_lazy("Möchten Sie den Antrag zurückziehen?"),
        intro=gettext_lazy("Wir bearbeiten ihn dann nicht weiter. Sie können jederzeit einen neuen Antrag stellen."),
        yes=gettext_lazy("Ja, zurückziehen"),
        no=gettext_lazy("Nein, behalten"),
        done=gettext_lazy("Ihr Antrag ist zurückgezogen."),
        style="tertiary",
    )
)


def _shared(request: HttpRequest, case: Case) -> list[Panel]:
    summary = shared(case.application)
    return [Panel("applications/_shared.html", {"summary": summary}, order=40)] if summary else []


def _export(case: Case, user: Any) -> dict[str, Any]:
    return {
        step.title: _told(step.lines) | {block.title: _told(block.lines) for block in step.blocks}
        for step in read_by(case, user, staff=False)
    }


def _told(lines: list[Line]) -> dict[str, str]:
    return {line.label: line.value for line in lines}


kinds.register(
    kinds.Kind(
        key=KIND,
        label=gettext_lazy("Antrag"),
        workflow=WORKFLOW,
        sentences=SENTENCES,
        working=Status.IN_REVIEW,
        waiting=Status.QUESTION,
        resumed=Status.IN_REVIEW,
        staff_panels=lambda request, case: _answers(request, case, staff=True),
        citizen_panels=lambda request, case: _answers(request, case, staff=False),
        shared_panels=_shared,
        search_text=searched,
        export=_export,
        badge=BADGES,
        has_letters=True,
    )
)


@sockets.service_doors.plug
def apply_door(request: HttpRequest, service: Service) -> list[Door]:
    """ "Jetzt beantragen" on the page of a service that has a form."""
    if service.online != OnlineAvailability.FORM:
        return []
    hint = _("Sie brauchen ein Konto erst am Schluss. Ihre Eingaben werden zwischendurch gespeichert.")
    if service.trust_level > TrustLevel.BASIC:
        hint = _("Für diesen Antrag müssen Sie sich ausweisen können.")
    return [Door(_("Jetzt beantragen"), reverse("applications:begin", args=[service.slug]), hint)]


@sockets.signed_in.plug
def take_over_drafts(request: HttpRequest, user: Any) -> None:
    """What was begun before signing in moves into the account."""
    claim(browser_hash(request), user=user)


@sockets.my_area_panels.plug
def drafts_panel(request: HttpRequest) -> list[Panel]:
    """Drafts, so that nothing begun is lost."""
    user: Any = request.user
    drafts = list(
        Draft.objects.filter(owner=user, channel="online").select_related("service").defer("answers", "typed")
    )
    if not drafts:
        return []
    return [Panel("applications/_drafts.html", {"drafts": drafts}, order=30)]


@sockets.desk_panels.plug
def captured_drafts_panel(request: HttpRequest) -> list[Panel]:
    """What somebody has begun to capture and not filed yet."""
    user: Any = request.user
    captured = Draft.objects.filter(owner=user).exclude(channel="online")
    drafts = list(captured.select_related("service").defer("answers", "typed"))
    if not drafts:
        return []
    return [Panel("applications/_drafts.html", {"drafts": drafts, "captured": True}, order=30)]


@sockets.exports.plug
def export_drafts(user: Any) -> tuple[str, list[dict[str, Any]]]:
    """What was begun and not sent yet."""
    drafts = Draft.objects.filter(owner=user).select_related("service")
    return _("Entwürfe"), [
        {_("Anliegen"): d.service.name, _("zuletzt bearbeitet"): d.updated_at.isoformat(), _("Angaben"): d.answers,
         _("noch nicht übernommen"): d.typed, _("Dateien"): [u.file.name for u in d.uploads.select_related("file")]}
        for d in drafts
    ]  # fmt: skip


@sockets.export_files.plug
def files_of_drafts(user: Any) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What was uploaded and not sent yet."""
    for draft in Draft.objects.filter(owner=user).select_related("service").defer("answers", "typed"):
        for upload in draft.uploads.select_related("file"):
            if upload.file.viewable:
                yield f"Entwurf {draft.service.slug}/{upload.file.name}", pieces(upload.file)


@sockets.closings.plug
def drop_drafts(user: Any) -> None:
    """Drafts of a closed account go, files included."""
    delete_each(Draft.objects.filter(owner=user))


def _old_drafts(now: dt.datetime) -> QuerySet[Draft]:
    return Draft.objects.filter(updated_at__lt=now - days("drafts"))


def _ownerless_drafts(now: dt.datetime) -> QuerySet[Draft]:
    # They can be reached as long as the cookie of their browser lives.
    return Draft.objects.filter(owner=None, updated_at__lt=now - days("ownerless_drafts"))


def _old_cases(now: dt.datetime) -> QuerySet[Case]:
    limit = now - days("applications")
    closed = Case.objects.filter(kind=KIND, phase__in=[Phase.DECIDED, Phase.CLOSED])
    return closed.filter(decided_at__lt=limit) | closed.filter(decided_at=None, closed_at__lt=limit)


sockets.retention_rules.plug(RetentionRule("drafts", "Entwürfe, die niemand mehr benutzt", _old_drafts, delete_each))
sockets.retention_rules.plug(RetentionRule("ownerless_drafts", "Entwürfe ohne Konto", _ownerless_drafts, delete_each))
sockets.retention_rules.plug(RetentionRule("applications", "Abgeschlossene Anträge", _old_cases, delete_each))


def _staff_urls() -> list[Any]:
    return [
        path("vorgaenge/<str:reference>/entscheiden/", staff.decide, name="decide"),
        path("vorgaenge/<str:reference>/vorschau/<uuid:pk>/", staff.preview, name="decision_preview"),
        path("vorgaenge/<str:reference>/vorschau/<uuid:pk>/bescheid/", staff.preview_pdf, name="preview_pdf"),
        path("vorgaenge/<str:reference>/vorschau/<uuid:pk>/<int:number>/", staff.preview_page, name="preview_page"),
        path("erfassen/", staff.capture, name="capture"),
    ]


sockets.staff_urls.plug(_staff_urls)
