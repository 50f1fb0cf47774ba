"""The filesystem broker: a message is never seen before it is whole."""

import threading
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import Connection

WRITERS, EACH = 4, 150


def channel(folder: Path) -> Any:
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "processed_folder": str(folder / "processed"),
        "control_folder": str(folder / "control"),
    }
    return Connection(transport="wolfsburg_portal.broker:Transport", transport_options=options).channel()


def test_reader_beside_many_writers_gets_every_message_whole(tmp_path: Path) -> None:
    for name in ("messages", "processed", "control"):
        (tmp_path / name).mkdir()

    def write() -> None:
        mine = channel(tmp_path)
        mine._queue_bind("celery", "celery", "", "celery")
        for number in range(EACH):
            mine._put("celery", {"number": number, "text": "x" * 5000})

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    reader, got = channel(tmp_path), 0
    while got < WRITERS * EACH:
        try:
            assert len(reader._get("celery")["text"]) == 5000
        except Empty:
            continue
        got += 1
    for thread in threads:
        thread.join()
    assert [q.queue for q in reader.get_table("celery")] == ["celery"]
