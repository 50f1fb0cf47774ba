"""What applications plug in: doors on service pages, panels, retention, export, the check of what a form has of theirs."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, Greatest
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import TrustLevel, User
from apps.applications import extras
from apps.applications.browser import browser_hash
from apps.applications.drafts import claim
from apps.applications.models import Application, Draft
from apps.applications.states import KIND, OUTCOMES
from apps.applications.views import staff
from apps.cases.addressee import PRINCIPALS
from apps.cases.models import Case, Party
from apps.cases.states import PartyRole
from apps.catalogue.models import OnlineAvailability, Service
from apps.core import sockets
from apps.core.downloads import pieces
from apps.core.reconciliation import in_batches
from apps.core.retention import delete_each, keep
from apps.core.sockets import Door, Panel, Reconciliation
from apps.core.transitions import Phase
from apps.formbuilder.models import definition_checks
from apps.notices.models import HEARING, Appeal, Delivery

definition_checks.append(extras.check)


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
def take_over_drafts(request: HttpRequest, user: User) -> None:
    """What was begun before signing in moves into the account."""
    claim(browser_hash(request), user=user)


@sockets.my_area_panels.plug
def drafts_panel(request: HttpRequest) -> list[Panel]:
    """Drafts, so that nothing begun is lost."""
    return _panel(request, Draft.objects.filter(channel="online"))


@sockets.desk_panels.plug
def captured_drafts_panel(request: HttpRequest) -> list[Panel]:
    """What somebody has begun to capture and not filed yet."""
    return _panel(request, Draft.objects.exclude(channel="online"), captured=True)


def _panel(request: HttpRequest, drafts: QuerySet[Draft], **more: Any) -> list[Panel]:
    user: Any = request.user
    shown = list(drafts.filter(owner=user).select_related("service").defer("answers", "typed"))
    return [Panel("applications/_drafts.html", {"drafts": shown, **more}, order=30)] if shown else []


@sockets.exports.plug
def export_drafts(user: User) -> tuple[str, list[dict[str, Any]]]:
    """What was begun and not sent yet."""
    drafts = Draft.objects.filter(owner=user).select_related("service")
    return _("Entwürfe"), [
        {_("Anliegen"): d.service.name, _("zuletzt bearbeitet"): d.updated_at.isoformat(), _("Angaben"): d.answers,
         _("noch nicht übernommen"): d.typed, _("Dateien"): [u.file.name for u in d.uploads.select_related("file")]}
        for d in drafts
    ]  # fmt: skip


@sockets.export_files.plug
def files_of_drafts(user: User) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What was uploaded and not sent yet."""
    for draft in Draft.objects.filter(owner=user).select_related("service").defer("answers", "typed"):
        for upload in draft.uploads.select_related("file"):
            if upload.file.viewable:
                yield f"Entwurf {draft.service.slug}/{upload.file.name}", pieces(upload.file)


@sockets.closings.plug
def drop_drafts(user: User) -> None:
    """Drafts of a closed account go, files included."""
    delete_each(Draft.objects.filter(owner=user))


keep("drafts", "Entwürfe, die niemand mehr benutzt", Draft.objects.all(), "updated_at", delete_each)
# They can be reached as long as the cookie of their browser lives.
keep("ownerless_drafts", "Entwürfe ohne Konto", Draft.objects.filter(owner=None), "updated_at", delete_each)
_closed = Case.objects.filter(kind=KIND, phase__in=[Phase.DECIDED, Phase.CLOSED])
# While somebody acts against a notice, the case stays; its time counts from the end of that.
_undisputed = _closed.filter(~Exists(Appeal.objects.open().filter(notice__case=OuterRef("pk"))))
_ended = _undisputed.annotate(
    ended_at=Greatest(Coalesce("decided_at", "closed_at"), Cast(Max("notices__appeals__ended_on"), DateTimeField()))
)
keep("applications", "Abgeschlossene Anträge", _ended, "ended_at", delete_each)


def _decisions_without_notice() -> Iterator[str]:
    """Decided with an outcome for which the form has a letter, and somebody whose case it is has none (§ 41 Abs. 1 VwVfG)."""
    letters = Delivery.objects.filter(letter__notice__case=OuterRef("case")).exclude(letter__template=HEARING)
    # The copy of who is represented is not what makes it known to them.
    to_them = letters.filter(Q(principal=OuterRef("pk")) | Q(also_to=OuterRef("pk")), is_copy=False)
    # Before letters had deliveries, whoever applied got the one letter for all; it was carried over under the notice's own id
    # (notices/0009).
    of_old = letters.filter(pk=F("letter__notice"))
    left_out = Party.objects.filter(~Exists(to_them), case=OuterRef("case"), role__in=PRINCIPALS).exclude(
        Exists(of_old), role=PartyRole.JOINT
    )
    silent = Application.objects.filter(Exists(left_out), case__decided_at__isnull=False, case__status__in=OUTCOMES)
    for application in in_batches(silent.select_related("case", "form_version")):
        if application.case.status in application.form_version.parsed.extra.get("letters", {}):
            yield application.case.reference


sockets.reconciliations.plug(
    Reconciliation(
        "decisions", gettext_lazy("Entscheidungen ohne Bescheid an alle, die sie betreffen"), _decisions_without_notice
    )
)


@sockets.staff_urls.plug
def _staff_urls() -> list[Any]:
    return [
        path("vorgaenge/<str:reference>/entscheiden/", staff.decide, name="decide"),
        path("vorgaenge/<str:reference>/vorschau/<uuid:pk>/", staff.preview, name="decision_preview"),
        path("vorgaenge/<str:reference>/vorschau/<uuid:pk>/bescheid/", staff.preview_pdf, name="preview_pdf"),
        path("vorgaenge/<str:reference>/vorschau/<uuid:pk>/<int:number>/", staff.preview_page, name="preview_page"),
        path("erfassen/", staff.capture, name="capture"),
    ]
