"""What a letter says, for machines: exactly what is printed in this addressee's document, and nothing else."""

from typing import Any

FORMAT = "wolfsburg-brief/1"
# Of the frozen context of each template what is printed as it stands there, in the order of the page; the rest of a
# context is what texts were made of.
_HEAD = ("recipients", "reference", "clerk", "date", "title", "subject", "salutation", "on_behalf_of")
PRINTED = {
    "letter": (
        *_HEAD, "copy_of", "opening", "tenor", "joint", "tax_lines", "payment", "charge", "reasons", "hints", "remedy_hint", "remedy"
    ),
    "hearing": (*_HEAD, "opening", "told", "consequence", "due_on", "provision", "code"),
}  # fmt: skip


def contents_of(template: str, context: dict[str, Any], city: dict[str, Any]) -> dict[str, Any]:
    """The contents of a letter as JSON, by the names of its frozen ``context``; what is not in the letter is left out."""
    found = {key: context[key] for key in PRINTED[template] if context.get(key)}
    department = context.get("department") or {}
    found["sender"] = {
        "city": city["name"],
        "department": department.get("name", ""),
        "street": department.get("street") or city["street"],
        "postcode": department.get("postcode") or city["postcode"],
        "place": department.get("city") or city["city"],
        "phone": department.get("phone") or city["phone"],
    }
    if "tax_lines" in found:
        found["tax_lines"] = [_assessed(line) for line in found["tax_lines"]]
        found["total"] = context["total_text"]
    if "code" in found:
        found["address"] = context["address"]
    if template == "hearing":
        has_code = bool(context.get("code"))
        account = not has_code and not context.get("in_writing_only")
        found["answer"] = {"with_code": has_code, "in_account": account, "in_writing": True, "by_telephone": True}
    if source := context.get("source"):
        kept = ("named_by", "purpose", "legal_basis", "years", "privacy_address")
        found["source"] = {key: source[key] for key in kept if source[key]} | {
            "address_checked": bool(context.get("checked")),
            "controller": f"{city['name']}, {city['street']}, {city['postcode']} {city['city']}",
        }
    if check := context.get("check"):
        found["check"] = {"page": check["page"], "code": check["code"]}
    if context.get("seal"):
        found["seal"] = context["seal"]
    return {"format": FORMAT, **found}


def _assessed(line: dict[str, Any]) -> dict[str, Any]:
    """What is assessed for a dog and a year."""
    return {
        "dog": line["name"] or str(line["number"]),
        "year": line["year"],
        "parts": [{"yearly": part["yearly_text"], "months": part["months"]} for part in line["parts"]],
        "amount": line["amount_text"],
    }
