"""The office keeps rounds and criteria here."""

from typing import Any

from django.contrib import admin

from apps.core.admin import PortalAdmin
from apps.core.business_calendar import today
from apps.kita.rules.models import Criterion, Round


@admin.register(Round)
class RoundAdmin(PortalAdmin):
    list_display = ["__str__", "registration_until", "evidence_until", "allocation_on"]


@admin.register(Criterion)
class CriterionAdmin(PortalAdmin):
    """A version that is there is followed by a newer one and never changed."""

    list_display = ["key", "name_de", "points", "valid_from", "resolution"]
    deletes_several = False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """A version that has not begun yet may be a slip."""
        return obj is not None and obj.valid_from > today() and super().has_delete_permission(request, obj)
