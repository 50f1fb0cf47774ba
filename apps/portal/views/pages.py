"""Pages that are the same for everybody: home, legal pages, what machines ask for."""

import datetime as dt
import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.catalogue.models import LifeSituation, Service
from apps.core.pages import kept_for_visitors
from apps.core.sockets import home_doors


@require_safe
@kept_for_visitors("catalogue")
def home(request: HttpRequest) -> HttpResponse:
    """The home page: search, life situations, what is asked for most, the doors."""
    context = {
        "situations": LifeSituation.objects.annotate(
            count=Count("services", filter=Q(services__published=True))
        ).order_by("position"),
        "popular": Service.objects.published().filter(popular=True),
        "online": Service.objects.published().filter(online="form"),
        "doors": [door for plugged in home_doors for door in plugged(request)],
    }
    return render(request, "portal/home.html", context)


TITLES = {
    "imprint": gettext_lazy("Impressum"),
    "privacy": gettext_lazy("Datenschutz"),
    "accessibility": gettext_lazy("Erklärung zur Barrierefreiheit"),
    "easy": gettext_lazy("Leichte Sprache"),
}


@require_safe
def legal(request: HttpRequest, page: str) -> HttpResponse:
    """A legal page; its text lies in a template per language."""
    language = "en" if translation.get_language() == "en" else "de"
    context = {"title": TITLES[page], "text": f"portal/legal/{page}.{language}.html"}
    return render(request, "portal/legal.html", context)


@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """The demo's mailbox: e-mails that would have gone out. Only where DEMO is on."""
    if not settings.DEMO:
        raise Http404
    folder = Path(settings.EMAIL_DEMO_DIR)
    files = sorted(folder.glob("*.log"), key=lambda f: f.stat().st_mtime, reverse=True)[:50]
    return render(request, "portal/demo_mail.html", {"mails": [mail for f in files for mail in _read_mails(f)]})


def _read_mails(file: Path) -> list[dict[str, str]]:
    """The newest first; Django writes several into one file when they go out in the same second."""
    return [_read_mail(text) for text in reversed(file.read_bytes().split(b"\n" + b"-" * 79 + b"\n")) if text]


def _read_mail(text: bytes) -> dict[str, str]:
    message = email.message_from_bytes(text, policy=email.policy.default)
    body = message.get_body(preferencelist=("plain",))
    content = body.get_content() if body is not None else ""
    return {
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "date": str(message["Date"]),
        "body": content,
    }


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this name where a page names no icon, e.g. beside a PDF."""
    return redirect(static("img/favicon.svg"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read."""
    lines = ["User-agent: *"]
    paths = ("/mein-bereich/", "/konto/", "/verwaltung/", "/antraege/", "/bescheide/")
    lines += [f"Disallow: {path}" for path in paths]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """How to report a hole (RFC 9116)."""
    expires = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=180)
    lines = [
        f"Contact: {settings.SITE_URL}/kontakt/",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: de, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
