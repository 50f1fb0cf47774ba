from django.contrib import admin

from apps.accounts.models import Department, StaffRole, User
from apps.core.admin import PortalAdmin
from apps.core.widgets import CHECKBOXES


class StaffRoleInline(admin.TabularInline):
    model = StaffRole
    extra = 0


@admin.register(User)
class UserAdmin(PortalAdmin):
    """People; a password is set by its owner through the reset page, never here."""

    list_display = ["email", "family_name", "given_name", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "family_name", "given_name"]
    fields = ["email", "given_name", "family_name", "language", "trust_level", "is_active", "is_staff", "groups"]
    formfield_overrides = CHECKBOXES
    readonly_fields = ["trust_level"]
    ordering = ["family_name", "given_name"]
    inlines = [StaffRoleInline]


@admin.register(Department)
class DepartmentAdmin(PortalAdmin):
    list_display = ["name_de", "abbreviation", "phone"]
    prepopulated_fields = {"slug": ["name_de"]}
