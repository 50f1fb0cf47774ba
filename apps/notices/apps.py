from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "apps.notices"

    def ready(self) -> None:
        from apps.notices import plugs  # noqa: F401  plugs into cases' and core's sockets
