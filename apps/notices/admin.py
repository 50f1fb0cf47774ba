from django.contrib import admin

from apps.notices.models import LegalRemedy


@admin.register(LegalRemedy)
class LegalRemedyAdmin(admin.ModelAdmin):
    list_display = ["key", "valid_from", "text"]
