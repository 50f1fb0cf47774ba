"""Answers in plain words: for the review page, the clerk, the letter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.bilingual import localised
from apps.formbuilder.definition import Definition, Field, Step
from apps.formbuilder.forms import visible_steps


@dataclass(frozen=True)
class Line:
    """A question and its answer; ``file_ids`` for uploads."""

    key: str
    label: str
    value: str
    file_ids: tuple[str, ...] = ()


@dataclass
class Block:
    """The lines of a step or of one entry of a group."""

    title: str
    lines: list[Line] = field(default_factory=list)
    # The group it is an entry of.
    key: str = ""


@dataclass
class StepSummary:
    """A step with its own lines and one block for each entry of its groups."""

    step: Step
    title: str
    lines: list[Line] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def all_lines(self) -> list[Line]:
        """The step's own lines, then those of its blocks."""
        return [*self.lines, *(line for block in self.blocks for line in block.lines)]


def summarise(definition: Definition, answers: Mapping[str, Any]) -> list[StepSummary]:
    """Every visible step with its questions and answers, in the reader's language."""
    result = []
    for step in visible_steps(definition, answers):
        summary = StepSummary(step, str(localised(step.title)))
        for item in step.fields:
            if item.is_group:
                for index, entry in enumerate(answers.get(item.key) or []):
                    summary.blocks.append(Block(item.entry_title(index), _lines(item.fields, entry), item.key))
            else:
                summary.lines.extend(_lines((item,), answers))
        result.append(summary)
    return result


def _lines(fields: tuple[Field, ...], values: Mapping[str, Any]) -> list[Line]:
    lines = []
    for item in fields:
        if not item.field_type.asks or item.key not in values:
            continue
        value = values[item.key]
        ids = tuple(value) if item.type == "upload" and isinstance(value, list) else ()
        said = _("keine Angabe") if value in (None, "", []) else item.field_type.plain(item, value)
        lines.append(Line(item.key, str(localised(item.label)), said, ids))
    return lines


def plain_values(definition: Definition, answers: Mapping[str, Any]) -> dict[str, str]:
    """Every answer outside groups by key, in plain words, for texts with placeholders."""
    return {line.key: line.value for step in summarise(definition, answers) for line in step.lines}
