from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.cases"

    def ready(self) -> None:
        from apps.cases import (  # noqa: F401  they plug into core's sockets and register acts
            acts_on_parties,
            citizen_acts,
            plugs,
            proposals,
            staff_acts,
        )
