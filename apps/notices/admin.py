from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import PortalAdmin
from apps.core.business_calendar import today
from apps.notices.models import LegalRemedy


@admin.register(LegalRemedy)
class LegalRemedyAdmin(PortalAdmin):
    deletes_several = False
    list_display = ["key", "valid_from", "text"]

    def has_delete_permission(self, request: HttpRequest, obj: LegalRemedy | None = None) -> bool:
        """What notices may stand on is followed by a newer one, never deleted."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.valid_from > today())
