"""Filling in an application, step by step."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.urls.base import translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.applications import browser, drafts
from apps.applications.models import Draft
from apps.applications.views.reach import asks_who_was_signed_in, owned_in_this_browser, reach
from apps.cases.models import Case
from apps.catalogue.models import Service
from apps.core import limits, text, uploads
from apps.core.downloads import private_file
from apps.core.requests import query_dict
from apps.formbuilder.definition import Field, Step
from apps.formbuilder.forms import visible_steps
from apps.formbuilder.models import FormVersion
from apps.formbuilder.steps import BoundStep, collect, drop_errors

# Buttons that save what was typed without judging it.
QUIET = ("_add", "_remove", "_unlink", "_back", "_refresh", "_upload", "_language")
DRAFTS_PER_HOUR = 20
MOST_DRAFTS = 20


@never_cache
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """What is needed, then the button that begins; a draft that exists is offered first."""
    service = get_object_or_404(Service.objects.published().for_page(), slug=slug, online="form")
    if FormVersion.objects.current(slug) is None:
        raise Http404
    key = browser.browser_hash(request)
    mine = Draft.objects.reachable(request.user, key).filter(channel="online").defer("answers", "typed")
    existing = mine.filter(service=service)
    if request.method == "GET":
        return render(request, "applications/begin.html", {"service": service, "drafts": existing})
    if not limits.within_networks("draft", limits.client_networks(request), limit=DRAFTS_PER_HOUR, seconds=3600):
        return render(request, "errors/429.html", status=429)
    if mine.count() >= MOST_DRAFTS:
        messages.warning(
            request, _("Sie haben schon viele Entwürfe. Bitte senden oder löschen Sie zuerst einen davon.")
        )
        return redirect("applications:begin", slug)
    new_key = ""
    if not key:
        new_key, key = browser.new_key()
    draft = drafts.begin(service, user=request.user, browser=key)
    response = redirect("applications:step", draft.pk, draft.step)
    if new_key:
        browser.remember(response, new_key)
    return response


@never_cache
@require_safe
@asks_who_was_signed_in
def resume(request: HttpRequest, pk: Any) -> HttpResponse:
    """Go on where one left off."""
    filed = Case.objects.of(request.user).filter(submission_key=pk).first()
    if filed is not None:
        return redirect(filed.get_absolute_url())
    draft = reach(request, pk)
    return redirect("applications:step", draft.pk, draft.step or "-")


@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: Any, key: str) -> HttpResponse:
    """One step of the form."""
    lost = _lost_session(request, pk, key)
    if lost is not None:
        return lost
    draft = reach(request, pk)
    definition = draft.form_version.parsed
    steps = visible_steps(definition, draft.answers)
    current = next((s for s in steps if s.key == key), None)
    if current is None:
        _keep(request, draft, definition.step(key))
        return redirect("applications:step", draft.pk, steps[0].key)
    _held, open_step = collect(definition, draft.answers, draft.files_by_path())
    if open_step is not None and open_step in steps and steps.index(current) > steps.index(open_step):
        # Steps cannot be skipped.
        _keep(request, draft, current)
        return redirect("applications:step", draft.pk, open_step.key)
    if request.method == "POST":
        try:
            return _post_step(request, draft, current, steps)
        except drafts.DraftGone:
            # Filed or discarded in another window.
            return redirect("applications:resume", draft.pk)
    typed = draft.typed.get(current.key)
    data = query_dict(typed) if typed else None
    bound = BoundStep(current, answers=draft.answers, files=draft.files_by_path(), data=data)
    if typed:
        bound.is_valid()
        if "_quiet" in typed:
            drop_errors(bound)
    return _render_step(request, draft, bound, steps)


def _lost_session(request: HttpRequest, pk: Any, key: str) -> HttpResponse | None:
    """Keep what was typed into a page whose log-in ended meanwhile, then ask to sign in again.

    The browser's own key proves that it is the same browser; it may write, not read.
    """
    draft = owned_in_this_browser(request, pk)
    if draft is None:
        return None
    current = draft.form_version.parsed.step(key)
    if request.method == "POST" and current is not None:
        drafts.save_step(draft, current.key, typed=_typed(current, request.POST) | {"_quiet": ["1"]})
        messages.info(
            request,
            _(
                "Ihre Eingaben sind gespeichert. Bitte melden Sie sich wieder an, dann geht es an derselben Stelle weiter."
            ),
        )
    return redirect_to_login(reverse("applications:step", args=[pk, key]))


def _keep(request: HttpRequest, draft: Draft, current: Step | None) -> None:
    """Keep what was sent to a step that cannot be shown now (an earlier one has come open)."""
    if request.method == "POST" and current is not None:
        _take_uploads(request, draft, current)
        drafts.save_step(draft, current.key, typed=_typed(current, request.POST) | {"_quiet": ["1"]})
        messages.info(request, _("Ihre Eingaben sind gespeichert. Hier fehlt noch etwas."))


def _post_step(request: HttpRequest, draft: Draft, current: Step, steps: list[Step]) -> HttpResponse:
    upload_errors = _take_uploads(request, draft, current)
    data = request.POST.copy()
    quiet = next((name for name in QUIET if name in data), None)
    if quiet:
        anchor = _change_groups(draft, current, data, quiet)
        drafts.save_step(draft, current.key, typed=_typed(current, data) | {"_quiet": ["1"]})
        if not upload_errors:
            return _after_quiet(draft, current, steps, quiet, anchor, reviewed="_review" in data)
    bound = BoundStep(current, answers=draft.answers, files=draft.files_by_path(), data=data)
    unseen = bound.unseen(set(data.getlist("_shown"))) if "_shown" in data else []
    valid = bound.is_valid() and not upload_errors
    # A question that has just appeared is shown even if it may be left out.
    if valid and not unseen:
        drafts.save_step(draft, current.key, answers=bound.stored(), keys=bound.keys())
        steps = visible_steps(draft.form_version.parsed, draft.answers)
        index = next(i for i, s in enumerate(steps) if s.key == current.key)
        if "_review" in data or index + 1 >= len(steps):
            return redirect("applications:review", draft.pk)
        return redirect("applications:step", draft.pk, steps[index + 1].key)
    revealed = bool(unseen) and not quiet
    if revealed:
        drop_errors(bound, unseen)
    elif quiet:
        drop_errors(bound)
    for name, sentence in upload_errors.items():
        _add_upload_error(bound, name, sentence)
    drafts.save_step(draft, current.key, typed=_typed(current, data))
    return _render_step(request, draft, bound, steps, revealed=revealed, status=422)


def _after_quiet(
    draft: Draft, current: Step, steps: list[Step], quiet: str, anchor: str, *, reviewed: bool
) -> HttpResponse:
    if quiet == "_back":
        index = steps.index(current)
        if index == 0:
            return redirect("applications:begin", draft.service.slug)
        return redirect("applications:step", draft.pk, steps[index - 1].key)
    url = reverse("applications:step", args=[draft.pk, current.key])
    if quiet == "_language":
        url = translate_url(url, "de" if get_language() == "en" else "en") + ("?review" if reviewed else "")
    return HttpResponseRedirect(f"{url}#{anchor}" if anchor else url)


def _change_groups(draft: Draft, current: Step, data: QueryDict, quiet: str) -> str:
    """Add or remove an entry of a group, or a file, in what was typed; returns an anchor."""
    value = data.get(quiet, "")
    data.pop(quiet, None)
    if quiet == "_unlink":
        drafts.remove_upload(draft, value)
        return ""
    groups = {f.key: f for f in current.fields if f.is_group}
    if quiet == "_add" and value in groups:
        count = min(_number(data.get(f"{value}-count")), groups[value].max_items)
        data[f"{value}-count"] = str(min(count + 1, groups[value].max_items))
        return f"{value}-{count}"
    if quiet == "_remove":
        key, _dash, index = value.rpartition("-")
        position = _whole(index)
        if key in groups and position is not None:
            _remove_entry(draft, data, groups[key], position)
            return f"{key}-{max(position - 1, 0)}"
    return ""


def _remove_entry(draft: Draft, data: QueryDict, group: Field, index: int) -> None:
    """Take one entry out; those behind it move up, files included."""
    key, names = group.key, [field.key for field in group.fields]
    count = min(_number(data.get(f"{key}-count")), group.max_items)
    if index >= count or count <= group.min_items:
        return
    for position in range(index, count):
        for name in names:
            source = f"{key}-{position + 1}-{name}"
            values = data.getlist(source) if position + 1 < count else []
            if values:
                data.setlist(f"{key}-{position}-{name}", values)
            else:
                data.pop(f"{key}-{position}-{name}", None)
    for upload in list(draft.uploads.filter(path__startswith=f"{key}-")):
        _key, position_text, name = upload.path.split("-", 2)
        if int(position_text) == index:
            upload.file.delete()
        elif int(position_text) > index:
            upload.path = f"{key}-{int(position_text) - 1}-{name}"
            upload.save(update_fields=["path"])
    data[f"{key}-count"] = str(count - 1)


def _take_uploads(request: HttpRequest, draft: Draft, current: Step) -> dict[str, str]:
    """Store the files that came with the step; returns a sentence for each refused one."""
    errors: dict[str, str] = {}
    fields = {f.key: f for f in current.fields if f.type == "upload"}
    inner = {(g.key, f.key): f for g in current.fields if g.is_group for f in g.fields if f.type == "upload"}
    names = set(request.FILES) | uploads.refused_fields(request)
    for name in names:
        parts = name.split("-", 2)
        item = fields.get(name) or (inner.get((parts[0], parts[2])) if len(parts) == 3 else None)
        if item is None or (len(parts) == 3 and not _entry_exists(request, parts)):
            continue
        try:
            if (refused := uploads.refusal_of(request, name)) is not None:
                raise refused
            for upload in request.FILES.getlist(name):
                drafts.add_upload(draft, name, upload, most=item.max_items)
        except ValidationError as error:
            errors[name] = error.messages[0]
    return errors


def _entry_exists(request: HttpRequest, parts: list[str]) -> bool:
    """Whether ``["dogs", "1", "photo"]`` names an entry that was on the page."""
    index = _whole(parts[1])
    return index is not None and index < _number(request.POST.get(f"{parts[0]}-count"))


def _add_upload_error(bound: BoundStep, name: str, sentence: str) -> None:
    for form in bound.all_forms:
        for key in form.fields:
            if form.add_prefix(key) == name:
                form.errors.pop(key, None)
                form.add_error(key, sentence)


def _render_step(
    request: HttpRequest, draft: Draft, bound: BoundStep, steps: list[Step],
    *, revealed: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    number = next(i for i, s in enumerate(steps, start=1) if s.key == bound.step.key)
    stored = {str(u.file_id): u for u in draft.uploads.select_related("file")}
    files = {path: [stored[i] for i in ids] for path, ids in draft.files_by_path().items()}
    context = {
        "draft": draft,
        "service": draft.service,
        "step": bound.step,
        "items": bound.items(),
        "forms": bound.all_forms,
        "files": files,
        "revealed": revealed,
        "has_errors": status == 422 and any(f.errors for f in bound.all_forms),
        "number": number,
        "total": len(steps) + 1,
        "from_review": "review" in request.GET or "_review" in request.POST,
    }
    return render(request, "applications/step.html", context, status=status)


@never_cache
@require_POST
def discard(request: HttpRequest, pk: Any) -> HttpResponse:
    """Throw a draft away, files included."""
    draft = reach(request, pk)
    service = draft.service
    draft.delete()
    messages.success(request, _("Der Entwurf ist gelöscht."))
    return redirect(service.get_absolute_url())


@never_cache
@require_safe
@asks_who_was_signed_in
def draft_file(request: HttpRequest, pk: Any, file_id: Any) -> HttpResponse:
    """A file of one's own draft."""
    upload = get_object_or_404(reach(request, pk).uploads.select_related("file"), file_id=file_id)
    return private_file(upload.file, inline=True)


