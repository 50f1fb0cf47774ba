"""Makes what tests need through the portal's own verbs, with no surprises."""

import datetime as dt
import hashlib
import io
import uuid
from functools import lru_cache
from typing import Any

import pikepdf
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from apps.accounts.models import Department, Membership, User
from apps.applications import drafts
from apps.applications import transitions as applications
from apps.applications.models import Draft
from apps.cases import consents
from apps.cases.addressee import PRINCIPALS, addressee_of
from apps.cases.models import Case, Hearing, Party, PartyContact
from apps.cases.states import PartyRole, Way
from apps.catalogue.models import Service
from apps.contact import transitions as contact
from apps.core.business_calendar import add_working_days, today
from apps.notices import transitions as notices
from apps.notices.models import Delivery, Letter, LetterDocument

PASSWORD = "ein langes Passwort 42"


def citizen(email: str, given_name: str, family_name: str) -> User:
    """A citizen with a confirmed address."""
    user = User.objects.create_user(email, PASSWORD, given_name=given_name, family_name=family_name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def staff(email: str, given_name: str, family_name: str, *roles: tuple[str, Department | None]) -> User:
    """A member of staff with roles."""
    user = citizen(email, given_name, family_name)
    user.is_staff = True
    user.save()
    for role, department in roles:
        Membership.objects.create(user=user, role=role, place=department.place if department else None)
    return user


@lru_cache(maxsize=1)
def jpeg_bytes() -> bytes:
    """A small photograph."""
    out = io.BytesIO()
    Image.new("RGB", (120, 80), "#447755").save(out, "JPEG")
    return out.getvalue()


@lru_cache(maxsize=1)
def pdf_bytes() -> bytes:
    """A PDF of one empty page."""
    out = io.BytesIO()
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(out)
    return out.getvalue()


def photo(name: str = "zulassung.jpg") -> SimpleUploadedFile:
    """An upload of a photograph."""
    return SimpleUploadedFile(name, jpeg_bytes(), "image/jpeg")


PERSON = {
    "given_name": "Aylin", "family_name": "Özdemir-Groß", "birth_date": "1988-03-14",
    "street": "Goethestraße", "house_number": "12a", "postcode": "38440", "city": "Wolfsburg", "phone": "",
}  # fmt: skip

PRIVATE = {**PERSON, "applicant_kind": "person", "country": "DE"}


def parking_answers(**changes: Any) -> dict[str, Any]:
    """Complete answers for the resident's parking permit, without the upload."""
    return {
        **PERSON, "plate": "WOB AO 123", "owner": "mine", "main_residence": True, "kind": "first",
        "valid_from": (today() + dt.timedelta(days=14)).isoformat(), "true_information": True, "remarks": "",
        **changes,
    }  # fmt: skip


def dog(name: str, **changes: Any) -> dict[str, Any]:
    """One dog as the form stores it; held since the first of this month."""
    return {
        "name": name, "breed": "Mischling", "sex": "female", "origin": "shelter", "chip": "",
        "birth_date": "2024-05-02", "since": today().replace(day=1).isoformat(), "until": None, "claim": "none", **changes,
    }  # fmt: skip


def dog_answers(*dogs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Complete answers for the declaration of dogs."""
    return {
        **PRIVATE, "joint_holding": False, "dogs_held": 0, "true_information": True,
        "remarks": "", "dogs": list(dogs) or [dog("Bruno")], **changes,
    }  # fmt: skip


def zone_answers(**changes: Any) -> dict[str, Any]:
    """Complete answers for a no-stopping zone, in ten working days."""
    day = add_working_days(today(), 10).isoformat()
    return {
        **PRIVATE, "zone_street": "Goethestraße", "zone_house_number": "1", "zone_postcode": "38440", "zone_district": "",
        "side": "in_front", "length_m": 12, "place_note": "", "first_day": day, "last_day": day, "hours": "07-18",
        "truck": "larger", "signs": "self", "remarks": "", "true_information": True, **changes,
    }  # fmt: skip


def draft(user: User, slug: str, answers: dict[str, Any]) -> Draft:
    """A draft of ``user`` with answers."""
    made = drafts.begin(Service.objects.get(slug=slug), user=user, browser="")
    made.answers = answers
    made.save()
    return made


def parking_draft(user: User, **changes: Any) -> Draft:
    """A complete draft for a parking permit, upload included."""
    made = draft(user, "bewohnerparkausweis", parking_answers(**changes))
    drafts.add_upload(made, "registration", photo(), most=1)
    return made


def parking_case(user: User, **changes: Any) -> Case:
    """A filed application for a parking permit."""
    return applications.submit(parking_draft(user, **changes), by=user, way=Way.PORTAL)


def zone_case(user: User, **changes: Any) -> Case:
    """A filed application for a no-stopping zone."""
    made = draft(user, "haltverbotszone-umzug", zone_answers(**changes))
    return applications.submit(made, by=user, way=Way.PORTAL)


def dog_case(user: User, *dogs: dict[str, Any]) -> Case:
    """A filed declaration of dogs (three of them if none are given)."""
    dogs = dogs or (dog("Bruno"), dog("Käthe"), dog("Ødin"))
    made = draft(user, "hundesteuer-anmelden", dog_answers(*dogs))
    return applications.submit(made, by=user, way=Way.PORTAL)


def letter(case: Case, **context: Any) -> Delivery:
    """A letter to the addressee that waits for its document, of a notice of its own."""
    to = addressee_of(case)
    notice = notices.create_notice(
        case, template="letter", title="Bescheid", result={"de": "Nein.", "en": "No."}, by=None,
        letters=[notices.Draft({"recipients": to.lines, **context}, to)],
    )  # fmt: skip
    return Delivery.objects.get(letter__notice=notice)


def joint_party(case: Case, account: User | None = None, **place: str) -> Party:
    """Somebody who is in the case with the applicant, elsewhere if ``place`` says so."""
    name = account.family_name if account is not None else "Yıldız"
    party = Party.objects.create(case=case, role=PartyRole.JOINT, account=account, given_name="Maria", family_name=name)
    elsewhere = {"street": "Am Markt", "house_number": "3", "postcode": "38100", "city": "Braunschweig", **place}
    PartyContact.objects.create(party=party, **elsewhere)
    return party


def agreed_to_one_letter(case: Case) -> None:
    """Everybody has signed that one letter may come for all of them."""
    for party in case.parties.filter(role__in=PRINCIPALS):
        consents.agree_to_one_letter(party, by=User.objects.order_by("pk").first(), signed=True)


def finished(letter: Letter) -> None:
    """The document of a letter is there, without having been rendered."""
    content = pdf_bytes()
    digest = hashlib.sha256(content).hexdigest()
    LetterDocument.objects.create(letter=letter, content=content, sha256=digest, pages=1)
    Letter.objects.filter(pk=letter.pk).update(status="done", sha256=digest, done_at=timezone.now())


def heard(case: Case) -> Case:
    """Whoever was merely named need not be heard any more."""
    for party in case.parties.filter(role=PartyRole.JOINT):
        by = User.objects.order_by("pk").first()
        Hearing.objects.create(party=party, opened_by=by, waived_because="Hat mit unterschrieben.")
    return case


def clerk_of(case: Case) -> User:
    """A clerk of the department of a case."""
    return staff(f"amt-{case.pk}@example.org", "Tom", "Ahrens", ("clerk", case.department))


def checked(party: Party) -> Party:
    """The office has looked up where the party lives."""
    PartyContact.objects.filter(party=party).update(checked_on=today())
    return party


def contact_of(case: Case) -> PartyContact:
    """Where the one party of a case lives."""
    return PartyContact.objects.get(party__case=case)


def letter_of(case: Case) -> Letter:
    """The one letter of the one notice of a case."""
    return Letter.objects.get(notice__case=case)


def delivery_of(case: Case) -> Delivery:
    """The one delivery of the one notice of a case."""
    return Delivery.objects.get(letter__notice__case=case)


def contact_case(**changes: Any) -> Case:
    """A message to #WolfsburgDigital."""
    values: dict[str, Any] = {
        "given_name": "Marlene", "family_name": "Schäfer", "email": "marlene@example.org",
        "concern": "Gibt es im Rathaus bald freies WLAN?", "submission_key": uuid.uuid4(), "language": "de",
    }  # fmt: skip
    return contact.receive(**(values | changes))
