from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppointmentsConfig(AppConfig):
    name = "apps.appointments"
    verbose_name = _("Termine")

    def ready(self) -> None:
        from apps.appointments import kinds  # noqa: F401  plugs into core's sockets
