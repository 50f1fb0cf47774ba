"""What happens to drafts and applications, as verbs."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.applications.charges import charge_for, usual_due_date
from apps.applications.dog_assessment import Assessment, Findings, assess, declared
from apps.applications.drafts import collected_answers
from apps.applications.hearings import NotHeard, not_heard
from apps.applications.letters import Composed, demand_agreement, letters_for
from apps.applications.models import Application, Draft
from apps.applications.states import KIND, OUTCOMES_BY_TYPE, WORKFLOW, Status, Together
from apps.cases import consents
from apps.cases.emails import notify
from apps.cases.facts import about
from apps.cases.models import Case
from apps.cases.states import Act, PartyRole, Way
from apps.cases.transitions import PLACE_FIELDS, NewParty, attach, concerns, index_for_search, new_party, open_case
from apps.catalogue.models import Fee, Regime
from apps.core import facts
from apps.core.business_calendar import add_working_days, today
from apps.core.models import FactKind, PrivateFile
from apps.core.text import texts_in
from apps.core.transitions import Phase, TransitionError, Who, move
from apps.notices.models import LetterPreview
from apps.notices.transitions import create_notice, preview_letter

DEFAULT_WORKING_DAYS = 20
TEMPLATE = "letter"


class TrustTooLow(Exception):
    """The service demands a higher trust level than the account has."""


# -- filing ---------------------------------------------------------------------------------------


def submit(draft: Draft, *, by: User, way: str, email: str = "") -> Case:
    """File the application: once, however often the button was pressed.

    ``way`` is the applicant's choice of how the notice reaches them; ``email`` only for
    captured cases. Raises Incomplete, TrustTooLow, or TransitionError when it was discarded.
    """
    if not draft.captured and by.trust_level < draft.service.trust_level:
        raise TrustTooLow
    key = draft.pk
    with transaction.atomic():
        # From here on the row as it is now: another window may have brought other answers, or another version.
        found = Draft.objects.select_for_update().filter(pk=key).first()
        if found is None:
            filed = Case.objects.filter(submission_key=key).first()
            if filed is None:
                raise TransitionError("the draft was discarded")
            return filed
        draft = found
        service, definition = draft.service, draft.form_version.parsed
        answers = collected_answers(draft)
        days = service.processing_working_days or DEFAULT_WORKING_DAYS
        case, created = open_case(
            KIND,
            status=Status.SUBMITTED,
            title={"de": service.name_de, "en": service.name_en},
            department=service.department,
            service=service,
            submission_key=draft.pk,
            parties=_parties(definition.extra.get("parties", {}), answers, by, draft, email),
            channel=draft.channel,
            language="de" if draft.captured else by.language,
            due_on=add_working_days(today(), days),
            by=by,
        )
        if not created:
            return case
        Application.objects.create(
            case=case, form_version=draft.form_version, answers=answers,
            fees=Fee.objects.snapshot(service, today()),
        )  # fmt: skip
        if way == Way.PORTAL and not draft.captured:
            consents.give(case.parties.get(account=by))
        _move_files(draft, case, answers)
        Draft.objects.get(pk=draft.pk).delete()
        index_for_search(case)
        notify(case, "application_received")
    return case


def _parties(mapping: dict[str, Any], answers: dict[str, Any], by: User, draft: Draft, email: str) -> list[NewParty]:
    """The people of the case, read from the answers as the form's ``parties`` says."""

    def read(fields: dict[str, str], values: dict[str, Any]) -> dict[str, str]:
        found = {name: str(values.get(key) or "") for name, key in fields.items()}
        return {name: value for name, value in found.items() if value or name != "country"}

    about = read(mapping.get("applicant", {}), answers)
    if not about.get("family_name") and not about.get("organisation"):
        about |= {"given_name": by.given_name, "family_name": by.family_name or by.email}
    account = None if draft.captured else by
    parties = [new_party(account=account, email=email if draft.captured else by.email, **about)]
    joint = mapping.get("joint")
    # Of the same household, unless the form asks where they live.
    place = {name: about[name] for name in PLACE_FIELDS if name in about}
    if joint:
        for entry in answers.get(joint["group"]) or []:
            parties.append(new_party(role=PartyRole.JOINT, **(place | read(joint["fields"], entry))))
    return parties


