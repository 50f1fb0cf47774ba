from apps.core import plugging


class CasesConfig(plugging.PluggedConfig):
    name = "apps.cases"
    introduces = ("acts_on_parties", "citizen_acts", "plugs", "proposals", "staff_acts")
