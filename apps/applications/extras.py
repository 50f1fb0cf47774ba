"""What applications demand of the ``extra`` of a form definition: fee rule, parties, letters.

Checked when a version is published. What is wrong there would otherwise show when a clerk decides, weeks later.
"""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from apps.applications.forms import DecisionForm
from apps.applications.letters import PLACEHOLDER
from apps.applications.states import OUTCOMES, Status
from apps.cases.models import Party, PartyContact
from apps.cases.transitions import NAME_FIELDS, PLACE_FIELDS
from apps.formbuilder.definition import Definition, Field
from apps.formbuilder.reading import KEY, DefinitionError, only

RULES = ("set_by_clerk", "graduated")
# Of a party, what answers may fill in; how letters reach it is not one of them.
PARTY_FIELDS = (*NAME_FIELDS, *PLACE_FIELDS, "phone")
ALWAYS_KNOWN = frozenset(["applicants", "declarant", "reference", "filed_on", "valid_from", "valid_until", "fee"])
KNOWN_OF_DOGS = frozenset(["dogs_held", "yearly"])
# Sentences about what was found, with what each may name.
FINDINGS = {
    "exempt": {"dog"}, "reduced": {"dog"}, "refused": {"dog"}, "since": {"dog", "found", "declared"},
    "held": {"found", "declared"}, "amount": {"computed", "fee"}, "why": {"dog", "reason"},
}  # fmt: skip
REQUIRED = {"title", "subject", "opening", "tenor", "result"}
OPTIONAL = {"validity", "fee", "no_fee", "reasons", "hints", "remedy", "asked", "findings", "joint", "opening_other"}
# As long as the columns of a notice.
MOST_TITLE, MOST_RESULT = 200, 300


def check(definition: Definition) -> None:
    """Raises DefinitionError naming the first thing that is wrong."""
    extra = definition.extra
    only(extra, "extra", optional={"fee", "parties", "letters"})
    plain = {f.key: f for step in definition.steps for f in step.fields if not f.is_group}
    groups = {f.key: f for step in definition.steps for f in step.fields if f.is_group}
    if "fee" in extra:
        _check_fee(extra["fee"])
    if "parties" in extra:
        _check_parties(extra["parties"], plain, groups)
    if "letters" in extra:
        only(extra["letters"], "letters", optional=OUTCOMES)
        dogs = KNOWN_OF_DOGS if extra.get("fee", {}).get("rule") == "graduated" else frozenset()
        for outcome, letter in extra["letters"].items():
            _check_letter(letter, f"letters.{outcome}", ALWAYS_KNOWN | dogs | set(plain))
        if extra["letters"] and Status.REJECTED not in extra["letters"]:
            raise DefinitionError("letters: rejected is missing")


def _check_fee(fee: Any) -> None:
    only(fee, "fee", required={"rule", "text"}, optional={"fees", "first_taxable_month", "reduced_share"})
    if fee["rule"] not in RULES:
        raise DefinitionError(f"fee: rule {fee['rule']!r} is not known")
    _both(fee["text"], "fee.text")
    if fee["rule"] != "graduated":
        only(fee, "fee", required={"rule", "text"})
        return
    only(fee, "fee", required={"rule", "text", "fees", "first_taxable_month"}, optional={"reduced_share"})
    if not _texts(fee["fees"], "fee.fees"):
        raise DefinitionError("fee: fees names no fee")
    if fee["first_taxable_month"] not in ("following", "same"):
        raise DefinitionError("fee: first_taxable_month is following or same")
    try:
        if not 0 <= Fraction(fee.get("reduced_share", "1/2")) <= 1:
            raise ValueError
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise DefinitionError("fee: reduced_share is no share") from error


def _check_parties(parties: Any, plain: Mapping[str, Field], groups: Mapping[str, Field]) -> None:
    only(parties, "parties", required={"applicant"}, optional={"joint", "shared"})
    shared = parties.get("shared", [])
    known = {*plain, *(f"{key}.{item.key}" for key, group in groups.items() for item in group.fields)}
    if not isinstance(shared, list) or not all(isinstance(key, str) and key in known for key in shared):
        raise DefinitionError("parties.shared: names of fields of the form, of those in a group as group.field")
    _check_party(parties["applicant"], "parties.applicant", plain)
    if "joint" in parties:
        joint = parties["joint"]
        only(joint, "parties.joint", required={"group", "fields", "hearing"})
        group = groups.get(joint["group"]) if isinstance(joint["group"], str) else None
        if group is None:
            raise DefinitionError(f"parties.joint: {joint['group']!r} is no group")
        _check_party(joint["fields"], "parties.joint.fields", {f.key: f for f in group.fields})
        _check_hearing(joint["hearing"], "parties.joint.hearing")