def _move_files(draft: Draft, case: Case, answers: dict[str, Any]) -> None:
    """Hand the files that belong to visible fields from the draft to the case."""
    kept = set(texts_in(answers))
    owner = [party.pk for party in case.parties.filter(role=PartyRole.APPLICANT)]
    labels = {item.key: item.label["de"] for step in draft.form_version.parsed.steps for item in step.walk()}
    for upload in draft.uploads.select_related("file"):
        if str(upload.file_id) in kept:
            key = upload.path.rsplit("-", 1)[-1]
            attach(case, upload.file, label=labels.get(key, upload.file.name), only_for=owner)
            upload.delete()


def withdraw(case: Case, *, by: User) -> None:
    """The citizen takes the application back; possible until it is decided."""
    with transaction.atomic():
        changes = {"closed_at": timezone.now(), "act_by": None}
        move(case, WORKFLOW, Status.WITHDRAWN, who=Who.PARTY, by=by, changes=changes, act=Act.WITHDRAWN)


# -- deciding -----------------------------------------------------------------------------------------


def preview_tax(application: Application, findings: Findings | None = None) -> Assessment | None:
    """The assessment a decision would make today; None where the form has no such rule.

    Raises MissingFee and BadHousehold.
    """
    rule = application.form_version.parsed.extra.get("fee", {})
    return assess(rule, application.answers, on=today(), findings=findings)


@dataclass(frozen=True)
class Ruling:
    """What a decision consists of before it is made: its outcome, what is kept of it, and its letters, if it has any."""

    outcome: str
    decision: dict[str, Any]
    letters: Composed | None


class LetterChanged(TransitionError):
    """The letter of a decision is no longer the one that was shown."""


def rule(
    case: Case, *, outcome: str, reasons: str, by: User, fee: Decimal | None = None,
    valid_from: dt.date | None = None, valid_until: dt.date | None = None, conditions: str = "",
    named: Mapping[str, str] | None = None, findings: Findings | None = None,
    due_on: dt.date | None = None, kassenzeichen: str = "", together: str = "",
) -> Ruling:  # fmt: skip
    """What a decision would be today; changes nothing.

    ``named`` holds what its letter asked the clerk for, ``findings`` what the clerk found otherwise than a declaration of
    dogs says; ``due_on`` is when a charge falls due (by itself in five weeks), ``kassenzeichen`` is used where no rule makes
    one; ``together`` says why several parties may get one letter (a Together), and is empty where each gets their own. Raises
    IncompleteCharge, NotHeard, NotTogether (NotAgreed), TransitionError when the outcome does not belong to the service or the case is the clerk's own,
    MissingFee when the tax cannot be computed, and MissingRemedy when nothing says what can be done against the notice.
    """
    application = case.application
    allowed = OUTCOMES_BY_TYPE[case.service.outcome_type] if case.service else ()
    if outcome not in allowed:
        raise TransitionError(f"{outcome} is no outcome of this service")
    if concerns(case, by):
        raise TransitionError("nobody decides a case of their own")
    if fee is not None and fee < 0:
        raise TransitionError("a fee is not negative")
    if together and not (together in Together.values and case.service and case.service.regime == Regime.AO):
        raise TransitionError("no reason to write to several people at once")
    decision: dict[str, Any] = {
        "outcome": outcome,
        "reasons": reasons,
        "fee": str(fee) if fee is not None else None,
        "valid_from": valid_from.isoformat() if valid_from else None,
        "valid_until": valid_until.isoformat() if valid_until else None,
        "named": dict(named or {}),
        "conditions": [line.strip() for line in conditions.split("\n") if line.strip()],
        "together": together,
    }
    if outcome == Status.ASSESSED:
        found = findings or declared(application.answers)
        assessment = preview_tax(application, found)
        if assessment is not None:
            decision["tax_lines"] = assessment.as_json()
            decision["computed"], decision["yearly"] = str(assessment.total), str(assessment.yearly)
            decision["fee"] = decision["computed"] if found.amount is None else str(found.amount)
            decision["findings"] = found.as_json(application.answers)
    amount = Decimal(decision["fee"] or 0)
    if amount > 0:
        due_on = due_on or usual_due_date()
        decision["charge"] = charge_for(case, amount, due_on=due_on, kassenzeichen=kassenzeichen)
    letters = application.form_version.parsed.extra.get("letters", {})
    if outcome in letters and (unheard := not_heard(case)):
        raise NotHeard(unheard)
    composed = letters_for(application, decision, outcome=outcome, by=by) if outcome in letters else None
    return Ruling(outcome, decision, composed)


