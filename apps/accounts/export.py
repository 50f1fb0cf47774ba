"""A person's own data as one file (Art. 15 and 20 DSGVO)."""

import json
import tempfile
import zipfile
from typing import IO, Any

from apps.core.sockets import export_files, exports

DATA = "meine-daten.json"


def archive(user: Any) -> IO[bytes]:
    """A ZIP of everything the portal knows of the person: the data as JSON, and beside it the files, by case.

    It lies on the disk, however large the files are, and is gone once it is closed.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    # Photos and PDF files are small already; to squeeze them would only take time.
    with zipfile.ZipFile(file, "w") as zipped:
        data = dict(collect(user) for collect in exports)
        zipped.writestr(DATA, json.dumps(data, ensure_ascii=False, indent=2), zipfile.ZIP_DEFLATED)
        taken: set[str] = set()
        for collect_files in export_files:
            for wanted, chunks in collect_files(user):
                with zipped.open(_free(wanted, taken), "w", force_zip64=True) as entry:
                    for chunk in chunks:
                        entry.write(chunk)
    file.seek(0)
    return file


def _free(wanted: str, taken: set[str]) -> str:
    """A name in the archive that no other file has: two photos may be called the same."""
    stem, dot, ending = wanted.rpartition(".")
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{stem} ({number}){dot}{ending}" if stem else f"{wanted} ({number})"
    taken.add(name)
    return name