# What is kept of one field: a long text, or the keys of many choices; and of all fields of a step, which is more than
# twenty dogs need.
MOST_TYPED, MOST_CHOSEN, MOST_KEY = 8000, 50, 200
MOST_TYPED_IN_ALL = 60_000


def _typed(step: Step, data: QueryDict) -> dict[str, list[str]]:
    """What was typed into the fields of a step; what else was sent with them is nobody's."""
    kept: dict[str, list[str]] = {}
    room = MOST_TYPED_IN_ALL
    for name in data:
        if room <= 0 or not _is_field(step, name):
            continue
        kept[name] = []
        for number, value in enumerate(data.getlist(name)[:MOST_CHOSEN]):
            kept[name].append(text.storable(value)[: min(MOST_KEY if number else MOST_TYPED, max(room, 0))])
            room -= len(kept[name][-1]) + 1
    return kept


def _is_field(step: Step, name: str) -> bool:
    """Whether this is the name of a field: ``plate``, ``dogs-count`` or ``dogs-1-name``."""
    group, _minus, rest = name.partition("-")
    number, _minus, inner = rest.partition("-")
    for field in step.fields:
        if not field.is_group and field.key == name:
            return True
        if field.is_group and field.key == group:
            index = _whole(number)
            return rest == "count" or (
                index is not None and index < field.max_items and any(f.key == inner for f in field.fields)
            )
    return False


def _whole(digits: str) -> int | None:
    """A small whole number in plain digits; None for anything else (``isdigit`` takes ``²``, too)."""
    return int(digits) if re.fullmatch(r"[0-9]{1,3}", digits) else None


def _number(digits: str | None) -> int:
    return _whole(digits or "") or 0
