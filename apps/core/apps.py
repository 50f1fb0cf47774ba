from apps.core import plugging


class CoreConfig(plugging.PluggedConfig):
    name = "apps.core"
    introduces = ("checks", "plugs")
