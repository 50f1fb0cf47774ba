"""Form definitions as data: each version is frozen."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.formbuilder.definition import Definition, check_answers, parse

# What users of forms demand of ``extra``: takes the definition, raises DefinitionError.
definition_checks: list[Callable[[Definition], None]] = []


class FormVersionQuerySet(models.QuerySet["FormVersion"]):
    def current(self, slug: str) -> "FormVersion | None":
        """The newest version of a form."""
        return self.filter(slug=slug).order_by("-version").first()


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

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a new version; a definition that cannot be rendered is refused.

        Raises DefinitionError. A row that exists is never written again (the database refuses).
        """
        definition = parse(self.definition)
        check_answers(definition)
        for check in definition_checks:
            check(definition)
        super().save(*args, **kwargs)

    @cached_property
    def parsed(self) -> Definition:
        """The definition as objects."""
        return parsed_version(self.pk, self.definition)


_parsed: dict[int, Definition] = {}


def parsed_version(pk: int, raw: dict[str, Any]) -> Definition:
    """Parse once per process: a version never changes."""
    if pk not in _parsed:
        _parsed[pk] = parse(raw)
    return _parsed[pk]
