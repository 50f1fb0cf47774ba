from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppointmentsConfig(AppConfig):
    name = "apps.appointments"
    verbose_name = _("Termine")

    def ready(self) -> None:
        # They plug into core's sockets, and into those of the rooms below.
        from apps.appointments.booking import plugs as _booking  # noqa: F401
        from apps.appointments.figures import plugs as _figures  # noqa: F401
        from apps.appointments.reception import plugs as _reception  # noqa: F401
