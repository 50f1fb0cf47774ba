"""The portal's settings plus one bare page, so that both are answered by the same server."""

from wolfsburg_portal.settings import *  # noqa: F403  all of them, whatever they are
from wolfsburg_portal.settings import BASE_DIR, TEMPLATES

ROOT_URLCONF = "benchmarks.bare_urls"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "benchmarks" / "templates")
