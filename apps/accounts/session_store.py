"""Sessions in the database; those of people who are not signed in are kept for a day."""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Whom nobody knows can cause rows without end: theirs live shorter."""

    # Whether the browser came with a session that there was; known once it has been read.
    existed = False

    def load(self) -> dict[str, Any]:
        """What is kept in it."""
        kept: dict[str, Any] = super().load()
        self.existed = self.session_key is not None
        return kept

    def get_session_cookie_age(self) -> int:
        """Seconds that this session is kept after the last change."""
        known = SESSION_KEY in self
        return int(settings.SESSION_COOKIE_AGE if known else settings.SESSION_ANONYMOUS_SECONDS)
