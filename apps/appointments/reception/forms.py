"""What people say who come without an appointment."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.appointments.booking.forms import VisitForm


class WalkInForm(VisitForm):
    """What for and how many, without an appointment, at one office."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        office: Any = self.fields["standort"]
        office.required, office.empty_label = True, _("Bitte wählen")
        office.error_messages["required"] = _("Bitte wählen Sie, wohin Sie kommen.")


class TerminalForm(VisitForm):
    """The same at the terminal of an office."""

    standort = None  # type: ignore[assignment]  # how Django takes a field away
