from django.contrib import admin

from apps.core.admin import PortalAdmin
from apps.core.widgets import NATIVE_PICKERS
from apps.notices.models import LegalRemedy


@admin.register(LegalRemedy)
class LegalRemedyAdmin(PortalAdmin):
    list_display = ["key", "valid_from", "text"]
    formfield_overrides = NATIVE_PICKERS
