from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        from apps.core import kinds  # noqa: F401  plugs core's own retention rules and sweeps in
