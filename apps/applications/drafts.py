"""A draft's life until it is filed: begun, taken into an account, filled in step by step."""

from collections.abc import Set
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Profile, User
from apps.accounts.requests import Viewer
from apps.applications.models import Draft, DraftUpload
from apps.applications.states import KIND
from apps.cases.states import Channel
from apps.catalogue.models import Service
from apps.core import facts, uploads
from apps.core.countries import HOME
from apps.core.models import FactKind
from apps.core.transitions import TransitionError
from apps.formbuilder.forms import taken
from apps.formbuilder.models import FormVersion
from apps.formbuilder.steps import collect


class Incomplete(Exception):
    """The draft cannot be submitted yet; ``step`` is where something is missing."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


class DraftGone(TransitionError):
    """The draft was filed or discarded meanwhile."""


def begin(service: Service, *, user: Viewer, browser: str, channel: str = Channel.ONLINE) -> Draft:
    """Begin a draft under the newest version of the service's form."""
    version = FormVersion.objects.current(service.slug)
    if version is None:
        raise TransitionError("the service has no form")
    owner = user if user.is_authenticated else None
    draft = Draft(service=service, form_version=version, owner=owner, browser=browser, channel=channel)
    draft.step = version.parsed.steps[0].key
    if owner is not None and channel == Channel.ONLINE:
        prefill(draft, owner)
    draft.save()
    return draft


def prefill(draft: Draft, user: User) -> None:
    """Fill in what the account knows, where nothing has been typed yet; does not save."""
    profile = Profile.objects.filter(user=user).first()
    fields = [item for step in draft.form_version.parsed.steps for item in step.fields]
    if profile is not None and profile.country != HOME and not any(item.type == "country" for item in fields):
        # Half an address from abroad would be one that does not exist.
        profile = Profile(birth_date=profile.birth_date, phone=profile.phone)
    for item in fields:
        if item.prefill and item.key not in draft.answers:
            value = getattr(user, item.prefill, None) or getattr(profile, item.prefill, None)
            if value and (kept := taken(item, value, draft.answers)) is not None:
                draft.answers[item.key] = kept


def claim(browser: str, *, user: User) -> None:
    """Give the drafts begun in a browser to who has signed in there."""
    if not browser:
        return
    for draft in Draft.objects.filter(owner=None, browser=browser):
        draft.owner = user
        prefill(draft, user)
        draft.save(update_fields=["owner", "answers"])


def rebase(draft: Draft) -> None:
    """Move an open draft to the newest version of its form; answers keep their keys."""
    current = FormVersion.objects.current(draft.service.slug)
    if current is not None and current.pk != draft.form_version_id:
        draft.form_version = current
        if current.parsed.step(draft.step) is None:
            draft.step = current.parsed.steps[0].key
        draft.save(update_fields=["form_version", "step"])


def save_step(draft: Draft, step: str, *, typed: dict[str, Any] | None = None, answers: dict[str, Any] | None = None,
              keys: Set[str] = frozenset()) -> None:  # fmt: skip
    """Save a step: what was ``typed``, or ``answers`` when it holds (they replace those under ``keys``); one of the two."""
    with transaction.atomic():
        # Read again under a lock: a second window or a slow request may have saved meanwhile.
        locked = Draft.objects.select_for_update().filter(pk=draft.pk).first()
        if locked is None:
            raise DraftGone
        draft.answers, draft.typed, draft.noted = locked.answers, locked.typed, locked.noted
        _note_step(draft, step, holds=answers is not None)
        if answers is not None:
            draft.answers = {k: v for k, v in draft.answers.items() if k not in keys} | answers
            draft.typed.pop(step, None)
        else:
            draft.typed[step] = typed
        draft.step = step
        draft.updated_at = timezone.now()
        draft.save(update_fields=["answers", "typed", "noted", "step", "updated_at"])


def _note_step(draft: Draft, step: str, *, holds: bool) -> None:
    """The first time that a step is worked on, and the first time that it holds, are facts: where do people give up?"""
    for outcome in ("started", "submitted") if holds else ("started",):
        if f"{step} {outcome}" not in draft.noted:
            draft.noted.append(f"{step} {outcome}")
            facts.note(
                FactKind.STEP, kind=KIND, service=draft.service.slug, department=draft.service.department.slug,
                channel=draft.channel, outcome=outcome, detail=step,
            )  # fmt: skip


def add_upload(draft: Draft, path: str, upload: "UploadedFile[Any]", *, most: int) -> DraftUpload:
    """Check and keep a file at a field; past ``most`` the oldest one gives way.

    Raises ValidationError with a sentence for the person.
    """
    # Before the check, which costs, and again in the transaction, for several may come at once.
    _demand_place(draft)
    checked = uploads.check(upload)
    with transaction.atomic():
        if not Draft.objects.select_for_update().filter(pk=draft.pk).exists():
            raise DraftGone
        _demand_place(draft)
        stored = DraftUpload.objects.create(draft=draft, path=path, file=uploads.store(checked))
        for old in list(draft.uploads.filter(path=path).order_by("-pk"))[most:]:
            old.file.delete()
    return stored


def _demand_place(draft: Draft) -> None:
    if draft.uploads.count() >= settings.UPLOAD_MAX_FILES_PER_DRAFT:
        raise uploads.too_many(settings.UPLOAD_MAX_FILES_PER_DRAFT)


def remove_upload(draft: Draft, file_id: str) -> None:
    """Delete a file of a draft; ``file_id`` as a browser sends it."""
    for upload in draft.uploads.select_related("file"):
        if str(upload.file_id) == file_id:
            upload.file.delete()


def collected_answers(draft: Draft) -> dict[str, Any]:
    """The answers of the visible steps, each validated anew; what is hidden is absent.

    Raises Incomplete naming the first step that does not hold.
    """
    answers, broken = collect(draft.form_version.parsed, draft.answers, draft.files_by_path())
    if broken is not None:
        raise Incomplete(broken.key)
    return answers
