"""Static files that come from npm packages: exactly those named in settings, nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage


class NodePackageStorage(FileSystemStorage):
    """Reads ``settings.NODE_PACKAGE_FILES``: a static name stands for a file in node_modules."""

    def path(self, name: str) -> str:
        return str(Path(settings.NODE_MODULES) / settings.NODE_PACKAGE_FILES[name])


class NodePackageFinder(BaseFinder):
    """Lets collectstatic and runserver find the files named in ``NODE_PACKAGE_FILES``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = NodePackageStorage(location=str(settings.NODE_MODULES))

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in settings.NODE_PACKAGE_FILES:
            return []
        found = self.storage.path(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        for name in settings.NODE_PACKAGE_FILES:
            yield name, self.storage
