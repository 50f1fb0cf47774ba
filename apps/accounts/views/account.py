"""Pages around an account, besides those of allauth."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import kept
from apps.accounts.erasure import close_account
from apps.accounts.export import archive
from apps.accounts.forms import NameForm, ProfileForm
from apps.accounts.kept import login_required
from apps.accounts.models import Profile
from apps.accounts.requests import SignedInRequest
from apps.core import limits, security_log

# Each is made anew, with all files.
EXPORTS_PER_HOUR = 20


@login_required
@require_safe
def after_login(request: SignedInRequest) -> HttpResponse:
    """Where somebody lands after signing in: staff at the desk, citizens in Mein Bereich."""
    return redirect("admin:index" if request.user.is_staff else "portal:my_area")


@login_required
@require_safe
def kept_input(request: SignedInRequest) -> HttpResponse:
    """What was typed when the log-in ended, to be sent now."""
    found = kept.take(request)
    if found is None:
        return redirect("accounts:after_login")
    return render(request, "accounts/kept.html", {"kept": found})


@login_required
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """The account: profile, e-mail, password, second factor, data, closing."""
    return render(request, "accounts/overview.html")


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Name, language and what forms are prefilled with."""
    record = Profile.objects.filter(user=request.user).first() or Profile(user=request.user)
    data = request.POST if request.method == "POST" else None
    name_form = NameForm(data, instance=request.user)
    profile_form = ProfileForm(data, instance=record)
    if data is not None and name_form.is_valid() and profile_form.is_valid():
        # Only what stands in the form: the rest may have changed meanwhile.
        name_form.save(commit=False).save(update_fields=NameForm.Meta.fields)
        # Two clicks at once make one profile.
        Profile.objects.update_or_create(user=request.user, defaults=profile_form.cleaned_data)
        messages.success(request, _("Ihre Angaben sind gespeichert."))
        return redirect("accounts:overview")
    return render(
        request,
        "accounts/profile.html",
        {"name_form": name_form, "profile_form": profile_form},
        status=422 if data is not None else 200,
    )


@login_required
@require_safe
def export(request: SignedInRequest) -> HttpResponseBase:
    """Everything the portal knows of the person, files included (Art. 15 and 20 DSGVO)."""
    if not limits.within("export", str(request.user.pk), limit=EXPORTS_PER_HOUR, seconds=3600):
        return render(request, "errors/429.html", status=429)
    return FileResponse(
        archive(request.user), as_attachment=True, filename="meine-daten.zip", content_type="application/zip"
    )


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest) -> HttpResponse:
    """Ask, then close the account."""
    if request.user.works_here:
        messages.info(request, _("Konten von Beschäftigten schließt die Systemverwaltung."))
        return redirect("accounts:overview")
    if request.method == "POST":
        close_account(request.user)
        security_log.note("account_closed", person=request.user, request=request)
        logout(request)
        messages.success(request, _("Ihr Konto ist geschlossen."))
        return redirect("portal:home")
    return render(request, "accounts/delete.html")
