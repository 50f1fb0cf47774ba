"""Part of ``make check``: every text of the sources is translated, and properly.

Names every entry that is missing, left over, guessed, untranslated, or has other placeholders
than its original, and ends with 1 then. Works in a temporary folder; changes nothing.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from messages import LANGUAGES, ROOT, Entry, catalogue, extract, parse

# %(name)s, %s, {name}, and the tags: what a translation must not lose or invent.
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w+")


def problems(language: str, fresh: Sequence[Entry]) -> Iterator[str]:
    """What is wrong with the catalogue of ``language``, one line each."""
    file = catalogue(language)
    if not file.exists():
        yield "the file is missing"
        return
    text = file.read_text(encoding="utf-8")
    known = {entry.key: entry for entry in parse(text)}
    wanted = {entry.key: entry for entry in fresh}
    for key, entry in wanted.items():
        if key not in known:
            yield f"missing: {_name(entry)}"
    for key, entry in known.items():
        if key not in wanted:
            yield f"no longer in the sources: {_name(entry)}"
    for line in text.splitlines():
        if line.startswith("#~ msgid "):
            yield f"obsolete: {line.removeprefix('#~ msgid ')}"
    for key, entry in known.items():
        if key in wanted:
            yield from _faults(entry, wanted[key], language)
    yield from _format_errors(file)


def _faults(entry: Entry, original: Entry, language: str) -> Iterator[str]:
    if entry.fields.get("msgid_plural") != original.fields.get("msgid_plural"):
        yield f"another plural in the sources: {_name(entry)}"
    elif entry.fuzzy:
        yield f"fuzzy: {_name(entry)}"
    elif not entry.translated:
        yield f"untranslated: {_name(entry)}"
    elif original.english and language != "en" and entry.fields["msgid"] in entry.translations.values():
        yield f"still English: {_name(entry)}"
    elif not _same_placeholders(entry):
        yield f"other placeholders or tags: {_name(entry)}"


def _same_placeholders(entry: Entry) -> bool:
    one = _placeholders(entry.fields["msgid"])
    if "msgid_plural" not in entry.fields:
        return _placeholders(entry.fields["msgstr"]) == one
    many = _placeholders(entry.fields["msgid_plural"])
    # "One case" may do without the number.
    return all(
        _placeholders(text) <= one | many if name == "msgstr[0]" else _placeholders(text) == many
        for name, text in entry.translations.items()
    )


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def _format_errors(file: Path) -> Iterator[str]:
    """What compiling the file would complain about."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    command = ["msgfmt", "--check-format", "--check-domain", "-o", os.devnull, str(file)]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        yield from done.stderr.splitlines()


def _name(entry: Entry) -> str:
    text = entry.fields["msgid"].replace("\n", " ")
    where = next((line[3:] for line in entry.comments if line.startswith("#: ")), "")
    return f'"{text}"' + (f" ({where})" if where else "")


def main() -> int:
    """Print every problem; 0 when there is none."""
    fresh = extract()
    found = 0
    for language in LANGUAGES:
        for problem in problems(language, fresh):
            print(f"{catalogue(language).relative_to(ROOT)}: {problem}", file=sys.stderr)
            found += 1
    if found:
        print("`make messages` collects the texts; then translate them in locale/.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
