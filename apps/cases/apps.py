from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.cases"

    def ready(self) -> None:
        from apps.cases import kinds, staff_acts  # noqa: F401  plug into core's sockets, register acts
