"""The filesystem broker: a message is never seen before it is whole."""

import threading
from pathlib import Path

from kombu import Connection


def test_reader_beside_many_writers_gets_every_message_whole(tmp_path: Path) -> None:
    folder = str(tmp_path / "messages")
    (tmp_path / "messages").mkdir()
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": str(tmp_path / "control")}
    transport = "wolfsburg_portal.broker:Transport"
    count, writers = 150, 4

    def write() -> None:
        with Connection(transport=transport, transport_options=options) as connection:
            queue = connection.SimpleQueue("celery")
            for number in range(count):
                queue.put({"number": number, "text": "x" * 5000})

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    got = 0
    with Connection(transport=transport, transport_options=options) as connection:
        queue = connection.SimpleQueue("celery")
        while got < count * writers:
            message = queue.get(timeout=10)
            assert len(message.payload["text"]) == 5000
            message.ack()
            got += 1
    for thread in threads:
        thread.join()
