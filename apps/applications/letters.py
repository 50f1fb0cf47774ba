"""What stands in the letter of a decision; the sentences are data in the form definition."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation

from apps.accounts.models import User
from apps.applications.charges import lines_of
from apps.applications.models import Application
from apps.applications.states import Together
from apps.cases.addressee import PRINCIPALS, addressee_at, addressees_of, share_an_address
from apps.cases.consents import not_agreed_to_one_letter, who_want_their_own
from apps.cases.models import Case, Hearing, Party
from apps.cases.states import PartyRole
from apps.core.business_calendar import today
from apps.core.templatetags.components import euro
from apps.core.transitions import TransitionError
from apps.formbuilder.models import FormVersion
from apps.formbuilder.summary import plain_values
from apps.notices.models import LegalRemedy
from apps.notices.transitions import Draft

DAYS_IN_A_YEAR = 365
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class NotTogether(TransitionError):
    """Several people get one letter only at one address, if nobody receives for them and it is no secret."""


class NotAgreed(NotTogether):
    """Some of them have not agreed to one letter, or want their own; ``parties`` says who."""

    def __init__(self, parties: list[Party]) -> None:
        super().__init__("not all agree to one letter")
        self.parties = parties


class MissingRemedy(Exception):
    """No instruction on legal remedies is in force for the procedure; without one no notice goes out."""


def fill(text: str, values: dict[str, str]) -> str:
    """Put values into ``{placeholders}``; an unknown one becomes a dash, never an error."""
    return PLACEHOLDER.sub(lambda match: values.get(match.group(1)) or "–", text)


@dataclass(frozen=True)
class Composed:
    """A decision in words: its title, its result in both languages ({"de", "en"}), and the letter for each addressee."""

    title: str
    result: dict[str, str]
    drafts: list[Draft]

    @property
    def contexts(self) -> list[dict[str, Any]]:
        """What stands in the letters."""
        return [draft.frozen for draft in self.drafts]


def letters_for(application: Application, decision: dict[str, Any], *, outcome: str, by: User) -> Composed:
    """The letters of ``decision``: one for each party (§ 122 Abs. 1 AO, § 41 Abs. 1 VwVfG), frozen.

    One for several only where ``decision["together"]`` says why that is allowed (see ``demand_agreement``). A representative
    with power of receipt gets the letter, the party a copy that says so. Raises MissingRemedy: an instruction on legal
    remedies belongs into it (§ 37 Abs. 6 VwVfG, § 157 Abs. 1 AO, § 36 SGB X).
    """
    template = application.form_version.parsed.extra["letters"][outcome]
    common = _common(application, decision, outcome=outcome, by=by)
    addressees = addressees_of(application.case)
    drafts = []
    if (together := decision.get("together")) and len(addressees) > 1:
        demand_agreement(application.case, together)
        first, *others = addressees
        if not share_an_address(addressees):
            raise NotTogether
        names = [line for addressee in addressees for line in addressee.party.name_lines]
        lines = [*names, *first.contact.place_lines]
        drafts.append(Draft(common | {"recipients": lines}, first, also_to=tuple(others)))
        return Composed(template["title"], template["result"], drafts)
    informed = _already_told(application.case)
    with translation.override("de"):
        opening_other = fill(template.get("opening_other", ""), _values(application.case, application, decision))
    for addressee in addressees:
        context = common | {"recipients": addressee.lines}
        if addressee.principal.role == PartyRole.JOINT and opening_other:
            context["opening"] = opening_other
        if addressee.principal.role == PartyRole.JOINT and addressee.principal.pk not in informed:
            # Who was not heard by a letter learns here where their data come from.
            context |= {"source": source_of(application.case), "checked": addressee.contact.checked_on is not None}
        if addressee.party != addressee.principal:
            context["on_behalf_of"] = addressee.principal.name
        drafts.append(Draft(context, addressee))
        if addressee.party != addressee.principal:
            own = addressee_at(addressee.principal, addressee.principal)
            told = common | {"recipients": own.lines, "copy_of": addressee.party.name}
            drafts.append(Draft(told, own, is_copy=True))
    return Composed(template["title"], template["result"], drafts)


def demand_agreement(case: Case, together: str) -> None:
    """That the reason for one letter holds: all have agreed (§ 122 Abs. 6 AO), or nobody wants their own (Abs. 7 Satz 2).

    Raises NotAgreed.
    """
    lacking = not_agreed_to_one_letter if together == Together.CONSENT else who_want_their_own
    if len(addressees_of(case)) > 1 and (parties := lacking(case)):
        raise NotAgreed(parties)


def _already_told(case: Case) -> set[int]:
    """The parties (ids) whom a letter has told where their data come from (Art. 14 DSGVO)."""
    by_letter = Hearing.objects.stands().filter(party__case=case, waived_because="")
    return set(by_letter.values_list("party", flat=True))


def source_of(case: Case) -> dict[str, Any]:
    """Where the city has somebody's data from, and what for (Art. 14 DSGVO), as letters say it."""
    service = case.service
    with translation.override("de"):
        return {
            "named_by": " und ".join(p.name for p in case.parties.all() if p.role == PartyRole.APPLICANT),
            "purpose": service.name_de if service is not None else case.title_de,
            "legal_basis": ", ".join(service.legal_basis) if service is not None else "",
            "years": settings.RETENTION_DAYS["applications"] // DAYS_IN_A_YEAR,
            "privacy_address": settings.SITE_URL + reverse("portal:privacy"),
        }