def _check_hearing(words: Any, where: str) -> None:
    only(words, where, required={"subject", "opening", "consequence"})
    for sentence in (words["subject"], words["opening"], *_texts(words["consequence"], f"{where}.consequence")):
        _sentence(sentence, where, ("applicants", "filed_on"))


def _check_party(mapping: Any, where: str, fields: Mapping[str, Field]) -> None:
    only(mapping, where, optional=PARTY_FIELDS)
    for name, key in mapping.items():
        item = fields.get(key) if isinstance(key, str) else None
        if item is None:
            raise DefinitionError(f"{where}.{name}: {key!r} is no field")
        longest = item.max_length or item.field_type.longest
        if (name == "country") != (item.type == "country") or item.field_type.longest is None or longest is None:
            raise DefinitionError(f"{where}.{name}: {key} is of another type")
        column: Any = (Party if name in NAME_FIELDS else PartyContact)._meta.get_field(name)
        if longest > column.max_length:
            raise DefinitionError(f"{where}.{name}: {key} may be longer than {column.max_length} characters")


def _check_letter(letter: Any, where: str, known: frozenset[str] | set[str]) -> None:
    only(letter, where, required=REQUIRED, optional=OPTIONAL)
    _text(letter["title"], f"{where}.title", MOST_TITLE)
    _both(letter["result"], f"{where}.result", MOST_RESULT)
    for sentence in (letter["title"], *letter["result"].values()):
        _sentence(sentence, where, ())
    if "remedy" in letter and not isinstance(letter["remedy"], bool):
        raise DefinitionError(f"{where}: remedy is true or false")
    asked = letter.get("asked", [])
    if not isinstance(asked, list):
        raise DefinitionError(f"{where}: asked is a list")
    for number, question in enumerate(asked):
        only(question, f"{where}.asked[{number}]", required={"key", "label", "missing"})
        _text(question["key"], f"{where}.asked[{number}].key")
        if not KEY.fullmatch(question["key"]) or question["key"] in DecisionForm.base_fields:
            raise DefinitionError(f"{where}.asked[{number}]: {question['key']!r} is no name for it")
        _both(question["label"], f"{where}.asked[{number}].label")
        _both(question["missing"], f"{where}.asked[{number}].missing")
    keys = [question["key"] for question in asked]
    if len(set(keys)) < len(keys):
        raise DefinitionError(f"{where}: something is asked twice")
    known = known | set(keys)
    if not _texts(letter["tenor"], f"{where}.tenor"):
        raise DefinitionError(f"{where}: tenor decides nothing")
    sentences = [
        letter[name] for name in ("subject", "opening", "opening_other", "validity", "fee", "no_fee") if name in letter
    ]
    sentences += letter["tenor"]
    for name in ("reasons", "hints"):
        sentences += _texts(letter.get(name, []), f"{where}.{name}")
    for sentence in sentences:
        _sentence(sentence, where, known)
    if "findings" in letter:
        only(letter["findings"], f"{where}.findings", required=FINDINGS)
        for name, sentence in letter["findings"].items():
            _sentence(sentence, f"{where}.findings.{name}", FINDINGS[name])


def _sentence(sentence: Any, where: str, known: Iterable[str]) -> None:
    """A text that names nothing but what is known."""
    _text(sentence, where)
    for name in PLACEHOLDER.findall(sentence):
        if name not in known:
            raise DefinitionError(f"{where}: nothing is known as {{{name}}}")
    if re.search("[{}]", PLACEHOLDER.sub("", sentence)):
        raise DefinitionError(f"{where}: braces stand around the name of something, without blanks")


def _text(raw: Any, where: str, most: int | None = None) -> None:
    if not isinstance(raw, str) or not raw.strip():
        raise DefinitionError(f"{where}: a text is missing")
    if most is not None and len(raw) > most:
        raise DefinitionError(f"{where}: more than {most} characters")


def _texts(raw: Any, where: str) -> list[str]:
    if not isinstance(raw, list):
        raise DefinitionError(f"{where}: expected a list of texts")
    for item in raw:
        _text(item, where)
    return raw


def _both(raw: Any, where: str, most: int | None = None) -> None:
    only(raw, where, required={"de", "en"})
    for text in raw.values():
        _text(text, where, most)
