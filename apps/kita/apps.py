from django.utils.translation import gettext_lazy as _

from apps.core import plugging


class KitaConfig(plugging.PluggedConfig):
    name = "apps.kita"
    verbose_name = _("Kitas")
    introduces = ("facilities.plugs",)
