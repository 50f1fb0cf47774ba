"""The office keeps facilities, groups, places and the sketch of the city here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.catalogue.forms import LinesField, WordsField
from apps.core.admin import PortalAdmin, PortalInline
from apps.core.fields import PhoneField, PostcodeField
from apps.kita.facilities.editing import OutlineField
from apps.kita.facilities.models import (
    Capacity,
    CareTime,
    Carrier,
    CarrierAgreement,
    Concept,
    District,
    Facility,
    Group,
    Landmark,
    Vacancy,
)


class Indexed(PortalAdmin):
    """What facilities are found by has changed: their index follows. ``facilities_of`` leads from a row to them."""

    facilities_of = "facilities"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for facility in self._facilities(form.instance):
            facility.index()

    def _facilities(self, owner: Any) -> list[Facility]:
        return list(getattr(owner, self.facilities_of).order_by("pk")) if self.facilities_of else [owner]

    # Deleted one by one: those who were found by it are known only before.
    deletes_several = False

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        found_by_it = self._facilities(obj) if self.facilities_of else []
        super().delete_model(request, obj)
        for facility in found_by_it:
            facility.index()


class OnlyFollowed(PortalInline):
    """Rows that are followed by newer ones and never changed; who wrote them is kept."""

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class KeepsWho(PortalAdmin):
    """Writes into rows of its inlines who has made them."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            for name in ("recorded_by", "published_by"):
                if hasattr(row, f"{name}_id") and getattr(row, f"{name}_id") is None:
                    setattr(row, name, request.user)
        super().save_formset(request, form, formset, change)


@admin.register(District)
class DistrictAdmin(Indexed):
    list_display = ["name", "latitude", "longitude"]
    prepopulated_fields = {"slug": ["name"]}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Names of what lies in it and corners, one a line."""
        field = {"parts": LinesField, "outline": OutlineField}.get(db_field.name)
        if field is not None:
            return field(label=db_field.verbose_name, required=False)
        return super().formfield_for_dbfield(db_field, request, **options)


@admin.register(Landmark)
class LandmarkAdmin(PortalAdmin):
    list_display = ["name_de", "latitude", "longitude"]
    prepopulated_fields = {"slug": ["name_de"]}


@admin.register(Concept)
class ConceptAdmin(Indexed):
    list_display = ["name_de", "name_en"]
    prepopulated_fields = {"slug": ["name_de"]}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Words people search for, one a line."""
        if db_field.name == "words":
            return WordsField(label=db_field.verbose_name, required=False)
        return super().formfield_for_dbfield(db_field, request, **options)


class CarrierAgreementInline(OnlyFollowed):
    model = CarrierAgreement

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """An agreement can end."""
        return True


@admin.register(Carrier)
class CarrierAdmin(KeepsWho, Indexed):
    list_display = ["name", "kind", "phone"]
    list_filter = ["kind"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [CarrierAgreementInline]


class GroupInline(PortalInline):
    model = Group
    show_change_link = True


@admin.register(Facility)
class FacilityAdmin(Indexed):
    list_display = ["name", "kind", "carrier", "district", "published"]
    list_filter = ["kind", "carrier", "district", "published"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [GroupInline]
    view_on_site = False
    facilities_of = ""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Telephone numbers and postcodes as everywhere."""
        field = {"phone": PhoneField, "postcode": PostcodeField}.get(db_field.name)
        if field is not None:
            return field(label=db_field.verbose_name, required=not db_field.blank, max_length=db_field.max_length)
        return super().formfield_for_dbfield(db_field, request, **options)


class CareTimeInline(PortalInline):
    model = CareTime


class CapacityInline(OnlyFollowed):
    model = Capacity


class VacancyInline(OnlyFollowed):
    model = Vacancy


@admin.register(Group)
class GroupAdmin(KeepsWho):
    list_display = ["name", "facility", "age", "integrative"]
    list_filter = ["age", "integrative"]
    search_fields = ["name", "facility__name"]
    inlines = [CareTimeInline, CapacityInline, VacancyInline]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        """A group does not move to another Kita with all that was recorded for it."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "facility"] if obj is not None else fixed

    deletes_several = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.facility.index()

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        super().delete_model(request, obj)
        obj.facility.index()