def _common(application: Application, decision: dict[str, Any], *, outcome: str, by: User) -> dict[str, Any]:
    """What stands in the letter of every addressee."""
    case = application.case
    definition = application.form_version.parsed
    template = definition.extra["letters"][outcome]
    with translation.override("de"):
        values = _values(case, application, decision)
        tenor = [fill(line, values) for line in template["tenor"]]
        if decision.get("valid_from") and template.get("validity"):
            tenor.append(fill(template["validity"], values))
        # What was filed under an older version of the form may lack sentences that the newest has.
        newest = newest_extra(definition.slug).get("letters", {}).get(outcome, {})
        found, why = _findings(template, newest, decision, values)
        tenor += found
        tenor += [str(line) for line in decision.get("conditions", []) if line]
        has_fee = Decimal(decision.get("fee") or 0) > 0
        cost = template.get("fee" if has_fee else "no_fee")
        if cost:
            tenor.append(fill(cost, values))
        return {
            "title": template["title"],
            "subject": fill(template["subject"], values),
            "reference": case.reference,
            "date": formats.date_format(today(), "DATE_FORMAT"),
            "filed_on": formats.date_format(timezone.localdate(case.submitted_at), "DATE_FORMAT"),
            "salutation": "Guten Tag,",
            "opening": fill(template["opening"], values),
            "tenor": tenor,
            # Begründung (§ 39 VwVfG): the clerk's words, then the standing ones.
            "reasons": [
                *(line.strip() for line in str(decision.get("reasons", "")).split("\n") if line.strip()),
                *(fill(line, values) for line in template.get("reasons", [])),
                *why,
            ],
            "charge": lines_of(decision["charge"]) if decision.get("charge") else [],
            "tax_lines": [
                {
                    **line,
                    "amount_text": euro(line["amount"]),
                    "parts": [{**part, "yearly_text": euro(part["yearly"])} for part in line["parts"]],
                }
                for line in decision.get("tax_lines", [])
            ],
            "total_text": euro(decision["computed"]) if decision.get("tax_lines") else "",
            "hints": [fill(h, values) for h in template.get("hints", [])],
            **_remedy(case, wanted=template.get("remedy", True), has_fee=has_fee),
            "department": department_of(case),
            "clerk": by.full_name,
            "legal_basis": ", ".join(case.service.legal_basis) if case.service else "",
            "joint": _joint(case, template, newest, values),
        }


