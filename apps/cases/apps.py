from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.cases"

    def ready(self) -> None:
        # They plug into core's sockets and register acts.
        from apps.cases import acts_on_parties, citizen_acts, kinds, proposals, staff_acts  # noqa: F401
