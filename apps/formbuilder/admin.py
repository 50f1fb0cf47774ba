from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.formbuilder.models import FormVersion


@admin.register(FormVersion)
class FormVersionAdmin(ReadOnlyAdmin):
    """Versions are frozen; a new one comes from a definition file."""

    list_display = ["slug", "version", "published_at", "edited"]
    list_filter = ["slug"]
