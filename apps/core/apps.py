from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        from apps.core import checks, plugs  # noqa: F401  register checks, plug retention rules and sweeps in
