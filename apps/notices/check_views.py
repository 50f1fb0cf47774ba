"""The page on which anybody who holds a letter sees whether it is one of the city's."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core import limits, uploads
from apps.notices import checking
from apps.notices.forms import CheckCodeForm, CheckFileForm

# Codes that nobody has may be typed so often by one network in an hour.
WRONG_CODES_PER_HOUR = 20
# And so many files may it have compared.
FILES_PER_HOUR = 60


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Where the code of a letter is typed."""
    form = CheckCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return redirect("checks:letter", form.cleaned_data["code"])
    return render(request, "notices/check.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, code: str) -> HttpResponse:
    """What is known of the letter with a code; a file is compared and not kept."""
    networks = limits.client_networks(request)
    found = checking.letter_of(code)
    if found is None:
        if not limits.within_networks("check-code", networks, limit=WRONG_CODES_PER_HOUR, seconds=3600):
            return render(request, "errors/429.html", status=429)
        return render(request, "notices/check.html", {"form": CheckCodeForm(), "unknown": True}, status=404)
    if found.check_code != code:
        # However it was typed, files are taken only at the address that letters name.
        return redirect("checks:letter", found.check_code)
    form, finding = CheckFileForm(), None
    if request.method == "POST":
        form = CheckFileForm(request.POST, request.FILES, refused=uploads.refusal_of(request, "file"))
        if not limits.within_networks("check-file", networks, limit=FILES_PER_HOUR, seconds=3600):
            return render(request, "errors/429.html", status=429)
        if form.is_valid():
            finding = checking.look_at(found, form.cleaned_data["file"].chunks())
    context = {
        "letter": found, "replaced": checking.is_replaced(found), "form": form, "finding": finding,
    }  # fmt: skip
    return render(request, "notices/checked.html", context, status=422 if form.errors else 200)
