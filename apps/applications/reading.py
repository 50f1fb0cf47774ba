"""Of the answers of an application, what somebody may read."""

from apps.accounts.requests import Viewer
from apps.applications.models import Application
from apps.cases.audience import filed_by
from apps.cases.looks import hidden_from
from apps.cases.models import Case, PartyContact
from apps.cases.states import PartyRole
from apps.cases.transitions import PLACE_FIELDS
from apps.formbuilder.summary import Block, StepSummary, summarise

# What gives away where somebody is.
GIVING_AWAY = (*PLACE_FIELDS, "phone")


def read_by(case: Case, user: Viewer, *, staff: bool) -> list[StepSummary]:
    """For staff all answers but a protected address, for who has applied all, for other parties what the form shares.

    ``staff`` says in which of the two they ask: a member of staff may be a party, too.
    """
    application = case.application
    summary = summarise(application.form_version.parsed, application.answers)
    if staff:
        return _without(summary, _places(application)) if hidden_from(case, user) else summary
    return summary if filed_by(case, user) else shared(application)


def shared(application: Application) -> list[StepSummary]:
    """What the other parties may read: only the fields that the form calls shared (``dogs.name`` in a group), and no files."""
    keys = set(application.form_version.parsed.extra.get("parties", {}).get("shared", []))
    summary = summarise(application.form_version.parsed, application.answers)
    for step in summary:
        step.lines = [line for line in step.lines if line.key in keys and not line.file_ids]
        for block in step.blocks:
            block.lines = [line for line in block.lines if f"{block.key}.{line.key}" in keys and not line.file_ids]
        step.blocks = [block for block in step.blocks if block.lines]
    return [step for step in summary if step.lines or step.blocks]


def searched(case: Case) -> str:
    """What the search of the queue looks through: nothing of a protected address."""
    application = case.application
    summary = summarise(application.form_version.parsed, application.answers)
    if PartyContact.objects.filter(party__case=case, protected=True).exists():
        summary = _without(summary, _places(application))
    return " ".join(line.value for step in summary for line in step.all_lines if line.value)[:4000]


def _places(application: Application) -> set[str]:
    """The fields from which parties take their addresses."""
    mapping = application.form_version.parsed.extra.get("parties", {})
    found = [mapping.get(PartyRole.APPLICANT, {}), mapping.get("joint", {}).get("fields", {})]
    return {fields[name] for fields in found for name in GIVING_AWAY if name in fields}


def _without(summary: list[StepSummary], keys: set[str]) -> list[StepSummary]:
    for step in summary:
        step.lines = [line for line in step.lines if line.key not in keys]
        step.blocks = [Block(b.title, [x for x in b.lines if x.key not in keys], b.key) for b in step.blocks]
    return summary
