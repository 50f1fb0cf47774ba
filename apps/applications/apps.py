from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "apps.applications"

    def ready(self) -> None:
        from apps.applications import acts, kinds, plugs  # noqa: F401  they register acts and the kind, and plug into sockets
