from typing import Any, ClassVar

from django.contrib import admin

from apps.catalogue.forms import BilingualLinesField, LinesField, WordsField
from apps.catalogue.models import Fee, LifeSituation, Office, Service
from apps.core.admin import PortalAdmin, PortalInline


class FeeInline(PortalInline):
    """Fees of a service: newer ones are added, none is changed."""

    model = Fee

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Service)
class ServiceAdmin(PortalAdmin):
    list_display = ["name_de", "department", "online", "published", "easy_language_reviewed"]
    list_filter = ["department", "online"]
    search_fields = ["name_de", "name_en"]
    prepopulated_fields = {"slug": ["name_de"]}
    view_on_site = False
    inlines = [FeeInline]
    structured: ClassVar[dict[str, Any]] = {
        "requirements": BilingualLinesField, "documents": BilingualLinesField, "steps": BilingualLinesField,
        "legal_basis": LinesField, "keywords": WordsField,
    }  # fmt: skip

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Lists are edited as lines: nobody has to know how they are kept."""
        field = self.structured.get(db_field.name)
        if field is not None:
            return field(label=db_field.verbose_name, required=False)
        return super().formfield_for_dbfield(db_field, request, **options)


@admin.register(Fee)
class FeeAdmin(PortalAdmin):
    """A fee that has begun is followed by a newer one, never changed."""

    list_display = ["label_de", "service", "amount", "valid_from"]
    list_filter = ["service"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "service", "amount", "valid_from"] if obj else fixed


@admin.register(LifeSituation)
class LifeSituationAdmin(PortalAdmin):
    list_display = ["name_de", "position"]
    view_on_site = False


@admin.register(Office)
class OfficeAdmin(PortalAdmin):
    list_display = ["name_de", "street", "phone"]
