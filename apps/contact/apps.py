from django.apps import AppConfig


class ContactConfig(AppConfig):
    name = "apps.contact"

    def ready(self) -> None:
        from apps.contact import acts, kinds, plugs  # noqa: F401  they register acts and the kind, and plug into sockets
