"""Form definitions as data: each version is frozen."""

import hashlib
import json
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.formbuilder.definition import Definition, check, parse

# What users of forms demand of ``extra``: takes the definition, raises DefinitionError.
definition_checks: list[Callable[[Definition], None]] = []


class FormVersionQuerySet(models.QuerySet["FormVersion"]):
    def current(self, slug: str) -> "FormVersion | None":
        """The newest version of a form."""
        return self.filter(slug=slug).order_by("-version").first()

    def publish(self, raw: Any, *, edited: bool = False) -> "FormVersion":
        """Freeze a definition as the newest version of its form; ``edited`` by a person, not from a file.

        Raises DefinitionError.
        """
        slug = check_for_publication(raw).slug
        current = self.current(slug)
        number = current.version + 1 if current is not None else 1
        return self.create(slug=slug, version=number, definition=raw, edited=edited)


class FormVersion(models.Model):
    """One version of a form; a case points at the version it was filed under."""

    slug = models.SlugField(max_length=80)
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    published_at = models.DateTimeField(default=timezone.now)
    # By a person, not from a file: no deploy puts another one in its place.
    edited = models.BooleanField(_("von Hand veröffentlicht"), default=False, db_default=False)

    objects = FormVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Formularversion")
        verbose_name_plural = _("Formularversionen")
        ordering = ["slug", "-version"]
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="form_version_unique")]
        triggers = [pgtrigger.ReadOnly(name="never_changed")]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Freeze a version; a definition that may not be published is refused.

        Raises DefinitionError. A row that exists is never written again (the database refuses).
        """
        check_for_publication(self.definition)
        super().save(*args, **kwargs)

    @cached_property
    def parsed(self) -> Definition:
        """The definition as objects."""
        return parsed(self.definition)


def check_for_publication(raw: Any) -> Definition:
    """Whether a definition may be published; raises DefinitionError naming the first thing that is wrong."""
    definition = parse(raw)
    check(definition)
    for demand in definition_checks:
        demand(definition)
    return definition


_parsed: dict[str, Definition] = {}
# Far more than there are forms; whoever tries out drafts fills it.
MOST_PARSED = 500


def parsed(raw: dict[str, Any]) -> Definition:
    """Parse what is the same once per process, whichever row or file it stands in."""
    content = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
    if content not in _parsed:
        if len(_parsed) >= MOST_PARSED:
            _parsed.clear()
        _parsed[content] = parse(raw)
    return _parsed[content]
