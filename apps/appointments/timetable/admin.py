"""Running the offices: counters, hours, closures. Bookings are not here: only the verbs change them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.appointments.timetable.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.sockets import rules_changed
from apps.core.admin import PortalAdmin
from apps.core.typing import ModelForm


class TellsWhatFollows(PortalAdmin):
    """After a change the other rooms say what follows from it."""

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> Any:
        self._tell(request)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: Any, obj: Any) -> Any:
        self._tell(request)
        return super().response_change(request, obj)

    def response_delete(self, request: Any, obj_display: str, obj_id: Any) -> Any:
        self._tell(request)
        return super().response_delete(request, obj_display, obj_id)

    def _tell(self, request: Any) -> None:
        for tell in rules_changed:
            tell(request)


@admin.register(BookableService)
class BookableServiceAdmin(TellsWhatFollows):
    list_display = ["service", "minutes", "minutes_per_further_person", "max_persons", "active"]
    list_filter = ["active"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Appointments for it may stand; it is switched off instead."""
        return False


@admin.register(OfficePolicy)
class OfficePolicyAdmin(TellsWhatFollows):
    readonly_fields = ["addresses"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Appointments there may stand; it is switched off instead."""
        return False

    list_display = ["office", "horizon_days", "lead_minutes", "buffer_minutes", "grid_minutes", "active"]

    @admin.display(description=gettext_lazy("Adressen für Geräte"))
    def addresses(self, obj: OfficePolicy) -> str:
        """Of the terminal, which is a secret, and of the display in the waiting room."""
        if obj.pk is None:
            return "–"
        return format_html(
            '<a href="{0}">{0}</a><br><a href="{1}">{1}</a>',
            settings.SITE_URL + reverse("appointments:terminal", args=[obj.terminal_key]),
            settings.SITE_URL + reverse("appointments:display", args=[obj.office.slug]),
        )


@admin.register(Counter)
class CounterAdmin(TellsWhatFollows):
    list_display = ["name", "office", "active"]
    list_filter = ["office", "active"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        """A counter with appointments does not walk to another office with them."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "office"] if obj is not None and obj.bookings.exists() else fixed


class OpeningRuleForm(ModelForm):
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
class OpeningRuleAdmin(TellsWhatFollows):
    form = OpeningRuleForm
    list_display = ["office", "opens", "closes", "audience", "valid_from", "valid_until"]
    list_filter = ["office", "audience"]


@admin.register(Closure)
class ClosureAdmin(TellsWhatFollows):
    list_display = ["office", "counter", "begins", "ends", "reason_de"]
    list_filter = ["office"]
