"""Who is there, which number was called where, and who serves."""

import uuid

from django.core import signing
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.appointments.booking.models import Booking
from apps.appointments.reception.states import AT_COUNTER, Source, TicketStatus
from apps.appointments.timetable.models import BookableService, Counter, OpeningRule
from apps.catalogue.models import Office

TICKET_SALT = "appointments.ticket"


class TicketQuerySet(models.QuerySet["Ticket"]):
    def today_at(self, office: Office) -> "TicketQuerySet":
        """The numbers of one office today."""
        return self.filter(office=office, day=timezone.localdate())

    def waiting(self) -> "TicketQuerySet":
        """Not called yet, the longest due first."""
        return self.filter(status=TicketStatus.WAITING).order_by("due_at", "number")

    def servable_at(self, counter: Counter) -> "TicketQuerySet":
        """Those that the counter may call: it can do all of it, and nobody else was asked to."""
        beyond = self.model.services.through.objects.filter(ticket=OuterRef("pk")).exclude(
            bookableservice__in=counter.services.all()
        )
        # Where nobody sits any more nobody waits for: whoever was handed there is anybody's again.
        there = Shift.objects.filter(counter=OuterRef("for_counter"), ended_at=None)
        meant = Q(for_counter=None) | Q(for_counter=counter) | ~Exists(there)
        return self.filter(meant).exclude(Exists(beyond))


class Ticket(models.Model):
    """A number for somebody who is there: with an appointment, or without. It knows no name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="tickets")
    # The day in Wolfsburg.
    day = models.DateField()
    number = models.PositiveSmallIntegerField()
    booking = models.OneToOneField(Booking, on_delete=models.SET_NULL, null=True, blank=True, related_name="ticket")
    with_booking = models.BooleanField(default=False)
    # The walk-in opening whose quota it is of, and the place in it.
    rule = models.ForeignKey(OpeningRule, on_delete=models.SET_NULL, null=True, blank=True, related_name="drawn")
    place = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    services = models.ManyToManyField(BookableService, related_name="tickets")
    persons = models.PositiveSmallIntegerField(default=1)
    # How long it will take, by the rules.
    minutes = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=TicketStatus.choices, default=TicketStatus.WAITING)
    # Whose turn it is: the time of the appointment, or when the number was drawn.
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    # Handed over to this counter.
    for_counter = models.ForeignKey(Counter, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    counter = models.ForeignKey(Counter, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    calls = models.PositiveSmallIntegerField(default=0)
    first_called_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("Wartenummer")
        verbose_name_plural = _("Wartenummern")
        ordering = ["day", "number"]
        constraints = [
            models.UniqueConstraint(fields=["office", "day", "number"], name="ticket_number_unique"),
            # The quota of an opening: as many places as it has, each given once.
            models.UniqueConstraint(fields=["rule", "day", "place"], name="ticket_place_unique"),
            models.UniqueConstraint(
                fields=["counter"], condition=Q(status__in=AT_COUNTER), name="ticket_one_at_a_counter"
            ),
            models.CheckConstraint(condition=Q(status__in=TicketStatus.values), name="ticket_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=AT_COUNTER) | Q(counter__isnull=False, called_at__isnull=False),
                name="ticket_called_to_a_counter",
            ),
        ]
        indexes = [models.Index(fields=["office", "day", "status"], name="ticket_queue_idx")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What is called out: T with an appointment (Termin), W without (Wartenummer)."""
        return f"{'T' if self.with_booking else 'W'} {self.number:02d}"

    @property
    def waited(self) -> int:
        """Whole minutes since it was drawn."""
        return int((timezone.now() - self.created_at).total_seconds() // 60)

    @property
    def is_open(self) -> bool:
        """Still waiting or at a counter."""
        return self.status in (TicketStatus.WAITING, *AT_COUNTER)

    def get_absolute_url(self) -> str:
        """The page of whoever drew it."""
        return reverse("appointments:ticket", args=[signing.dumps(str(self.pk), salt=TICKET_SALT)])


class Shift(models.Model):
    """Somebody sits at a counter. Kept for days only: it is about what an employee did."""

    counter = models.ForeignKey(Counter, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shifts")
    began_at = models.DateTimeField(default=timezone.now)
    break_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Schicht")
        verbose_name_plural = _("Schichten")
        constraints = [
            models.UniqueConstraint(fields=["counter"], condition=Q(ended_at=None), name="shift_one_at_a_counter"),
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="shift_one_for_a_person"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")), name="shift_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return str(self.counter)
