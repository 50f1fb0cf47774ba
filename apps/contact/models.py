"""What a message to #WolfsburgDigital adds to its case."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Case
from apps.contact.states import Topic


class Contact(models.Model):
    """The subject of a message; the words themselves are messages of the case."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="contact")
    topic = models.CharField(max_length=12, choices=Topic.choices, default=Topic.INITIATIVE)
    # The page on which somebody met a barrier: a path of this portal.
    page = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("Anfrage")
        verbose_name_plural = _("Anfragen")

    def __str__(self) -> str:
        return str(self.case)