def preview(case: Case, *, typed: dict[str, list[str]], by: User, **arguments: Any) -> LetterPreview:
    """Let the letter of a decision be made, to be looked at; a decision without a letter is shown as that.

    ``typed`` is the form the decision was made from; ``arguments`` and errors are those of ``rule``. Nothing is decided.
    """
    if not case.is_open:
        raise TransitionError("the case is decided")
    letters = rule(case, by=by, **arguments).letters
    template, contexts = (TEMPLATE, letters.contexts) if letters is not None else ("", [])
    return preview_letter(case, template=template, letters=contexts, typed=typed, by=by)


def release(preview: LetterPreview, *, by: User, **arguments: Any) -> Case:
    """Make the decision whose letter was shown.

    Raises LetterChanged when today's letter is another one, and what ``decide`` raises.
    """
    with transaction.atomic():
        # The case first, as every decision does: two that wait for each other's rows would never end.
        case = Case.objects.select_related("service").held(preview.case_id)
        shown = LetterPreview.objects.select_for_update().filter(pk=preview.pk, made_by=by).first()
        if shown is None or not shown.may_be_released:
            raise TransitionError("there is no letter to release")
        ruling = rule(case, by=by, **arguments)
        contexts = ruling.letters.contexts if ruling.letters is not None else []
        # As JSON, which is how the other ones were kept.
        if json.loads(json.dumps(contexts)) != shown.letters:
            raise LetterChanged
        return _decide(case, ruling, by=by)


def decide(case: Case, *, by: User, **arguments: Any) -> Case:
    """Decide the case and write its notice in one transaction; ``arguments`` and errors are those of ``rule``.

    Raises TransitionError, too, when the case has been decided meanwhile.
    """
    return _decide(case, rule(case, by=by, **arguments), by=by)


def _decide(case: Case, ruling: Ruling, *, by: User) -> Case:
    with transaction.atomic():
        now = timezone.now()
        changes: dict[str, Any] = {"act_by": None, "came_back_at": None, "decided_at": now}
        if WORKFLOW.phases and WORKFLOW.phases[ruling.outcome] == Phase.CLOSED:
            changes["closed_at"] = now
        move(case, WORKFLOW, ruling.outcome, who=Who.STAFF, by=by, changes=changes, act=Act.DECIDED)
        if ruling.letters is not None and (together := ruling.decision["together"]):
            # Asked again, now that nobody can take it back any more.
            demand_agreement(case, together)
        Application.objects.filter(case=case).update(decision=ruling.decision)
        case.application.decision = ruling.decision
        case.previews.all().delete()
        if charge := ruling.decision.get("charge"):
            facts.note(FactKind.CHARGE, **about(case), outcome=ruling.outcome, amount=Decimal(charge["amount"]))
        if ruling.letters is not None:
            create_notice(
                case, template=TEMPLATE, title=ruling.letters.title, result=ruling.letters.result,
                letters=ruling.letters.drafts, by=by,
            )  # fmt: skip
    return case


def files_of(application: Application) -> dict[str, PrivateFile]:
    """The uploads of an application by id."""
    ids = set(texts_in(application.answers))
    attachments = application.case.attachments.select_related("file")
    return {str(a.file_id): a.file for a in attachments if str(a.file_id) in ids}
