"""What every request to the API passes: a limit for each network, and a parser that gives up in words."""

import io
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.serializers import ListField
from rest_framework.throttling import AnonRateThrottle

from apps.core import limits


class NetworkThrottle(AnonRateThrottle):
    """Counts as all limits of the portal do: by the network the proxies vouch for, not by what a header claims."""

    num_requests: int | None
    duration: int | None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; False above ``API_RATE``."""
        networks = limits.client_networks(request._request)
        return limits.within_networks("api", networks, limit=self.num_requests or 0, seconds=self.duration or 60)

    def wait(self) -> float | None:
        """Seconds until it makes sense to come back, at most."""
        return float(self.duration or 60)


# No body that the API asks for is longer.
MOST_BODY_BYTES = 16 * 1024


class TooLong(APIException):
    """A body longer than any that is asked for."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "the body is too long"
    default_code = "too_long"


class ShortListField(ListField):
    """A list that is refused as a whole when it is too long, before each of its members is looked at."""

    def to_internal_value(self, data: Any) -> Any:
        """The members; raises ValidationError."""
        most = self.max_length
        if most is not None and isinstance(data, (list, tuple)) and len(data) > most:
            raise ValidationError([f"no more than {most} members"], code="max_length")
        return super().to_internal_value(data)


class ShallowJSONParser(JSONParser):
    """JSON that is too long, or nested so deeply that Python gives up, is no JSON for us."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The parsed body; raises ParseError and TooLong."""
        if len(body := stream.read(MOST_BODY_BYTES + 1)) > MOST_BODY_BYTES:
            raise TooLong
        stream = io.BytesIO(body)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("nested too deeply") from error
