"""The times that are taken, who waits for one that others give back, and who was asked to come."""

import uuid
from urllib.parse import urlencode

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.core import signing
from django.db import models
from django.db.models import F, Func, Prefetch, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.appointments.booking.states import (
    ACTIVE,
    CONFIRMABLE,
    LAPSING,
    MAKING_WAY,
    BookedBy,
    BookingStatus,
    CancelledBy,
    WishStatus,
)
from apps.appointments.timetable.models import BookableService, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.cases.models import Case
from apps.catalogue.models import Office
from apps.core.references import new_reference

WISH_SALT = "appointments.wish"
# The longest horizon there is.
LONGEST_DAYS = 400


class BookingQuerySet(models.QuerySet["Booking"]):
    def lapsed(self) -> "BookingQuerySet":
        """What makes way, since its time is over."""
        return self.filter(status__in=MAKING_WAY, expires_at__lte=timezone.now())

    def of(self, user: Viewer) -> "BookingQuerySet":
        """The bookings of an account."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def worked_by(self, user: User) -> "BookingQuerySet":
        """Bookings at the offices that somebody serves, with office and services; never lapsed or resting ones."""
        served = OfficePolicy.objects.worked_by(user).values("office")
        rows = self.filter(counter__office__in=served).exclude(status__in=[BookingStatus.FREED, BookingStatus.OFFERED])
        services = BookableService.objects.select_related("service")
        return rows.select_related("counter__office").prefetch_related(Prefetch("services", queryset=services))

    def confirmed(self) -> "BookingQuerySet":
        """Bookings that stand."""
        return self.filter(status=BookingStatus.CONFIRMED)


class Booking(models.Model):
    """A time at a counter: held, reserved, confirmed, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("Terminnummer"), max_length=11, unique=True, default=new_reference, editable=False)
    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, related_name="bookings")
    # What it takes of the counter, the office's buffer included.
    during = DateTimeRangeField()
    starts_at = models.DateTimeField(_("Beginn"))
    ends_at = models.DateTimeField(_("Ende"))
    services = models.ManyToManyField(BookableService, related_name="bookings")
    persons = models.PositiveSmallIntegerField(_("Personen"), default=1)
    status = models.CharField(_("Status"), max_length=9, choices=BookingStatus.choices, default=BookingStatus.HELD)
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)
    booked_by = models.CharField(_("gebucht"), max_length=7, choices=BookedBy.choices, default=BookedBy.ONLINE)
    expires_at = models.DateTimeField(null=True, blank=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="bookings")
    name = models.CharField(_("Name"), max_length=240, blank=True)
    email = models.EmailField(_("E-Mail-Adresse"), blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    language = models.CharField(max_length=2, default="de")
    # The mailed code, hashed; it lapses with the reservation.
    code_hash = models.CharField(max_length=64, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    case = models.ForeignKey(Case, on_delete=models.SET_NULL, null=True, blank=True, related_name="bookings")
    # The sender's Idempotency-Key, hashed: the same request holds once.
    request_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    # The booking that goes when this one is certain.
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    # The wish of the waiting list that it was offered to.
    wish = models.ForeignKey("Wish", on_delete=models.SET_NULL, null=True, blank=True, related_name="offers")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=7, choices=CancelledBy.choices, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    # When a change of ours concerns somebody without e-mail, until somebody has called them.
    call_since = models.DateTimeField(null=True, blank=True)
    # Rows are also inserted by a function of the database, which knows nothing of this column.
    call_note = models.CharField(max_length=500, blank=True, default="", db_default="")
    # Why it is concerned by a change of the rules and yet served; another reason makes it concerned again.
    kept_for = models.CharField(max_length=32, blank=True, default="", db_default="")

    # Set by ``concerned``.
    concerned_for = ""

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("Termin")
        verbose_name_plural = _("Termine")
        ordering = ["starts_at", "counter"]
        constraints = [
            ExclusionConstraint(
                name="booking_counter_never_double",
                expressions=[
                    # As a range of one number, so that the constraint needs no extension.
                    (
                        Func(F("counter"), F("counter"), template="int8range(%(expressions)s, '[]')"),
                        RangeOperators.OVERLAPS,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=ACTIVE),
            ),
            models.CheckConstraint(condition=Q(status__in=BookingStatus.values), name="booking_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=LAPSING, expires_at__isnull=False) | ~Q(status__in=LAPSING) & Q(expires_at=None),
                name="booking_lapses_only_unconfirmed",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_takes_time"),
            models.CheckConstraint(
                condition=~Q(status=BookingStatus.CANCELLED) | Q(cancelled_at__isnull=False),
                name="booking_cancelled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status__in=LAPSING), name="booking_lapse_idx"),
            models.Index(fields=["starts_at", "status"], name="booking_day_idx"),
            models.Index(fields=["user", "starts_at"], name="booking_user_idx"),
            models.Index(Upper("email"), condition=Q(status=BookingStatus.CONFIRMED), name="booking_address_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {timezone.localtime(self.starts_at):%d.%m.%Y %H:%M}"

    @property
    def is_live(self) -> bool:
        """Held, reserved or offered, and not lapsed."""
        return self.status in CONFIRMABLE and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def lies_ahead(self) -> bool:
        """Confirmed and not over yet."""
        return self.status == BookingStatus.CONFIRMED and self.starts_at > timezone.now()

    @property
    def visit_query(self) -> str:
        """What is booked for how many, as pages that offer times take it: ``leistung=…&leistung=…&personen=…``."""
        services = [("leistung", chosen.service.slug) for chosen in self.services.all()]
        return urlencode([*services, ("personen", self.persons)])

    @property
    def office(self) -> Office:
        return self.counter.office

    def get_absolute_url(self) -> str:
        """The page of whoever made it in this browser or account."""
        return reverse("appointments:booking", args=[self.pk])


class WishQuerySet(models.QuerySet["Wish"]):
    def in_line(self) -> "WishQuerySet":
        """Those who wait, the first one first."""
        today = timezone.localdate()
        return self.filter(status=WishStatus.WAITING, last_day__gte=today).order_by("waiting_since", "pk")


class Wish(models.Model):
    """When somebody could come, for what, and where to write to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    services = models.ManyToManyField(BookableService, related_name="wishes")
    persons = models.PositiveSmallIntegerField(_("Personen"), default=1)
    office = models.ForeignKey(
        Office, on_delete=models.CASCADE, null=True, blank=True, related_name="wishes", verbose_name=_("Standort")
    )
    first_day = models.DateField(_("frühestens am"))
    last_day = models.DateField(_("spätestens am"))
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=OpeningRule.WEEKDAYS), verbose_name=_("Wochentage"))
    # Times of day in Wolfsburg between which the visit may begin.
    earliest = models.TimeField(_("ab"))
    latest = models.TimeField(_("bis"))
    status = models.CharField(max_length=8, choices=WishStatus.choices, default=WishStatus.NEW)
    waiting_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(_("Name"), max_length=240, blank=True)
    email = models.EmailField(_("E-Mail-Adresse"), blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    language = models.CharField(max_length=2, default="de")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="wishes")
    # An appointment that goes when an earlier one comes.
    replaces = models.ForeignKey(Booking, on_delete=models.SET_NULL, null=True, blank=True, related_name="wishes")

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name = _("Wunsch auf der Warteliste")
        verbose_name_plural = _("Warteliste")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=WishStatus.values), name="wish_status_known"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="wish_days_in_order"),
            models.CheckConstraint(condition=Q(latest__gte=F("earliest")), name="wish_hours_in_order"),
            models.CheckConstraint(
                condition=~Q(status=WishStatus.WAITING) | Q(waiting_since__isnull=False), name="wish_waits_since"
            ),
        ]
        indexes = [models.Index(fields=["waiting_since"], condition=Q(status="waiting"), name="wish_line_idx")]

    def __str__(self) -> str:
        return f"{self.first_day:%d.%m.%Y}–{self.last_day:%d.%m.%Y}"

    @property
    def waits(self) -> bool:
        """Whether a time may still come."""
        return self.status == WishStatus.WAITING and self.last_day >= timezone.localdate()

    @property
    def token(self) -> str:
        """The signed part of the link to one's wish."""
        return signing.dumps(str(self.pk), salt=WISH_SALT)

    def get_absolute_url(self) -> str:
        """The page on which one looks at the wish and ends it."""
        return reverse("appointments:wish", args=[self.token])


class Passed(models.Model):
    """A freed time was offered to a wish and not taken: it goes to the next in line, not round again."""

    wish = models.ForeignKey(Wish, on_delete=models.CASCADE, related_name="passed")
    counter = models.ForeignKey("appointments.Counter", on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wish", "counter", "starts_at"], name="passed_once")]

    def __str__(self) -> str:
        return f"{self.starts_at:%d.%m.%Y %H:%M}"


class Invitation(models.Model):
    """The city asks somebody to come for their case: to fetch what was decided, to show a document."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="invitations")
    service = models.ForeignKey(BookableService, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    # When an appointment for it was confirmed.
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "service"], name="invitation_once")]

    def __str__(self) -> str:
        return str(self.service)
