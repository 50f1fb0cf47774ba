"""What was sent, kept and brought back."""

from collections.abc import Mapping

from django.http import QueryDict


def query_dict(typed: Mapping[str, list[str]]) -> QueryDict:
    """What was typed, by name of the field, as a form takes it."""
    data = QueryDict(mutable=True)
    for name, values in typed.items():
        data.setlist(name, values)
    return data
