"""What every request to the API passes: a limit for each network, and a parser that gives up in words."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
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


class ShallowJSONParser(JSONParser):
    """JSON that is nested so deeply that Python gives up is no JSON for us."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The parsed body; raises ParseError."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("nested too deeply") from error
