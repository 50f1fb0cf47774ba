"""The API."""

from wolfsburg_portal.settings.place import env

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.guards.NetworkThrottle"],
    "DEFAULT_THROTTLE_RATES": {"anon": env.str("API_RATE", default="120/minute")},
    "DEFAULT_PARSER_CLASSES": ["apps.api.guards.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stadt Wolfsburg: Dienstleistungen und Termine",
    "DESCRIPTION": "Leistungen der Stadt lesen; Termine suchen, halten, bestätigen und absagen.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "apps.api.schema.name_refusals"],
}
