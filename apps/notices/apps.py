from apps.core import plugging


class NoticesConfig(plugging.PluggedConfig):
    name = "apps.notices"
    introduces = ("acts", "checks", "plugs", "reconciliation")
