"""Appointments for machines: what can be booked, free times, hold, confirm, cancel.

The rules are those of the pages: a time is held for ten minutes, confirmed by the mailed code, and cancelled with the
token that only the confirmation gives out.
"""

import datetime as dt
import json
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.guards import ShortListField
from apps.appointments.booking import holding, proof, transitions
from apps.appointments.booking.forms import MOST_SERVICES
from apps.appointments.booking.limits import may_hold, may_mail
from apps.appointments.booking.models import LONGEST_DAYS, Booking
from apps.appointments.booking.states import BookedBy, BookingStatus
from apps.appointments.timetable import availability
from apps.appointments.timetable.models import BookableService
from apps.catalogue.models import Office
from apps.core.business_calendar import today
from apps.core.fields import demand_readable
from apps.core.limits import client_key
from apps.core.mail_addresses import NoDomain, canonical
from apps.core.text import one_line
from apps.core.transitions import TransitionError

HOLD_SALT = "appointments.api.hold"
MOST_DAYS = 62
NEAREST = 6


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong, in a sentence."""

    detail = serializers.CharField()


class BookableSerializer(serializers.Serializer[Any]):
    """A service and how long a visit takes."""

    slug = serializers.CharField(source="service.slug")
    name_de = serializers.CharField(source="service.name_de")
    name_en = serializers.CharField(source="service.name_en")
    minutes = serializers.IntegerField()
    minutes_per_further_person = serializers.IntegerField()
    max_persons = serializers.IntegerField()


class SlotSerializer(serializers.Serializer[Any]):
    """A free beginning at an office."""

    office = serializers.CharField()
    starts_at = serializers.DateTimeField()


class SlotsSerializer(serializers.Serializer[Any]):
    minutes = serializers.IntegerField()
    slots = SlotSerializer(many=True)


class PlainCharField(serializers.CharField):
    """A line of text as the pages take it."""

    def to_internal_value(self, data: Any) -> str:
        typed = super().to_internal_value(data)
        demand_readable(typed)
        return one_line(typed)


class MailAddressField(serializers.EmailField):
    """An address as the pages take it, in its one spelling."""

    def to_internal_value(self, data: Any) -> str:
        """The address; raises ValidationError where it can have no domain."""
        try:
            return canonical(super().to_internal_value(data))
        except NoDomain:
            self.fail("invalid")


class VisitSerializer(serializers.Serializer[Any]):
    """What for and how many people."""

    services = ShortListField(child=serializers.SlugField(), min_length=1, max_length=MOST_SERVICES)
    persons = serializers.IntegerField(min_value=1, max_value=20, default=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        known = availability.kept_rules().services
        if any(slug not in known for slug in attrs["services"]):
            known = availability.rules().services
        unknown = [slug for slug in attrs["services"] if slug not in known]
        if unknown:
            raise serializers.ValidationError({"services": [f"unknown or not bookable: {', '.join(unknown)}"]})
        attrs["services"] = [known[slug] for slug in dict.fromkeys(attrs["services"])]
        most = min(b.max_persons for b in attrs["services"])
        if attrs["persons"] > most:
            raise serializers.ValidationError({"persons": [f"at most {most} for these services"]})
        return attrs


def known_office(slug: str) -> Office:
    """An office that takes appointments, by its slug; raises ValidationError."""
    office = availability.kept_rules().offices.get(slug) or availability.rules().offices.get(slug)
    if office is None:
        raise serializers.ValidationError("unknown or without appointments")
    return office


class SlotQuerySerializer(VisitSerializer):
    """The query of ``slots``."""

    offices = ShortListField(child=serializers.SlugField(), required=False, max_length=20)
    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)

    def validate_offices(self, value: list[str]) -> list[Office]:
        return [known_office(slug) for slug in value]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        # As far as anybody can look ahead; beyond, there is nothing.
        first = min(max(attrs.get("first") or today(), today()), today() + dt.timedelta(days=LONGEST_DAYS))
        last = attrs.get("last") or first + dt.timedelta(days=7)
        attrs["first"], attrs["last"] = first, min(last, first + dt.timedelta(days=MOST_DAYS))
        return attrs


class HoldSerializer(VisitSerializer):
    """A request for a time."""

    office = serializers.SlugField()
    starts_at = serializers.DateTimeField()
    language = serializers.ChoiceField(choices=["de", "en"], default="de")
    altcha = serializers.CharField(
        required=False, max_length=5000, help_text="The solved challenge of an answer 428 (ALTCHA, base64)."
    )

    def validate_office(self, value: str) -> Office:
        return known_office(value)


class HeldSerializer(serializers.Serializer[Any]):
    """A time that is held until ``expires_at``."""

    token = serializers.CharField()
    reference = serializers.CharField()
    office = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class TakenSerializer(ProblemSerializer):
    """The time is not free; ``nearest`` are those that are."""

    nearest = SlotSerializer(many=True)


class ProofSerializer(ProblemSerializer):
    """Traffic looks odd: the same request again with ``altcha``, the solved challenge."""

    challenge = serializers.JSONField()


class ConfirmSerializer(serializers.Serializer[Any]):
    """First name and e-mail address, then the mailed code."""

    name = PlainCharField(max_length=240, required=False)
    email = MailAddressField(max_length=254, required=False)
    phone = PlainCharField(max_length=40, required=False, allow_blank=True, default="")
    code = PlainCharField(max_length=20, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("code") and not (attrs.get("name") and attrs.get("email")):
            raise serializers.ValidationError({"name": ["name and email first, then code"]})
        return attrs


class ConfirmationSerializer(serializers.Serializer[Any]):
    """``reserved``: the code is on its way; ``confirmed``: the time is theirs, ``token`` cancels it."""

    status = serializers.ChoiceField(choices=["reserved", "confirmed"])
    reference = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    token = serializers.CharField(allow_null=True)


def problem(detail: str, code: int, **more: Any) -> Response:
    """An answer that says what went wrong."""
    return Response({"detail": detail, **more}, status=code)


class Services(APIView):
    """``GET /api/v1/appointments/services``."""

    @extend_schema(responses=BookableSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What can be booked."""
        return Response(BookableSerializer(availability.rules().services.values(), many=True).data)


