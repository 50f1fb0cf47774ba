"""Running the offices: counters, hours, closures. Bookings are not here: only the verbs change them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _

from apps.appointments.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule
from apps.core.widgets import CHECKBOXES, NATIVE_PICKERS


@admin.register(BookableService)
class BookableServiceAdmin(admin.ModelAdmin):
    list_display = ["service", "minutes", "minutes_per_further_person", "max_persons", "active"]
    list_filter = ["active"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Appointments for it may stand; it is switched off instead."""
        return False


@admin.register(OfficePolicy)
class OfficePolicyAdmin(admin.ModelAdmin):
    list_display = ["office", "horizon_days", "lead_minutes", "buffer_minutes", "grid_minutes", "active"]


@admin.register(Counter)
class CounterAdmin(admin.ModelAdmin):
    list_display = ["name", "office", "active"]
    list_filter = ["office", "active"]
    formfield_overrides = CHECKBOXES

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        """A counter with appointments does not walk to another office with them."""
        return ["office"] if obj is not None and obj.bookings.exists() else []


class OpeningRuleForm(forms.ModelForm):
    """Weekdays as check boxes; counters have to belong to the office."""

    weekdays = forms.TypedMultipleChoiceField(
        label=OpeningRule._meta.get_field("weekdays").verbose_name,
        choices=OpeningRule.WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        office, counters = data.get("office"), data.get("counters")
        if office and counters and any(counter.office_id != office.pk for counter in counters):
            self.add_error("counters", _("Ein gewählter Platz gehört zu einem anderen Standort."))
        return data


@admin.register(OpeningRule)
class OpeningRuleAdmin(admin.ModelAdmin):
    form = OpeningRuleForm
    list_display = ["office", "opens", "closes", "audience", "valid_from", "valid_until"]
    list_filter = ["office", "audience"]
    formfield_overrides = CHECKBOXES | NATIVE_PICKERS


@admin.register(Closure)
class ClosureAdmin(admin.ModelAdmin):
    list_display = ["office", "counter", "begins", "ends", "reason_de"]
    list_filter = ["office"]
    formfield_overrides = NATIVE_PICKERS
