from apps.core import plugging


class ApplicationsConfig(plugging.PluggedConfig):
    name = "apps.applications"
    introduces = ("kinds", "acts", "plugs")
