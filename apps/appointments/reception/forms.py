"""What people say who come without an appointment."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.appointments.booking.forms import VisitForm


class WalkInForm(VisitForm):
    """What for and how many, without an appointment, at one office."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["standort"].required = True
        self.fields["standort"].error_messages["required"] = _("Bitte wählen Sie, wohin Sie kommen.")
        offices: Any = self.fields["standort"]
        offices.empty_label = _("Bitte wählen")


class TerminalForm(VisitForm):
    """The same at the terminal of an office."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["standort"]