class Slots(APIView):
    """``GET /api/v1/appointments/slots``."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "service", OpenApiTypes.STR, many=True, required=True, description="slugs; minutes add up"
            ),
            OpenApiParameter("persons", OpenApiTypes.INT),
            OpenApiParameter("office", OpenApiTypes.STR, many=True, description="slugs; all offices without"),
            OpenApiParameter("from", OpenApiTypes.DATE),
            OpenApiParameter("to", OpenApiTypes.DATE, description=f"at most {MOST_DAYS} days later"),
        ],
        responses={200: SlotsSerializer},
    )
    def get(self, request: Request) -> Response:
        """Free times."""
        known = availability.rules()
        given = request.query_params
        data: dict[str, Any] = {"services": given.getlist("service")}
        data |= {
            ours: given[theirs]
            for theirs, ours in (("persons", "persons"), ("from", "first"), ("to", "last"))
            if theirs in given
        }
        if "office" in given:
            data["offices"] = given.getlist("office")
        query = SlotQuerySerializer(data=data)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        visit = availability.visit_of(asked["services"], asked["persons"])
        offices = asked.get("offices") or list(known.offices.values())
        return Response({"minutes": visit.minutes, "slots": _free(offices, visit, asked["first"], asked["last"])})


def _free(offices: list[Office], visit: availability.Visit, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    names = {o.pk: o.slug for o in offices}
    read = availability.office_days(list(names), first, last, audience="public", now=timezone.now(), shown=True)
    days = availability.slots(read, visit)
    return [{"office": names[s.office], "starts_at": s.starts_at} for slots in days.values() for s in slots]


class Holds(APIView):
    """``POST /api/v1/appointments/holds``."""

    @extend_schema(
        request=HoldSerializer,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
                description="The same key holds the same time once, however often the request is sent.",
            )
        ],
        responses={201: HeldSerializer, 409: TakenSerializer, 428: ProofSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Hold a time for ten minutes."""
        asked = HoldSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        key = holding.request_key(
            request.headers.get("Idempotency-Key", ""),
            client=client_key(request._request),
            body=json.dumps({**asked.initial_data, "altcha": None}, sort_keys=True, default=str),
        )
        known = Booking.objects.filter(request_key=key).first() if key else None
        if known is None and not may_hold(request._request):
            return problem("too many holds from this address", status.HTTP_429_TOO_MANY_REQUESTS)
        if known is None and proof.odd(request._request) and not proof.holds(data.get("altcha", "")):
            return problem("proof of work needed", status.HTTP_428_PRECONDITION_REQUIRED, challenge=proof.challenge())
        try:
            booking = known or holding.hold(
                office=data["office"], services=data["services"], persons=data["persons"],
                starts_at=data["starts_at"], booked_by=BookedBy.API, language=data["language"], key=key,
            )  # fmt: skip
        except (holding.Full, holding.NotOffered) as error:
            return problem(
                "taken" if isinstance(error, holding.Full) else "not offered", status.HTTP_409_CONFLICT,
                nearest=_nearest(data["office"], data["services"], data["persons"], data["starts_at"]),
            )  # fmt: skip
        return Response(_held(booking, data["office"]), status=status.HTTP_201_CREATED)


