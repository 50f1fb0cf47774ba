"""Advisory locks of PostgreSQL: free again the moment their holder's connection dies."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def try_lock(name: str) -> Iterator[bool]:
    """Yield whether this connection now holds the lock ``name``; never waits.

    The lock belongs to the session, so the code inside may commit several transactions. Needs a
    connection that is not shared between transactions (no transaction-pooling pgbouncer).
    """
    key = (zlib.crc32(b"portal"), zlib.crc32(name.encode()))
    signed = [k - 2**32 if k >= 2**31 else k for k in key]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", signed)
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", signed)
            except BaseException:
                # With the connection the lock ends in any case; who holds on to both would keep others away for ever.
                connection.close()
                raise
