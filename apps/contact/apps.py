from apps.core import plugging


class ContactConfig(plugging.PluggedConfig):
    name = "apps.contact"
    introduces = ("kinds", "acts", "plugs")