def _remedy(case: Case, *, wanted: bool, has_fee: bool) -> dict[str, str]:
    """What the letter says of remedies (§ 37 Abs. 6 VwVfG, § 157 Abs. 1 AO, § 36 SGB X). Raises MissingRemedy."""
    if not wanted:
        return {"remedy": "", "remedy_hint": ""}
    regime = case.service.regime if case.service else ""
    remedy = LegalRemedy.objects.valid_on(regime, today())
    if remedy is None:
        raise MissingRemedy(regime)
    # That an action suspends nothing is so for what is to be paid (§ 80 Abs. 2 Satz 1 Nr. 1 VwGO).
    return {"remedy": remedy.text, "remedy_hint": remedy.hint if has_fee else ""}


def _joint(case: Case, template: dict[str, Any], newest: dict[str, Any], values: dict[str, str]) -> str:
    """What several have to know of each other: that the decision is about all of them, and what is owed is owed once."""
    if sum(party.role in PRINCIPALS for party in case.parties.all()) < 2:
        return ""
    return fill(template.get("joint") or newest.get("joint", ""), values)


def _values(case: Case, application: Application, decision: dict[str, Any]) -> dict[str, str]:
    values = plain_values(application.form_version.parsed, application.answers)
    # Of an organisation it is itself that applies, not whom one may ask there.
    applicants = [p.organisation or p.name for p in case.parties.all() if p.role in PRINCIPALS]
    values |= {
        "applicants": " und ".join(applicants),
        "declarant": " und ".join(
            p.organisation or p.name for p in case.parties.all() if p.role == PartyRole.APPLICANT
        ),
        "reference": case.reference,
        "filed_on": formats.date_format(timezone.localdate(case.submitted_at), "DATE_FORMAT"),
    }
    values |= decision.get("named", {})
    for key in ("valid_from", "valid_until"):
        if decision.get(key):
            values[key] = formats.date_format(dt.date.fromisoformat(decision[key]), "DATE_FORMAT")
    if decision.get("fee"):
        values["fee"] = euro(Decimal(decision["fee"]))
    if decision.get("findings"):
        values["dogs_held"] = str(decision["findings"]["already_held"])
    if decision.get("yearly"):
        values["yearly"] = euro(Decimal(decision["yearly"]))
    return values


def _findings(
    template: dict[str, Any], newest: dict[str, Any], decision: dict[str, Any], values: dict[str, str]
) -> tuple[list[str], list[str]]:
    """What was found otherwise than declared or applied for, dog by dog, and why (§ 121 AO)."""
    found, sentences = decision.get("findings"), template.get("findings") or newest.get("findings", {})
    tenor: list[str] = []
    reasons: list[str] = []
    if not found or not sentences:
        return tenor, reasons
    for dog in found["dogs"]:
        about = {"dog": dog["name"], "reason": dog["reason"], "found": _day(dog["since"]),
                 "declared": _day(dog["declared_since"])}  # fmt: skip
        if dog["relief"]:
            tenor.append(fill(sentences[dog["relief"]], about))
        elif dog["claim"] != "none":
            tenor.append(fill(sentences["refused"], about))
        if dog["since"] != dog["declared_since"]:
            reasons.append(fill(sentences["since"], about))
        if dog["reason"]:
            reasons.append(fill(sentences["why"], about))
    if found["already_held"] != found["declared_held"]:
        about = {"found": str(found["already_held"]), "declared": str(found["declared_held"])}
        reasons.append(fill(sentences["held"], about))
    if found["amount"] is not None:
        reasons.append(fill(sentences["amount"], values | {"computed": euro(decision["computed"])}))
    return tenor, reasons + ([found["reason"]] if found["reason"] else [])


def newest_extra(slug: str) -> dict[str, Any]:
    """The ``extra`` of the newest version of a form."""
    version = FormVersion.objects.current(slug)
    return version.parsed.extra if version is not None else {}


def _day(iso: str) -> str:
    return str(formats.date_format(dt.date.fromisoformat(iso), "DATE_FORMAT"))


def department_of(case: Case) -> dict[str, str]:
    """The department as it stands in a letter."""
    d = case.department
    return {"name": d.name_de, "phone": d.phone, "street": d.street, "postcode": d.postcode,
            "city": d.city, "abbreviation": d.abbreviation}  # fmt: skip
