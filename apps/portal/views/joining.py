"""How somebody comes to a case that others have filed."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.kept import login_required
from apps.cases import parties
from apps.core import limits
from apps.core.fields import PlainCharField
from apps.core.references import normalise as normalise_reference


class JoinForm(forms.Form):
    """The code of a letter, and the case it is for."""

    reference = PlainCharField(
        label=gettext_lazy("Vorgangsnummer"), max_length=20,
        help_text=gettext_lazy("Sie steht oben im Brief. Beispiel: K7M-3QF-9XA"),
        widget=forms.TextInput(attrs={"data-width": "20", "autocapitalize": "characters"}),
        error_messages={"required": gettext_lazy("Die Vorgangsnummer fehlt.")},
    )  # fmt: skip
    code = PlainCharField(
        label=gettext_lazy("Zugangscode"), max_length=40,
        help_text=gettext_lazy("Zwölf Zeichen aus dem Brief. Beispiel: ABCD-EFGH-JKLM"),
        widget=forms.TextInput(attrs={"data-width": "20", "autocapitalize": "characters", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Der Zugangscode fehlt.")},
    )  # fmt: skip


CODES_PER_HOUR = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Connect one's account with a case that somebody else has filed, by the code of a letter."""
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not limits.within("join", str(request.user.pk), limit=CODES_PER_HOUR, seconds=3600):
            return render(request, "errors/429.html", status=429)
        reference = normalise_reference(form.cleaned_data["reference"]) or ""
        found = parties.join(reference, form.cleaned_data["code"], by=request.user)
        if found is not None:
            messages.success(request, _("Ihr Konto ist mit dem Vorgang verbunden."))
            return redirect(found.get_absolute_url())
        form.add_error(
            "code",
            _(
                "Vorgangsnummer und Code passen nicht zusammen, oder der Code gilt nicht mehr. Nach fünf falschen Eingaben brauchen Sie einen neuen Brief."
            ),
        )
    return render(request, "portal/join.html", {"form": form}, status=422 if form.errors else 200)
