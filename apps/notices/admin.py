from django.contrib import admin

from apps.notices.models import LegalRemedy


@admin.register(LegalRemedy)
class LegalRemedyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["key", "valid_from", "text"]
