"""Fields with which the office edits the sketch of the city."""

import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.fields import PlainCharField
from apps.kita.facilities.models.city import LATITUDE, LONGITUDE

MOST_CORNERS = 200


class OutlineField(PlainCharField):
    """Corners of a part of the city, one a line: „52.4205, 10.7865". None at all draws nothing."""

    def __init__(self, **options: Any) -> None:
        hint = gettext_lazy(
            "Eine Ecke je Zeile: Breite, Länge. Zum Beispiel: 52.4205, 10.7865. Mindestens drei, oder keine."
        )
        widget = forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"})
        super().__init__(**{"widget": widget, "help_text": hint, **options})

    def to_python(self, value: Any) -> Any:
        """The corners as [[latitude, longitude], …]; raises ValidationError that names the first wrong line."""
        if isinstance(value, list):
            return value
        lines = enumerate(str(super().to_python(value)).split("\n"), start=1)
        corners = [self._corner(number, line) for number, line in lines if line.strip()]
        if len(corners) > MOST_CORNERS:
            raise ValidationError(_("Ein Umriss hat höchstens %(most)d Ecken."), "too_many", {"most": MOST_CORNERS})
        if len(corners) in (1, 2):
            raise ValidationError(_("Ein Umriss hat mindestens drei Ecken."), "too_few")
        return corners

    def _corner(self, number: int, line: str) -> list[float]:
        try:
            latitude, longitude = (float(part) for part in line.split(","))
            if not (math.isfinite(latitude) and math.isfinite(longitude)):
                raise ValueError(line)
            for value, validators in ((latitude, LATITUDE), (longitude, LONGITUDE)):
                for validator in validators:
                    validator(value)
        except (ValueError, ValidationError):
            said = _("Zeile %(number)d ist keine Ecke. So geht es: 52.4205, 10.7865")
            raise ValidationError(said, "corner", {"number": number}) from None
        return [latitude, longitude]

    def prepare_value(self, value: Any) -> Any:
        """As it is shown."""
        return "\n".join(f"{a}, {b}" for a, b in value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the outline is another one."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True
