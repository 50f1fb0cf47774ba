"""``make messages``: collect the texts of the sources into locale/.

The texts in the sources are German. locale/de repeats them, locale/en translates them. The texts
of allauth that apps/accounts/allauth_texts.py lists are English: for them it is the other way
round. Whatever is translated already stays; what the sources no longer have goes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("apps", "templates", "wolfsburg_portal")
LANGUAGES = ("de", "en")
ENGLISH_SOURCE = "apps/accounts/allauth_texts.py"
# No dates: the files change only when a text does.
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: wolfsburg-portal\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+(".*")$')


@dataclass
class Entry:
    """One text of a catalogue."""

    comments: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str | None, str]:
        """What tells entries apart: context and text."""
        return self.fields.get("msgctxt"), self.fields["msgid"]

    @property
    def translations(self) -> dict[str, str]:
        """The msgstr of the entry, or all of them where there is a plural."""
        return {name: text for name, text in self.fields.items() if name.startswith("msgstr")}

    @property
    def fuzzy(self) -> bool:
        """True when somebody, or msgmerge, only guessed the translation."""
        return any(line.startswith("#,") and "fuzzy" in line for line in self.comments)

    @property
    def translated(self) -> bool:
        """True when every form has a text."""
        return all(self.translations.values())

    @property
    def english(self) -> bool:
        """True when the text comes only from the module that lists English ones."""
        files = [name for line in self.comments if line.startswith("#: ") for name in line[3:].split()]
        return set(files) == {ENGLISH_SOURCE}

    def repeat(self) -> None:
        """Translate the entry by itself."""
        for name in self.translations:
            plural = name not in ("msgstr", "msgstr[0]")
            self.fields[name] = self.fields["msgid_plural" if plural else "msgid"]

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.comments) + "".join(
            f"{name} {_quoted(text)}\n" for name, text in self.fields.items()
        )


def _quoted(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    lines = [line for line in re.split(r"(?<=\\n)", text) if line]
    if len(lines) < 2:
        return f'"{text}"'
    return '""\n' + "\n".join(f'"{line}"' for line in lines)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text.strip()[1:-1])


def parse(text: str) -> list[Entry]:
    """Read the entries of a .po file; its header and what is commented out as obsolete are left out."""
    entries = []
    for block in re.split(r"\n\s*\n", text):
        entry, name = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#"):
                if not line.startswith(("#~", "#|")):
                    entry.comments.append(line)
            elif match := _KEYWORD.match(line):
                name = match[1]
                entry.fields[name] = _unquoted(match[2])
            elif line.startswith('"'):
                entry.fields[name] += _unquoted(line)
        if entry.fields.get("msgid"):
            entries.append(entry)
    return entries


def extract() -> list[Entry]:
    """Collect the texts of the sources, untranslated.

    This happens in a copy, because makemessages writes helper files next to every template.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in SOURCES:
            shutil.copytree(ROOT / source, copy / source, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "locale").mkdir()
        # Without settings makemessages works on the folder it stands in, and needs no database.
        environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        done = subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--add-location", "file", "--no-wrap"],
            cwd=copy, env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            sys.exit(done.stderr or done.stdout)
        return parse((copy / "locale/de/LC_MESSAGES/django.po").read_text(encoding="utf-8"))


def catalogue(language: str) -> Path:
    """Where the translations into ``language`` lie."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def merge(fresh: Iterable[Entry], known: Iterable[Entry], language: str) -> list[Entry]:
    """The fresh entries with the translations that are known; guesses do not count as such."""
    translations = {entry.key: entry.translations for entry in known if not entry.fuzzy}
    merged = []
    for entry in fresh:
        result = Entry(list(entry.comments), dict(entry.fields))
        old = translations.get(entry.key, {})
        if old.keys() == entry.translations.keys():
            result.fields |= old
        if not result.translated and entry.english == (language == "en"):
            result.repeat()
        merged.append(result)
    return merged


def main() -> int:
    """Bring locale/ up to date and say what is left to translate."""
    fresh = extract()
    for language in LANGUAGES:
        file = catalogue(language)
        known = parse(file.read_text(encoding="utf-8")) if file.exists() else []
        entries = merge(fresh, known, language)
        file.parent.mkdir(parents=True, exist_ok=True)
        header = HEADER.format(language=language)
        file.write_text("\n".join([header, *map(str, entries)]), encoding="utf-8")
        waiting = sum(not entry.translated for entry in entries)
        print(f"{file.relative_to(ROOT)}: {len(entries)} texts, {waiting} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
