from apps.core import plugging


class AccountsConfig(plugging.PluggedConfig):
    name = "apps.accounts"
    # The last notes what packages announce in the security log.
    introduces = ("plugs", "security_events")
