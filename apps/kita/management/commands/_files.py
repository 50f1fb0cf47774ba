"""What the commands of the matching share: reading files, and saying what is wrong with them."""

from pathlib import Path

from django.core.management.base import CommandError

from apps.kita.allocation.formats import BadInstance, Document, instance_from, read_json

BAD = 2


def read(file: str) -> object:
    """The parsed JSON of a file. Raises CommandError (exit 2) where there is none, Unwieldy for JSON of no use."""
    try:
        return read_json(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        if isinstance(error, BadInstance):
            raise
        why = error.strerror if isinstance(error, OSError) else None
        said = f"{file} cannot be read: {why}." if why else f"{file} holds no JSON: {error}."
        raise CommandError(said, returncode=BAD) from error


def read_instance(file: str) -> Document:
    """The instance in a file. Raises CommandError (exit 2) with a sentence that names the place where it is bad."""
    try:
        document = read(file)
        instance_from(document)
    except BadInstance as error:
        raise CommandError(f"{file} is no instance. {error}", returncode=BAD) from error
    return document  # type: ignore[return-value]  # it has been read as one
