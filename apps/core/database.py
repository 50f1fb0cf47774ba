"""What a long task does about its connection to the database."""

from django.db import close_old_connections, connection


def drop_broken_connection() -> None:
    """Give up a connection that an error has left unusable, so that the next query makes another; not within a transaction."""
    if not connection.in_atomic_block:
        close_old_connections()
