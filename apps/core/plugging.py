"""How an app introduces itself once all models are there."""

from importlib import import_module

from django.apps import AppConfig


class PluggedConfig(AppConfig):
    """An app with modules that register or plug in something when they are imported.

    Named by its module in ``apps.py``: of two classes there Django would take neither.
    """

    # Their names, relative to the app, in the order in which they are imported.
    introduces: tuple[str, ...] = ("plugs",)

    def ready(self) -> None:
        for module in self.introduces:
            import_module(f"{self.name}.{module}")
