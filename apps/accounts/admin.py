"""People, departments and roles in the master data; what is done to a person is a verb behind a button."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import address, codes, factors, places, sessions
from apps.accounts.erasure import clear_account
from apps.accounts.forms import TOO_MUCH_MAIL, AddressForm
from apps.accounts.models import Department, Membership, Place, User
from apps.core import limits, security_log
from apps.core.admin import PortalAdmin
from apps.core.typing import ModelForm, StackedInline

SEARCH_KEY = "people_search"


class MembershipForm(ModelForm):
    """What somebody is, and where; which roles there are somewhere, the place says (``Membership.clean``)."""

    role = forms.ChoiceField(label=gettext_lazy("Rolle"))

    class Meta:
        model = Membership
        fields = ("place", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where: Any = self.fields["place"]
        where.queryset = Place.objects.select_related(*places.paths()).order_by("kind", "pk")
        where.required = False
        where.empty_label = str(places.all_kinds()[0].label)
        role: Any = self.fields["role"]
        role.choices = [
            ("", "---------"),
            *((str(kind.label), list(kind.roles.items())) for kind in places.all_kinds()),
        ]


class MembershipInline(StackedInline):
    model = Membership
    form = MembershipForm
    extra = 0


@dataclass(frozen=True)
class PersonAct:
    """Something an administrator does to a person: what the button says, and what it means."""

    key: str
    label: Any
    text: Any
    staff_only: bool = False


ACTS = (
    PersonAct(
        "sitzungen", gettext_lazy("Sitzungen beenden"),
        gettext_lazy("Die Person wird überall abgemeldet und muss sich neu anmelden."),
    ),
    PersonAct(
        "faktor", gettext_lazy("Zweiten Faktor zurücksetzen"),
        gettext_lazy("App, Passkeys und Wiederherstellungscodes werden gelöscht, alle Sitzungen enden. Die Person bekommt "
                     "eine E-Mail mit einem Link, der einmal gilt."),
        staff_only=True,
    ),
    PersonAct(
        "einladen", gettext_lazy("Link zum Einrichten schicken"),
        gettext_lazy("Die Person bekommt eine E-Mail mit einem Link, der einmal gilt. Ein früherer Link gilt nicht mehr."),
        staff_only=True,
    ),
    PersonAct(
        "adresse", gettext_lazy("E-Mail-Adresse ändern"),
        gettext_lazy("An die neue Adresse geht ein Link. Sie gilt, sobald die Person ihn bestätigt hat; die bisherige "
                     "Adresse bekommt eine Nachricht."),
    ),
)  # fmt: skip


@admin.register(User)
class UserAdmin(PortalAdmin):
    """People; a password is set by its owner, never here. Rows of superusers are changed by superusers only."""

    deletes_several = False
    list_display = ["email", "family_name", "given_name", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "family_name", "given_name"]
    fields = ["email", "given_name", "family_name", "language", "trust_level", "is_active", "is_staff", "groups"]
    ordering = ["family_name", "given_name"]
    inlines = [MembershipInline]
    change_form_template = "admin/accounts/user/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The address changes by its verb; who may do what is for superusers to say."""
        fixed = [*super().get_readonly_fields(request, obj), "trust_level"]
        if obj is not None:
            fixed.append("email")
        if not request.user.is_superuser:
            fixed += ["is_staff", "groups"]
        return fixed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has acted stays, so that it stays known who it was: they are deactivated."""
        is_known = obj is not None and LogEntry.objects.filter(user=obj).exists()
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj) and not is_known

    def _may_touch(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or not obj.is_superuser or request.user.is_superuser

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Roles open cases: superusers give them."""
        return super().get_inline_instances(request, obj) if request.user.is_superuser else []

    # -- searching: names belong into no address -------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; a search comes by POST and waits in the session."""
        if request.method == "POST" and "suche" in request.POST:
            request.session[SEARCH_KEY] = request.POST["suche"].replace("\x00", "")[:100]
            return redirect(request.path)
        return super().changelist_view(
            request, {"searched": request.session.get(SEARCH_KEY, ""), **(extra_context or {})}
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search for what was posted; what stands in the address is not looked at."""
        return super().get_search_results(request, queryset, request.session.get(SEARCH_KEY, ""))

    # -- saving ----------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Making somebody staff, or ending it, is more than a tick."""
        by: Any = request.user
        was_staff = change and User.objects.filter(pk=obj.pk, is_staff=True).exists()
        if not change:
            obj.email = obj.email.strip().lower()
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        for field in {"is_staff", "is_active", "groups"} & set(form.changed_data):
            security_log.note("role_changed", person=obj, by=by, request=request, what=field)
        if not obj.is_active:
            sessions.end_all(obj, by=by)
        if obj.is_staff and not was_staff:
            self._begins_to_work(request, obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Giving somebody who is not staff the first role is more than a row, too."""
        person = form.instance
        was_member = person.memberships.exists()
        super().save_formset(request, form, formset, change)
        if formset.model is Membership and formset.has_changed():
            security_log.note("role_changed", person=person, by=request.user, request=request, what="roles")
            if not person.is_staff and not was_member and person.memberships.exists():
                self._begins_to_work(request, person)

    def _begins_to_work(self, request: HttpRequest, person: User) -> None:
        """From now on they see the data of others: they begin anew, with a second factor."""
        by: Any = request.user
        if not person.proven:
            # Whatever a stranger may have set in an account of this address opens no desk; names are ours.
            clear_account(person, keep_names=True)
        sessions.end_all(person, by=by)
        factors.invite(person, by=by, request=request)
        messages.info(request, _("Die Person bekommt eine E-Mail mit einem Link zum Einrichten des Zugangs."))

    # -- acts ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/tun/<slug:act>/", self.admin_site.admin_view(self.act_view), name="accounts_user_act"
        )
        return [own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The person, with what may be done to them and where they are signed in."""
        extra = dict(extra_context or {})
        person = self.get_object(request, object_id)
        if person is not None and self.has_change_permission(request, person):
            extra["acts"] = self._acts_for(request, person)
            extra["open_sessions"] = sessions.open_sessions(person)
        return super().change_view(request, object_id, form_url, extra)

    def _acts_for(self, request: HttpRequest, person: User) -> list[PersonAct]:
        """What one may do to somebody. With all but ending sessions one could become them: not for oneself or colleagues."""
        shut = person.pk == request.user.pk or (person.works_here and not request.user.is_superuser)
        allowed = [a for a in ACTS if person.works_here or not a.staff_only]
        return [a for a in allowed if a.key == "sitzungen" or not shut]

    def act_view(self, request: HttpRequest, object_id: str, act: str) -> HttpResponse:
        """Ask, then do one of the acts."""
        person = self.get_object(request, object_id)
        chosen = next((a for a in ACTS if a.key == act), None)
        if person is None or chosen is None or (chosen.staff_only and not person.works_here):
            raise Http404
        if not self.has_change_permission(request, person) or chosen not in self._acts_for(request, person):
            raise PermissionDenied
        form = AddressForm(request.POST or None, user=person) if act == "adresse" else None
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                done = self._perform(request, person, act, form)
            except codes.TooMuchMail:
                (form.add_error("email", TOO_MUCH_MAIL) if form else messages.warning(request, TOO_MUCH_MAIL))
            else:
                self.log_change(request, person, [{"changed": {"name": str(chosen.label), "object": str(person.pk)}}])
                messages.success(request, done)
                return redirect("admin:accounts_user_change", person.pk)
        context = {
            **self.admin_site.each_context(request), "title": chosen.label, "act": chosen, "person": person, "form": form,
            "opts": self.opts, "back": reverse("admin:accounts_user_change", args=[person.pk]),
        }  # fmt: skip
        status = 422 if form is not None and form.errors else 200
        return render(request, "admin/accounts/user/act.html", context, status=status)

    def _perform(self, request: HttpRequest, person: User, act: str, form: Any) -> str:
        by: Any = request.user
        if act == "sitzungen":
            sessions.end_all(person, by=by, keep=request if person.pk == by.pk else None)
            return _("Alle Sitzungen der Person sind beendet.")
        recipient = form.cleaned_data["email"] if form else person.email
        if not limits.may_mail(request, recipient, known_device=f"by-{by.pk}"):
            raise codes.TooMuchMail
        if act == "faktor":
            factors.reset(person, by=by, request=request)
            return _("Der zweite Faktor ist zurückgesetzt. Der Link ist unterwegs.")
        if act == "einladen":
            factors.invite(person, by=by, request=request)
            return _("Der Link ist unterwegs.")
        address.send_link(person, form.cleaned_data["email"], by=by, request=request)
        return _("Der Link ist unterwegs. Bis zur Bestätigung gilt die bisherige Adresse.")


@admin.register(Department)
class DepartmentAdmin(PortalAdmin):
    deletes_several = False
    list_display = ["name_de", "abbreviation", "phone"]
    prepopulated_fields = {"slug": ["name_de"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not the one that messages go to."""
        is_needed = obj is not None and obj.slug == settings.CONTACT_DEPARTMENT
        return super().has_delete_permission(request, obj) and not is_needed
