"""People and cases to try the portal with; only where DEMO is on."""

import datetime as dt
import io
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from apps.accounts.models import Department, Membership, Profile, Role, User
from apps.applications import drafts
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.appointments.booking import holding
from apps.appointments.booking import transitions as appointments
from apps.appointments.timetable import availability
from apps.appointments.timetable.states import Audience
from apps.cases import transitions as cases
from apps.cases.models import Case
from apps.cases.states import Way
from apps.catalogue.models import Service
from apps.contact import transitions as contact
from apps.core.business_calendar import add_working_days, today
from apps.kita.facilities.models import Carrier, Facility
from apps.kita.facilities.states import CARRIER_STAFF, KITA_HEAD

PASSWORD = "wolfsburg-demo"
PEOPLE: list[tuple[str, str, str, list[tuple[str, str | None]]]] = [
    # address, given name, family name, roles
    ("buergerin@wolfsburg.example", "Aylin", "Özdemir-Groß", []),
    ("buerger@wolfsburg.example", "Jürgen", "O’Neill", []),
    ("sachbearbeitung@wolfsburg.example", "Karla", "Brandes",
     [(Role.CLERK, "strassenverkehr"), (Role.CLERK, "steuern"), (Role.CLERK, "digitalisierung"),
      (Role.CLERK, "buergerdienste")]),
    ("kollege@wolfsburg.example", "Piotr", "Wiśniewski",
     [(Role.CLERK, "strassenverkehr"), (Role.CLERK, "buergerdienste")]),
    ("leitung@wolfsburg.example", "Henrike", "Lüders",
     [(Role.HEAD, "strassenverkehr"), (Role.HEAD, "steuern")]),
    ("cdo@wolfsburg.example", "Samir", "Haddad", [(Role.CDO, None)]),
    ("admin@wolfsburg.example", "Redaktion", "Portal", []),
    ("kita@wolfsburg.example", "Leyla", "Aydın", []),
    ("traeger@wolfsburg.example", "Tom", "Berger", []),
]  # fmt: skip
# Whoever keeps Kitas: the Kita that one of them leads, and the carrier that the other works for.
HEAD, OF_CARRIER = ("kita@wolfsburg.example", "apfelbaum"), ("traeger@wolfsburg.example", "beispiel-wohlfahrt")


class Command(BaseCommand):
    help = "Creates the demo's people and some cases; does nothing where they exist."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo data belongs only where DEMO is on.")
        if User.objects.filter(email=PEOPLE[0][0]).exists():
            return
        call_command("load_appointments", stdout=self.stdout)
        call_command("load_kitas", examples=True, stdout=self.stdout)
        people = [self._person(*entry) for entry in PEOPLE]
        self._kitas()
        aylin, juergen, clerk = people[0], people[1], people[2]
        self._parking(aylin, "WOB AO 123")
        asked = self._parking(juergen, "WOB JN 77")
        cases.take(asked, by=clerk)
        cases.ask(asked, by=clerk, due_on=add_working_days(today(), 10),
                  body="Auf dem Foto fehlt der untere Rand. Bitte laden Sie die Zulassungsbescheinigung noch einmal hoch.")  # fmt: skip
        self._dogs(aylin)
        # One notice to be fetched here, one for the outgoing post.
        for plate, way in (("WOB ON 1", Way.PORTAL), ("WOB ON 2", Way.POST)):
            applications.decide(
                self._parking(juergen, plate, way), outcome=Status.GRANTED, reasons="", by=clerk, fee=None,
                valid_from=today(), valid_until=today() + dt.timedelta(days=364),
            )  # fmt: skip
        self._message()
        self._appointments(aylin, juergen)
        self.stdout.write(f"{len(people)} people, {Case.objects.count()} cases")

    def _kitas(self) -> None:
        """Who leads a Kita, and who works for a carrier."""
        for (address, slug), role, model in ((HEAD, KITA_HEAD, Facility), (OF_CARRIER, CARRIER_STAFF, Carrier)):
            place = model.objects.get(slug=slug).place
            Membership.objects.create(user=User.objects.get(email=address), role=role, place=place)

    def _appointments(self, *people: User) -> None:
        """One for each on the next days on which the town hall is open."""
        known = availability.rules()
        service, office = known.services["reisepass"], known.offices["rathaus-b"]
        read = availability.office_days(
            [office.pk], today(), today() + dt.timedelta(days=14), audience=Audience.PUBLIC, now=timezone.now()
        )
        days = availability.slots(read, availability.visit_of([service], 1)).values()
        for person, slots in zip(people, days, strict=False):
            booking = holding.hold(
                office=office, services=[service], persons=1, starts_at=slots[len(slots) // 3].starts_at, user=person
            )
            appointments.confirm(booking, by=person, name=person.full_name, email=person.email)

    def _person(self, address: str, given: str, family: str, roles: list[tuple[str, str | None]]) -> User:
        admin = address.startswith("admin@")
        user = User.objects.create_user(
            address, PASSWORD, given_name=given, family_name=family,
            is_staff=bool(roles) or admin, is_superuser=admin,
        )  # fmt: skip
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        for role, slug in roles:
            department = Department.objects.get(slug=slug) if slug else None
            Membership.objects.create(user=user, role=role, place=department.place if department else None)
        if not roles and not admin:
            Profile.objects.create(user=user, street="Goethestraße", house_number="12",
                                   postcode="38440", city="Wolfsburg", birth_date=dt.date(1988, 3, 14))  # fmt: skip
        return user

    def _parking(self, user: User, plate: str, way: str = Way.PORTAL) -> Case:
        draft = drafts.begin(Service.objects.get(slug="bewohnerparkausweis"), user=user, browser="")
        draft.answers |= {
            "plate": plate, "owner": "mine", "main_residence": True, "kind": "first",
            "valid_from": (today() + dt.timedelta(days=14)).isoformat(), "true_information": True,
        }  # fmt: skip
        draft.save()
        drafts.add_upload(draft, "registration", _picture(plate), most=1)
        return applications.submit(draft, by=user, way=way)

    def _dogs(self, user: User) -> Case:
        draft = drafts.begin(Service.objects.get(slug="hundesteuer-anmelden"), user=user, browser="")
        since = today().replace(day=1) - dt.timedelta(days=20)
        draft.answers |= {
            "applicant_kind": "person", "joint_holding": False, "dogs_held": 0, "true_information": True,
            "dogs": [
                {"name": "Bruno", "breed": "Labrador", "sex": "male", "origin": "breeder",
                 "birth_date": "2024-05-02", "since": since.isoformat(), "chip": "", "claim": "none"},
            ],
        }  # fmt: skip
        draft.save()
        return applications.submit(draft, by=user, way=Way.PORTAL)

    def _message(self) -> None:
        contact.receive(
            given_name="Marlene", family_name="Schäfer", email="marlene@wolfsburg.example",
            concern="Gibt es im Rathaus bald freies WLAN auch im Wartebereich? Das würde beim Warten sehr helfen.",
            submission_key=uuid.uuid4(), language="de",
        )  # fmt: skip


def _picture(plate: str) -> SimpleUploadedFile:
    """A made-up registration certificate, plainly marked as a sample."""
    image = Image.new("RGB", (900, 620), "#e9f0e4")
    pen = ImageDraw.Draw(image)
    for index, line in enumerate(("MUSTER – keine echte Urkunde", "Zulassungsbescheinigung Teil I", plate)):
        pen.text((60, 80 + 90 * index), line, fill="#23351f", font_size=36)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return SimpleUploadedFile("zulassung.jpg", out.getvalue(), "image/jpeg")
