"""A step as a page works with it: its form, the entries of its groups, what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS

from apps.formbuilder.definition import Definition, Field, Step
from apps.formbuilder.forms import StepForm, form_class


@dataclass
class Group:
    """A repeated group with its entries (one dog each) as they stand on the page: never fewer than it has at least."""

    field: Field
    entries: list[StepForm]

    @property
    def titled(self) -> list[tuple[str, StepForm]]:
        """Each entry with its title: in a template, a form is asked for its fields first, and one may be called so."""
        return [(entry.title, entry) for entry in self.entries]

    @property
    def can_add(self) -> bool:
        return len(self.entries) < self.field.max_items

    @property
    def can_remove(self) -> bool:
        return len(self.entries) > self.field.min_items


class BoundStep:
    """A step with what is stored and, if ``data`` is given, what was typed.

    ``files`` maps a field's path (``registration`` or ``dogs-0-photo``) to ids of stored files.
    """

    def __init__(
        self,
        step: Step,
        *,
        answers: Mapping[str, Any],
        files: Mapping[str, list[str]] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.step = step
        self.answers = dict(answers)
        self.data = data
        self.files = dict(files or {})
        own = {f.key for f in step.fields}
        # Conditions look at other steps' answers and at this form's own, never at its old ones.
        self.before = {k: v for k, v in self.answers.items() if k not in own}
        plain = tuple(f for f in step.fields if not f.is_group)
        initial = {f.key: f.field_type.from_stored(self.answers[f.key]) for f in plain if f.key in self.answers}
        self.form = form_class(plain)(
            data,
            initial=initial,
            answers=self.before,
            files={f.key: self.files.get(f.key, []) for f in plain if f.type == "upload"},
        )
        self.groups = {f.key: self._group(f) for f in step.fields if f.is_group}

    def _group(self, group: Field) -> Group:
        stored = self.answers.get(group.key)
        stored = [e for e in stored if isinstance(e, dict)] if isinstance(stored, list) else []
        count = max(len(stored), group.min_items)
        if self.data is not None:
            count = min(_whole(self.data.get(f"{group.key}-count"), count), group.max_items)
            count = max(count, group.min_items)
        # An entry's condition may look at what was answered on the same page.
        answers, entries = self._values(), []
        for index in range(count):
            values = stored[index] if index < len(stored) else {}
            initial = {f.key: f.field_type.from_stored(values[f.key]) for f in group.fields if f.key in values}
            prefix = f"{group.key}-{index}"
            form = form_class(group.fields)(
                self.data,
                prefix=prefix,
                initial=initial,
                answers=answers,
                remembers=False,
                files={f.key: self.files.get(f"{prefix}-{f.key}", []) for f in group.fields},
            )
            form.title = group.entry_title(index)
            entries.append(form)
        return Group(group, entries)

    @property
    def all_forms(self) -> list[StepForm]:
        """The step's own form and those of its groups' entries."""
        return [self.form, *(entry for group in self.visible_groups for entry in group.entries)]

    @property
    def visible_groups(self) -> list[Group]:
        """Groups whose condition holds for what is stored and typed."""
        values = self._values()
        return [g for g in self.groups.values() if g.field.when is None or g.field.when.holds(values)]

    def _values(self) -> dict[str, Any]:
        """What conditions look at: the answers of other steps, and what is typed (or stored) in this one."""
        if self.form.is_bound:
            self.form.is_valid()
            return {**self.before, **self.form.stored()}
        return {**self.before, **{k: v for k, v in self.answers.items() if k in self.form.fields}}

    def items(self) -> list[dict[str, Any]]:
        """What the page shows, in the definition's order: fields, static texts, groups."""
        values = self._values()
        visible = {g.field.key: g for g in self.visible_groups}
        shown: list[dict[str, Any]] = []
        for item in self.step.fields:
            # An item that is not asked for keeps its place, so that it can appear there.
            entry: dict[str, Any] = {"key": item.key, "definition": item}
            if item.is_group:
                if item.key in visible:
                    entry["group"] = visible[item.key]
            elif item.type == "info":
                if item.when is None or item.when.holds(values):
                    entry["info"] = item
            elif item.key in self.form.fields:
                entry["field"] = self.form[item.key]
            entry["dependents"] = self.dependents(item.key)
            shown.append(entry)
        return shown

    def is_valid(self) -> bool:
        """Whether everything typed holds; errors are then on the forms."""
        # Every form is asked, so that all errors show at once.
        results = [form.is_valid() for form in self.all_forms]
        return all(results)

    def stored(self) -> dict[str, Any]:
        """The answers of this step as JSON, after ``is_valid``; what is hidden is absent."""
        values = self.form.stored()
        for group in self.visible_groups:
            values[group.field.key] = [entry.stored() for entry in group.entries]
        return values

    def keys(self) -> set[str]:
        """Keys of the answers this step is responsible for."""
        return {f.key for f in self.step.fields}

    def dependents(self, key: str) -> list[str]:
        """Items of this step that appear or go with the answer to ``key``, also by way of others."""
        found: list[str] = []
        for item in self.step.fields:
            looked_at = set(item.when.fields()) if item.when else set()
            if looked_at & {key, *found}:
                found.append(item.key)
        return found

    def unseen(self, shown: set[str]) -> list[str]:
        """Names of fields that appear only now and were not on the page that was sent."""
        for form in self.all_forms:
            # Which of its fields are asked for is known once it is cleaned.
            form.is_valid()
        names = [form.add_prefix(name) for form in self.all_forms for name in form.fields]
        return [name for name in names if name not in shown]


def _whole(text: Any, default: int) -> int:
    try:
        return max(int(str(text)[:6]), 0)
    except (TypeError, ValueError):
        return default


def drop_errors(step: BoundStep, names: list[str] | None = None) -> None:
    """Forget "missing" errors of fields the person could not see yet: of these, or of all if none are named."""
    for form in step.all_forms:
        for name in list(form.errors):
            if name != NON_FIELD_ERRORS and (names is None or form.add_prefix(name) in names):
                del form.errors[name]


def collect(
    definition: Definition, answers: Mapping[str, Any], files: Mapping[str, list[str]]
) -> tuple[dict[str, Any], Step | None]:
    """Validate the stored answers step by step.

    Returns what holds (hidden steps and fields are absent) and the first step that does not
    hold, or None when all do.
    """
    collected: dict[str, Any] = {}
    for step in definition.steps:
        if step.when is not None and not step.when.holds(collected):
            continue
        own = {f.key: answers[f.key] for f in step.fields if f.key in answers}
        bound = BoundStep(step, answers=collected | own, files=files, data=as_typed(step, own))
        if not bound.is_valid():
            return collected, step
        collected |= bound.stored()
    return collected, None


def as_typed(step: Step, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Stored answers in the form in which a browser would send them."""
    data: dict[str, Any] = {}
    for item in step.fields:
        value = answers.get(item.key)
        if item.is_group:
            entries = [e for e in value if isinstance(e, dict)] if isinstance(value, list) else []
            data[f"{item.key}-count"] = str(len(entries))
            for index, entry in enumerate(entries):
                for inner in item.fields:
                    _type(data, f"{item.key}-{index}-{inner.key}", inner, entry.get(inner.key))
        else:
            _type(data, item.key, item, value)
    return data


def _type(data: dict[str, Any], name: str, item: Field, value: Any) -> None:
    sent = None if value is None else item.field_type.as_typed(value)
    if sent is not None:
        data[name] = sent
