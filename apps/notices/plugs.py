"""What notices plugs in: the panel on every case page, its sweep, a tile for letters given up."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.cases.models import Case, Party
from apps.cases.sockets import case_exports, consent_ends
from apps.cases.states import Way
from apps.core import sockets
from apps.core.retention import delete_each, keep
from apps.core.sockets import Sweep, Tile
from apps.notices import views
from apps.notices.copies import COPY_TASK
from apps.notices.models import AccessibleCopy, Appeal, Delivery, Letter, LetterPreview
from apps.notices.states import NoticeStatus
from apps.notices.transitions import PREVIEW_TASK, RENDER_TASK, told


def _overdue(cutoff: dt.datetime) -> QuerySet[Letter]:
    return Letter.objects.waiting().filter(created_at__lt=cutoff).order_by("created_at")


def _overdue_previews(cutoff: dt.datetime) -> QuerySet[LetterPreview]:
    waiting = LetterPreview.objects.filter(status=NoticeStatus.PENDING, created_at__lt=cutoff).exclude(letters=[])
    return waiting.order_by("created_at")


sockets.sweeps.plug(Sweep(RENDER_TASK, _overdue))


def _overdue_copies(cutoff: dt.datetime) -> QuerySet[AccessibleCopy]:
    return AccessibleCopy.objects.waiting().filter(asked_at__lt=cutoff).order_by("asked_at")


sockets.sweeps.plug(Sweep(COPY_TASK, _overdue_copies, most=100))
sockets.sweeps.plug(Sweep(PREVIEW_TASK, _overdue_previews, most=100))
keep("previews", "Vorschauen von Bescheiden", LetterPreview.objects.all(), "created_at", delete_each)
sockets.mail_fates.plug(told)


@sockets.desk_tiles.plug
def given_up(request: HttpRequest) -> list[Tile]:
    """Letters that could not be made: shown only when there are any."""
    mine = Case.objects.worked_by(request.user)
    count = mine.filter(notices__letters__status=NoticeStatus.DEAD).distinct().count()
    if not count:
        return []
    url = reverse("admin:queue") + "?liste=dead_notices"
    return [Tile(_("Bescheide mit Fehler"), count, url, urgent=True)]


@sockets.desk_tiles.plug
def outbox_tile(request: HttpRequest) -> list[Tile]:
    """Letters for the post; one that waits for more than a day is urgent."""
    cases = Case.objects.worked_by(request.user)
    mine = Delivery.objects.filter(letter__notice__case__in=cases).to_post()
    count = mine.count() + AccessibleCopy.objects.to_give().filter(delivery__letter__notice__case__in=cases).count()
    if not count:
        return []
    late = mine.filter(letter__done_at__lt=timezone.now() - dt.timedelta(days=1)).exists()
    return [Tile(_("Noch zu versenden"), count, reverse("admin:outbox"), urgent=late)]


@case_exports.plug
def export_notices(case: Case, user: User) -> dict[str, Any]:
    """The letters somebody has got in a case: what they decide, when they were there, how they came."""
    mine = Delivery.objects.to(user).filter(letter__notice__case=case).select_related("letter__notice")
    return {
        _("Bescheide"): [
            {_("Titel"): d.notice.title, _("Ergebnis"): d.notice.result,
             _("Erstellt"): d.letter.done_at.isoformat() if d.letter.done_at else "",
             _("Zustellung"): str(d.get_way_display()), _("Adresse"): settings.SITE_URL + d.get_absolute_url(),
             _("Barrierefreie Fassungen"): [
                 str(c.get_form_display()) for c in d.copies.light().filter(party__account=user)
             ]}
            for d in mine.order_by("letter__notice__number")
        ],
        _("Rechtsbehelfe"): [
            {_("Art"): str(a.get_kind_display()), _("Wer entscheidet darüber?"): a.decider, _("Aktenzeichen dort"): a.reference,
             _("Eingegangen am"): a.received_on.isoformat() if a.received_on else "",
             _("Erledigt am"): a.ended_on.isoformat() if a.ended_on else "", _("Wie ging es aus?"): a.outcome}
            for a in Appeal.objects.filter(notice__case=case, party__account=user)
        ],
    }  # fmt: skip


@sockets.export_files.plug
def letters_of_cases(user: User) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Letters that are known to the person. Taking one along that was never opened would be its retrieval."""
    found = Delivery.objects.to(user).filter(letter__status=NoticeStatus.DONE)
    known = found.exclude(opened_at=None, posted_on=None)
    rows = known.select_related("letter__notice__case", "letter__document")
    for delivery in rows.order_by("letter__notice__case", "letter__notice__number").iterator(chunk_size=10):
        name = f"{delivery.notice.case.reference}/{delivery.filename}"
        yield name, [bytes(delivery.letter.document.content)]


@sockets.closings.plug
def unread_letters_by_post(user: User) -> None:
    """Who closes the account gets by post what was not fetched."""
    Delivery.objects.filter(party__account=user, opened_at=None, way=Way.PORTAL).update(way=Way.POST)


@consent_ends.plug
def unread_letters_of_a_party_by_post(party: Party) -> None:
    """Who does not want to fetch letters any more gets by post what was not fetched."""
    Delivery.objects.filter(party=party, opened_at=None, way=Way.PORTAL).update(way=Way.POST)


sockets.staff_urls.plug(lambda: [path("postausgang/", views.outbox, name="outbox")])
