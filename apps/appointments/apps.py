from django.utils.translation import gettext_lazy as _

from apps.core import plugging


class AppointmentsConfig(plugging.PluggedConfig):
    name = "apps.appointments"
    verbose_name = _("Termine")
    # They plug into core's sockets, and into those of the rooms below.
    introduces = ("booking.plugs", "figures.plugs", "reception.plugs")
