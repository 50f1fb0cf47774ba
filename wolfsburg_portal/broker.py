"""The filesystem broker of machines without Redis, with two repairs.

kombu writes a message under its final name, so that a worker may pick it up before its text is
there; it then ends with "Unrecoverable error". The same can happen to the list of queues when it
is first made. Here the text is complete before the name is.
"""

import os
import uuid
from contextlib import suppress
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Puts messages down whole."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]  # stubs name it otherwise
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        final = os.path.join(self.data_folder_out, name)
        # The ending keeps readers away: they look for names that end in the queue's.
        with open(f"{final}.part", "wb") as file:
            file.write(str_to_bytes(dumps(payload)))
        os.rename(f"{final}.part", final)

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        table = self._exchange_file(exchange)  # type: ignore[attr-defined]  # private to kombu: not in the stubs
        if not table.exists():
            self.control_folder.mkdir(exist_ok=True)
            draft = table.with_name(f"{table.name}.{uuid.uuid4()}")
            draft.write_text("[]")
            # Whoever links first has made the list; from then on kombu changes it under a lock.
            with suppress(FileExistsError):
                os.link(draft, table)
            draft.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)  # type: ignore[arg-type]  # kombu passes None, the stubs say str


class Transport(filesystem.Transport):
    """kombu's filesystem transport with the repaired channel."""

    Channel = Channel
