import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import ActionLocation
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core import emails
from apps.core.fields import MailAddressField, PublishedTextField
from apps.core.models import Banner, EmailStatus, OutgoingEmail, RetentionRun
from apps.core.typing import ModelAdmin, StackedInline

# The browser's own pickers: the admin's have shortcuts whose labels are not translated.
NATIVE_PICKERS: Any = {
    models.DateTimeField: {
        "form_class": forms.DateTimeField,
        "widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    },
    models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    models.TimeField: {"widget": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")},
}
# Plain check boxes instead of two list boxes that no screen reader understands.
CHECKBOXES: Any = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}


class PortalAdmin(ModelAdmin):
    """The base of all our admins: lists are filtered by what ``list_filter`` names and by nothing else.

    Django lets anybody who sees a list filter it by every column, parts of password hashes and texts of
    mails included, and so read them out letter by letter.
    """

    formfield_overrides = CHECKBOXES | NATIVE_PICKERS

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Text and addresses of e-mail are taken as everywhere."""
        if isinstance(db_field, models.EmailField):
            options["form_class"] = MailAddressField
        elif type(db_field) in (models.CharField, models.TextField) and not db_field.choices:
            options["form_class"] = PublishedTextField
        return super().formfield_for_dbfield(db_field, request, **options)

    # Whether rows may be deleted several at once, where nothing is asked of each.
    deletes_several = True

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """What can be done to several rows."""
        actions = super().get_actions(request, action_location)
        return {name: act for name, act in actions.items() if self.deletes_several or name != "delete_selected"}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keys are fixed once there is something behind them: addresses, forms and settings name them."""
        fixed = list(super().get_readonly_fields(request, obj))
        if obj is not None:
            fixed += [f.name for f in self.opts.fields if isinstance(f, models.SlugField) and f.name not in fixed]
        return fixed

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only what can still be typed."""
        fixed = self.get_readonly_fields(request, obj)
        return {name: of for name, of in super().get_prepopulated_fields(request, obj).items() if name not in fixed}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether the list may be filtered by ``lookup``."""
        named = {entry[0] if isinstance(entry, (list, tuple)) else entry for entry in self.get_list_filter(request)}
        return re.sub(r"(__(id|pk))?(__(exact|in|isnull))?$", "", lookup) in named


class PortalInline(StackedInline):
    """The base of all our inlines: the same pickers. No table, of which Django leaves a heading empty."""

    formfield_overrides = CHECKBOXES | NATIVE_PICKERS
    extra = 0


class ReadOnlyAdmin(PortalAdmin):
    """Rows that are only looked at: verbs and jobs write them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Banner)
class BannerAdmin(PortalAdmin):
    list_display = ["text_de", "level", "active", "since", "until"]


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnlyAdmin):
    list_display = ["purpose", "status", "attempts", "created_at", "sent_at", "last_error"]
    list_filter = ["status"]
    # Neither address nor words: whoever looks after delivery needs neither.
    fields = ["purpose", "status", "attempts", "last_error", "created_at", "sent_at", "next_try"]
    actions = ["try_again"]

    @admin.action(description=_("Aufgegebene noch einmal versuchen"))
    def try_again(self, request: HttpRequest, rows: Any) -> None:
        """Ring again for e-mails that were given up."""
        dead = list(rows.filter(status=EmailStatus.DEAD))
        for email in dead:
            emails.retry(email)
        self.message_user(request, _("%(count)s E-Mails werden noch einmal versucht.") % {"count": len(dead)})


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    list_display = ["at", "rule", "erased"]
