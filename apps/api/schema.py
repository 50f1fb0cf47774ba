"""What the description of the API says of every operation."""

from typing import Any

REFUSALS = {
    "400": "The request does not hold; says which field and why.",
    "404": "Not there.",
    "406": "Only JSON is spoken here.",
    "415": "Only JSON is understood here.",
    "429": "A limit was reached.",
}


def name_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the refusals that any operation may answer with (a hook of drf-spectacular)."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for code, text in REFUSALS.items():
                operation["responses"].setdefault(code, {"description": text})
    return result
