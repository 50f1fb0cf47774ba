from django.apps import AppConfig


class ContactConfig(AppConfig):
    name = "apps.contact"

    def ready(self) -> None:
        from apps.contact import kinds  # noqa: F401  registers the kind and its sockets
