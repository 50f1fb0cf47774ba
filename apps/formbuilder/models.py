"""Form definitions as data: each version is frozen."""

import json
from collections.abc import Callable
from functools import cached_property, lru_cache
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
        slug = parse(raw).slug
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
        definition = parse(self.definition)
        for demand in (check, *definition_checks):
            demand(definition)
        super().save(*args, **kwargs)

    @cached_property
    def parsed(self) -> Definition:
        """The definition as objects."""
        return _parsed(json.dumps(self.definition, sort_keys=True))


# Far more than there are forms; whoever tries out drafts fills it.
@lru_cache(maxsize=100)
def _parsed(definition: str) -> Definition:
    """Parse what is the same once per process, whichever row or file it stands in."""
    return parse(json.loads(definition))