def _nearest(
    office: Office, services: list[BookableService], persons: int, wanted: dt.datetime
) -> list[dict[str, Any]]:
    if abs(wanted - timezone.now()) > dt.timedelta(days=400):
        wanted = timezone.now()
    day = timezone.localdate(wanted)
    visit = availability.visit_of(services, persons)
    first = max(day - dt.timedelta(days=3), today())
    found = _free([office], visit, first, max(day, first) + dt.timedelta(days=7))
    nearest = sorted(found, key=lambda s: abs((s["starts_at"] - wanted).total_seconds()))[:NEAREST]
    return sorted(nearest, key=lambda s: s["starts_at"])


def _held(booking: Booking, office: Office) -> dict[str, Any]:
    return {
        "token": signing.dumps(str(booking.pk), salt=HOLD_SALT), "reference": booking.reference,
        "office": office.slug, "starts_at": booking.starts_at, "ends_at": booking.ends_at,
        "expires_at": booking.expires_at or booking.starts_at,
    }  # fmt: skip


class Confirm(APIView):
    """``POST /api/v1/appointments/holds/{token}/confirm``."""

    @extend_schema(
        request=ConfirmSerializer,
        responses={
            200: ConfirmationSerializer, 202: ConfirmationSerializer, 404: ProblemSerializer, 410: ProblemSerializer,
        },
    )  # fmt: skip
    def post(self, request: Request, token: str) -> Response:
        """Leave name and address (202: a code is mailed), then send the code (200)."""
        booking = _behind(token)
        if booking is None:
            return problem("no such hold", status.HTTP_404_NOT_FOUND)
        asked = ConfirmSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        if booking.status != BookingStatus.CONFIRMED and not booking.is_live:
            return problem("the time has lapsed", status.HTTP_410_GONE)
        try:
            if booking.status == BookingStatus.HELD:
                return self._reserve(request._request, booking, data)
            if not data.get("code"):
                return Response(_confirmation(booking) | {"token": None}, status=status.HTTP_202_ACCEPTED)
            # The right code again gets the same answer; without it nobody learns the token.
            transitions.check_code(booking, data["code"])
            if booking.status == BookingStatus.RESERVED:
                transitions.confirm(booking)
        except transitions.WrongCode as wrong:
            raise serializers.ValidationError({"code": [f"does not fit, {wrong.left} tries left"]}) from wrong
        except transitions.TooMany as error:
            raise serializers.ValidationError({"email": ["too many appointments ahead"]}) from error
        except TransitionError:
            return problem("the time has lapsed", status.HTTP_410_GONE)
        return Response(_confirmation(booking))

    def _reserve(self, request: HttpRequest, booking: Booking, data: dict[str, Any]) -> Response:
        if not (data.get("name") and data.get("email")):
            raise serializers.ValidationError({"name": ["name and email first, then code"]})
        if not may_mail(request, data["email"]):
            return problem("too much mail to this address today", status.HTTP_429_TOO_MANY_REQUESTS)
        transitions.reserve(booking, name=data["name"], email=data["email"], phone=data["phone"])
        return Response(_confirmation(booking), status=status.HTTP_202_ACCEPTED)


def _behind(token: str) -> Booking | None:
    try:
        pk = signing.loads(token, salt=HOLD_SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return None
    return Booking.objects.filter(pk=pk).first()


def _confirmation(booking: Booking) -> dict[str, Any]:
    stands = booking.status == BookingStatus.CONFIRMED
    return {
        "status": "confirmed" if stands else "reserved", "reference": booking.reference,
        "expires_at": booking.expires_at, "token": transitions.manage_token(booking) if stands else None,
    }  # fmt: skip


class OneBooking(APIView):
    """``DELETE /api/v1/appointments/bookings/{token}``."""

    @extend_schema(responses={204: None, 404: ProblemSerializer, 409: ProblemSerializer})
    def delete(self, request: Request, token: str) -> Response:
        """Cancel."""
        booking = transitions.booking_for_token(token)
        if booking is None:
            return problem("no such booking", status.HTTP_404_NOT_FOUND)
        try:
            transitions.cancel(booking)
        except TransitionError:
            return problem("this booking does not stand any more", status.HTTP_409_CONFLICT)
        return Response(status=status.HTTP_204_NO_CONTENT)
