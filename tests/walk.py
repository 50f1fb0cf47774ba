"""A walk over every address of the portal, with things that belong to Aylin and her department.

``patterns()`` finds the addresses in the URL resolver, ``World`` makes something for each of them to show,
``paths()`` joins the two. test_access.py and test_headers.py go that way with different questions.
"""

import copy
import datetime as dt
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from apps.accounts import factors
from apps.accounts.models import Department, LetterForm, LinkKind, User
from apps.applications import transitions as applications
from apps.applications.models import Draft
from apps.applications.states import Status
from apps.appointments.booking import holding, waiting_list
from apps.appointments.booking import transitions as appointments
from apps.appointments.booking.models import Booking, Wish
from apps.appointments.booking.transitions import manage_token
from apps.appointments.reception import shifts
from apps.appointments.reception.models import Ticket
from apps.appointments.timetable.models import Closure, OfficePolicy
from apps.cases import invitations
from apps.cases import transitions as verbs
from apps.cases.models import Case, Party, Proposal
from apps.contact.transitions import reply_token
from apps.core import reconciliation
from apps.core.business_calendar import today
from apps.core.models import Banner, Heartbeat, OutgoingEmail, RetentionRun
from apps.kita.facilities import importing
from apps.kita.facilities.models import Facility, FacilityImport
from apps.kita.facilities.models import Group as KitaGroup
from apps.kita.rules.loading import load_examples as load_rules
from apps.notices.models import AccessibleCopy, Delivery, Letter, LetterPreview, PreviewPage
from apps.notices.states import NoticeStatus
from tests import factories
from tests.appointments import setting
from tests.conftest import SecureClient
from tests.kita.facilities.setting import kita

ACTS = ("take", "ask", "note", "assign", "hand_over", "recuse", "appeal", "appeal_ended")


def patterns() -> list[str]:
    """Full name of every URL pattern ("admin:case"); the route where a pattern has no name."""
    return sorted({name for name, _route in routes()})


def routes() -> list[tuple[str, str]]:
    """Name and route of every URL pattern."""
    return list(_walk(get_resolver(), "", ()))


def _walk(resolver: URLResolver, prefix: str, namespaces: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, route, inner)
        else:
            assert isinstance(pattern, URLPattern)
            yield (":".join([*namespaces, pattern.name]) if pattern.name else route), route


@dataclass
class World:
    """What the addresses lead to.

    Everything is Aylin's. The traffic department works on it, but for ``dogs``, which lies with the
    taxes department.
    """

    aylin: User
    karla: User
    fresh: Case
    asked: Case
    decided: Case
    dogs: Case
    message: Case
    draft: Draft
    preview: LetterPreview
    done: Delivery
    dead: Delivery
    posted: Delivery
    returned: Delivery
    passkey: Authenticator
    newcomer: EmailAddress
    setup_token: str
    invitation_token: str
    address_token: str
    held: Booking
    reserved: Booking
    booked: Booking
    held_by_staff: Booking
    ticket: Ticket
    wish: Wish
    samples: dict[Any, Any]


def build(aylin: User, karla: User) -> World:
    """Make the world through the portal's own verbs."""
    kita("Kita Ahorn")
    load_rules()
    FacilityImport.objects.create(content=importing.as_file(Facility.objects.all()))
    traffic = karla.memberships.get().place.department
    fresh, asked, decided = (factories.parking_case(aylin) for _ in range(3))
    verbs.ask(asked, body="Bitte ein besseres Foto.", due_on=today() + dt.timedelta(days=9), by=karla)
    applications.decide(decided, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    done = factories.delivery_of(decided)
    dead = factories.letter(decided)
    Letter.objects.filter(pk=dead.letter_id).update(status=NoticeStatus.DEAD)
    posted, returned = factories.letter(decided), factories.letter(decided)
    for delivery in (done, posted, returned):
        factories.finished(delivery.letter)
    Delivery.objects.filter(pk__in=[posted.pk, returned.pk]).update(posted_on=today())
    AccessibleCopy.objects.create(
        delivery=done, party=done.party, form=LetterForm.READ_ALOUD, status=NoticeStatus.DONE, content=b"Bescheid"
    )
    Delivery.objects.filter(pk=returned.pk).update(returned_on=today())
    _proposed(asked, aylin, "withdraw", "party")
    _proposed(fresh, karla, "take", "staff")
    message = factories.contact_case()
    Case.objects.filter(pk=message.pk).update(department=traffic)
    passkey = Authenticator.objects.create(
        user=aylin,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Schlüssel", "credential": _credential()},
    )
    TOTP.activate(aylin, generate_totp_secret())
    RecoveryCodes.activate(aylin)
    newcomer = factories.citizen("neu@example.org", "Noah", "Neumann").emailaddress_set.get()
    EmailAddress.objects.filter(pk=newcomer.pk).update(verified=False)
    reconciliation.carry_out(reconciliation.ask_for_run().pk)
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": timezone.now() + dt.timedelta(hours=1)})
    Banner.objects.create(text_de="Das Rathaus ist heute zu.", text_en="The town hall is closed today.")
    RetentionRun.objects.create(rule="drafts", erased=3)
    Group.objects.create(name="Probegruppe")
    held, reserved, booked, held_by_staff = _bookings(aylin)
    return World(
        aylin=aylin,
        karla=karla,
        fresh=fresh,
        asked=asked,
        decided=Case.objects.get(pk=decided.pk),
        dogs=factories.dog_case(aylin),
        message=Case.objects.get(pk=message.pk),
        draft=factories.parking_draft(aylin),
        preview=_previewed(fresh, karla),
        done=done,
        dead=dead,
        posted=posted,
        returned=returned,
        passkey=passkey,
        newcomer=newcomer,
        invitation_token=_invited(asked, karla),
        setup_token=factors.make_link(newcomer.user, by=None).split("/")[-2],
        address_token=factors.make_link(
            newcomer.user, by=None, kind=LinkKind.ADDRESS, new_address="noah@example.org"
        ).split("/")[-2],
        held=held,
        reserved=reserved,
        booked=booked,
        held_by_staff=held_by_staff,
        ticket=_arrived(booked, User.objects.get(email="karla@example.org")),
        wish=_waits(aylin),
        samples={model: model._default_manager.order_by("pk").first() for model in admin.site._registry}
        | {User: aylin},
    )


def _proposed(case: Case, by: User, act: str, side: str, party: Party | None = None) -> None:
    Proposal.objects.create(case=case, party=party, act=act, side=side, proposed_by=by)


def _invited(case: Case, clerk: User) -> str:
    """The token of a link that was mailed to somebody else in the case."""
    invitations.invite(factories.joint_party(case), email="maria@example.org", by=clerk)
    found = re.search(r"/einladung/([^/]+)/", OutgoingEmail.objects.get(purpose="case_invitation").body)
    assert found
    return found[1]


def _previewed(case: Case, clerk: User) -> LetterPreview:
    typed = {"outcome": ["rejected"], "reasons": ["Darum."], "fee": ["0"]}
    preview = applications.preview(
        case, typed=typed, by=clerk, outcome=Status.REJECTED, reasons="Darum.", fee=Decimal()
    )
    preview.status, preview.content = NoticeStatus.DONE, factories.pdf_bytes()
    preview.save()
    PreviewPage.objects.create(preview=preview, number=1, picture=factories.jpeg_bytes())
    return preview


def _terminal_key() -> str:
    return OfficePolicy.objects.get(office__slug="rathaus-b").terminal_key


def _waits(user: User) -> Wish:
    made = Wish(
        first_day=today(), last_day=today(), weekdays=[0], earliest=dt.time(8), latest=dt.time(12),
        name=user.full_name, email=user.email, user=user,
    )  # fmt: skip
    return waiting_list.wish(made, [setting.bookable()], proved=True)


def _arrived(booking: Booking, clerk: User) -> Ticket:
    """Somebody sits at the counter, and somebody waits."""
    shifts.sit_down(booking.counter, clerk)
    return Ticket.objects.create(
        office=booking.office, day=today(), number=1, source="desk", minutes=12, due_at=timezone.now()
    )


def _bookings(user: User) -> list[Booking]:
    """A town hall, and times in it: held, reserved, confirmed, held by staff."""
    office = setting.office(department=department("strassenverkehr"))
    Closure.objects.create(office=office, begins=setting.at("11:00"), ends=setting.at("12:00"))
    held, reserved, booked = (
        holding.hold(office=office, services=[setting.bookable()], persons=1, starts_at=setting.at(time), user=user)
        for time in ("09:00", "09:12", "09:24")
    )
    appointments.reserve(reserved, name=user.full_name, email=user.email)
    appointments.confirm(booked, name=user.full_name, email=user.email)
    by_staff = holding.hold(
        office=office, services=[setting.bookable()], persons=1, starts_at=setting.at("09:36"), audience="internal"
    )
    return [held, reserved, booked, by_staff]


def _credential() -> dict[str, Any]:
    """What a browser sends when a passkey is registered."""
    key = ES256({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    attested = AttestedCredentialData.create(b"\0" * 16, b"schluessel-1", key)
    data = AuthenticatorData.create(sha256(b"testserver"), 0x41, 0, attested)
    client = CollectedClientData.create("webauthn.create", b"challenge", "https://testserver")
    return {
        "id": websafe_encode(b"schluessel-1"),
        "rawId": websafe_encode(b"schluessel-1"),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
        "clientExtensionResults": {},
    }


def paths(world: World) -> dict[str, str]:
    """A path for every row: name of the URL pattern, after a space what is special about the object."""
    given = _paths_of_ours(world)
    for name in patterns():
        if name not in given and not any(row.startswith(f"{name} ") for row in given):
            # An address with an argument that _paths_of_ours does not know: test_access.py names it.
            with suppress(NoReverseMatch):
                given[name] = _path_of_admin(world, name) or reverse(name)
    return given


def _paths_of_ours(world: World) -> dict[str, str]:
    draft, file = world.draft, world.draft.uploads.get().file_id
    fresh, asked, decided, dogs = (c.reference for c in (world.fresh, world.asked, world.decided, world.dogs))
    message, attachment = world.message.reference, world.fresh.attachments.get().pk
    token, uid = reply_token(world.message), user_pk_to_url_str(world.aylin)
    reset = default_token_generator.make_token(world.aylin)
    return {
        "portal:case": reverse("portal:case", args=[fresh]),
        "portal:case asked": reverse("portal:case", args=[asked]),
        "portal:case decided": reverse("portal:case", args=[decided]),
        "portal:answer": reverse("portal:answer", args=[asked]),
        "portal:join": reverse("portal:join"),
        "portal:invitation": reverse("portal:invitation", args=[world.invitation_token]),
        "portal:invitation tampered": reverse("portal:invitation", args=[world.invitation_token[:-1]]),
        "portal:act": reverse("portal:act", args=[fresh, "withdraw"]),
        "portal:act decided": reverse("portal:act", args=[decided, "withdraw"]),
        "portal:act unknown": reverse("portal:act", args=[fresh, "take"]),
        "portal:proposal": reverse("portal:proposal", args=[asked, world.asked.proposals.get().pk]),
        "portal:delivery": reverse("portal:delivery", args=[fresh]),
        "portal:attachment": reverse("portal:attachment", args=[fresh, attachment]),
        "portal:attachment of-another-case": reverse("portal:attachment", args=[asked, attachment]),
        "catalogue:service": reverse("catalogue:service", args=["bewohnerparkausweis"]),
        "catalogue:life_situation": reverse("catalogue:life_situation", args=["umziehen"]),
        "kita:facility": reverse("kita:facility", args=["kita-ahorn"]),
        "admin:kita_import": reverse("admin:kita_import", args=[FacilityImport.objects.get().pk]),
        "kita:house": reverse("kita:house", args=["kita-ahorn"]),
        "kita:house_details": reverse("kita:house_details", args=["kita-ahorn"]),
        "kita:house_vacancy": reverse("kita:house_vacancy", args=["kita-ahorn", KitaGroup.objects.get().pk]),
        "kita:house_capacity": reverse("kita:house_capacity", args=["kita-ahorn", KitaGroup.objects.get().pk]),
        "kita:facility unknown": reverse("kita:facility", args=["gibt-es-nicht"]),
        "api:service": reverse("api:service", args=["bewohnerparkausweis"]),
        "api:service unknown": reverse("api:service", args=["gibt-es-nicht"]),
        "contact:reply": reverse("contact:reply", args=[token]),
        "contact:reply tampered": reverse("contact:reply", args=[token[:-1] + ("A" if token[-1] != "A" else "B")]),
        "applications:begin": reverse("applications:begin", args=["bewohnerparkausweis"]),
        "applications:resume": reverse("applications:resume", args=[draft.pk]),
        "applications:resume filed": reverse("applications:resume", args=[world.fresh.submission_key]),
        "applications:review": reverse("applications:review", args=[draft.pk]),
        "applications:review filed": reverse("applications:review", args=[world.fresh.submission_key]),
        "applications:discard": reverse("applications:discard", args=[draft.pk]),
        "applications:draft_file": reverse("applications:draft_file", args=[draft.pk, file]),
        "applications:step": reverse("applications:step", args=[draft.pk, "person"]),
        "applications:step vehicle": reverse("applications:step", args=[draft.pk, "vehicle"]),
        "applications:receipt": reverse("applications:receipt", args=[fresh]),
        "checks:letter": reverse("checks:letter", args=[world.done.letter.check_code]),
        "checks:letter unknown": reverse("checks:letter", args=["3333-3333-3333-3333-3333"]),
        "notices:document": reverse("notices:document", args=[world.done.pk]),
        "notices:document unfinished": reverse("notices:document", args=[world.dead.pk]),
        "notices:retry": reverse("notices:retry", args=[world.dead.pk]),
        "notices:came_back": reverse("notices:came_back", args=[world.done.pk]),
        "notices:returned": reverse("notices:returned", args=[world.posted.pk]),
        "notices:send_again": reverse("notices:send_again", args=[world.returned.pk]),
        "notices:correct": reverse("notices:correct", args=[world.posted.pk, "posttag"]),
        "notices:correct ankunft": reverse("notices:correct", args=[world.posted.pk, "ankunft"]),
        "notices:correct rueckkehr": reverse("notices:correct", args=[world.returned.pk, "rueckkehr"]),
        "notices:correct unknown": reverse("notices:correct", args=[world.posted.pk, "porto"]),
        "notices:ask_for_copy": reverse("notices:ask_for_copy", args=[world.done.pk]),
        "notices:copy": reverse("notices:copy", args=[world.done.pk, world.done.copies.get().pk]),
        "notices:copy missing": reverse("notices:copy", args=[world.done.pk, 10**9]),
        "notices:give_copy": reverse("notices:give_copy", args=[world.done.pk, world.done.copies.get().pk]),
        "notices:panel amt": reverse("notices:panel", args=["amt", decided]),
        "notices:panel ich": reverse("notices:panel", args=["ich", decided]),
        "notices:panel without-notice": reverse("notices:panel", args=["amt", fresh]),
        "api:slots": reverse("api:slots") + "?service=personalausweis",
        "api:slots unfinished": reverse("api:slots"),
        "api:confirm": reverse("api:confirm", args=["x"]),
        "api:booking": reverse("api:booking", args=[manage_token(world.booked)]),
        "appointments:times": reverse("appointments:times") + "?leistung=personalausweis&personen=1",
        "appointments:times unfinished": reverse("appointments:times"),
        "appointments:booking": reverse("appointments:booking", args=[world.booked.pk]),
        "appointments:details": reverse("appointments:details", args=[world.held.pk]),
        "appointments:code": reverse("appointments:code", args=[world.reserved.pk]),
        "appointments:manage": reverse("appointments:manage", args=[manage_token(world.booked)]),
        "appointments:manage tampered": reverse("appointments:manage", args=[manage_token(world.booked) + "x"]),
        "appointments:confirm": reverse("appointments:confirm", args=[manage_token(world.reserved)]),
        "appointments:cancel": reverse("appointments:cancel", args=[manage_token(world.booked)]),
        "appointments:decline": reverse("appointments:decline", args=[manage_token(world.booked)]),
        "appointments:display": reverse("appointments:display", args=["rathaus-b"]),
        "appointments:terminal": reverse("appointments:terminal", args=[_terminal_key()]),
        "appointments:terminal guessed": reverse("appointments:terminal", args=["guessed"]),
        "appointments:terminal_ticket": reverse(
            "appointments:terminal_ticket", args=[_terminal_key(), world.ticket.pk]
        ),
        "appointments:ticket": world.ticket.get_absolute_url(),
        "appointments:ticket tampered": reverse("appointments:ticket", args=["x"]),
        "appointments:ticket_back": world.ticket.get_absolute_url() + "zurueckgeben/",
        "appointments:wish": world.wish.get_absolute_url(),
        "appointments:wish tampered": reverse("appointments:wish", args=["x"]),
        "admin:appointment": reverse("admin:appointment", args=[world.booked.pk]),
        "admin:appointment_details": reverse("admin:appointment_details", args=[world.held_by_staff.pk]),
        "admin:appointment_invite": reverse("admin:appointment_invite", args=[fresh]),
        "admin:appointment_slip": reverse("admin:appointment_slip", args=[world.booked.pk]),
        "admin:counter": reverse("admin:counter", args=[world.booked.counter_id]),
        "admin:counter_act": reverse("admin:counter_act", args=[world.booked.counter_id]),
        "appointments:calendar_file": reverse("appointments:calendar_file", args=[manage_token(world.booked)]),
        "accounts:setup": reverse("accounts:setup", args=[world.setup_token]),
        "accounts:setup tampered": reverse("accounts:setup", args=[world.setup_token + "x"]),
        "accounts:new_address": reverse("accounts:new_address", args=[world.address_token]),
        "accounts:new_address tampered": reverse("accounts:new_address", args=["x"]),
        "admin:accounts_user_act": reverse("admin:accounts_user_act", args=[world.newcomer.user_id, "sitzungen"]),
        "account_reset_password_from_key": reverse("account_reset_password_from_key", args=[uid, reset]),
        "account_reset_password_from_key tampered": reverse("account_reset_password_from_key", args=[uid, "x-y"]),
        "mfa_remove_webauthn": reverse("mfa_remove_webauthn", args=[world.passkey.pk]),
        "mfa_edit_webauthn": reverse("mfa_edit_webauthn", args=[world.passkey.pk]),
        "admin:case": reverse("admin:case", args=[fresh]),
        "admin:case taxes": reverse("admin:case", args=[dogs]),
        "admin:case message": reverse("admin:case", args=[message]),
        "admin:case none": reverse("admin:case", args=["AAA-AAA-AAA"]),
        **{f"admin:case_act {act}": reverse("admin:case_act", args=[fresh, act]) for act in ACTS},
        "admin:proposal": reverse("admin:proposal", args=[fresh, world.fresh.proposals.get().pk]),
        "admin:party": reverse("admin:party", args=[fresh, world.fresh.parties.get().pk]),
        "admin:attachment": reverse("admin:attachment", args=[fresh, attachment]),
        "admin:decide": reverse("admin:decide", args=[fresh]),
        "admin:decision_preview": reverse("admin:decision_preview", args=[fresh, world.preview.pk]),
        "admin:preview_pdf": reverse("admin:preview_pdf", args=[fresh, world.preview.pk]),
        "admin:preview_page": reverse("admin:preview_page", args=[fresh, world.preview.pk, 1]),
        "admin:decide decided": reverse("admin:decide", args=[decided]),
        "admin:decide taxes": reverse("admin:decide", args=[dogs]),
        "admin:contact_reply": reverse("admin:contact_reply", args=[message]),
        "admin:contact_close": reverse("admin:contact_close", args=[message]),
        "admin:app_list": reverse("admin:app_list", args=["catalogue"]),
        "verwaltung/(?P<url>.*)$": "/verwaltung/gibt-es-nicht/",
    }


def _path_of_admin(world: World, name: str) -> str | None:
    """The path of a page that Django's admin has for a model."""
    for model, sample in world.samples.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        folder = f"verwaltung/{model._meta.app_label}/{model._meta.model_name}/"
        if name == f"{folder}<path:object_id>/":
            return f"/{folder}{sample.pk}/"
        if name in {f"admin:{label}_{view}" for view in ("history", "delete", "change")}:
            return reverse(name, args=[sample.pk])
    return None


class Browser(SecureClient):
    """A browser that can be doubled."""

    def twin(self) -> "Browser":
        """Another browser with the same cookies, so that one answer does not colour the next."""
        twin = Browser(enforce_csrf_checks=self.handler.enforce_csrf_checks)
        twin.cookies = copy.deepcopy(self.cookies)
        return twin


def browser(user: User | None = None, **options: Any) -> Browser:
    """A browser in which somebody has just signed in and typed the password again (None: nobody has)."""
    client = Browser(**options)
    client.as_(user)
    if user is not None:
        session = client.session
        proof = {"method": "password", "at": time.time(), "email": user.email, "reauthenticated": True}
        session["account_authentication_methods"] = [proof]
        session["account_authentication_methods_user"] = str(user.pk)
        session["signed_in_at"] = session["seen_at"] = int(time.time())
        session.save()
    return client


@contextmanager
def undone() -> Iterator[list[str]]:
    """Run something, then roll it back; yields the statements that wrote (sessions aside)."""
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = sql.split(None, 1)
        if words and words[0].upper() in ("INSERT", "UPDATE", "DELETE") and "django_session" not in sql:
            written.append(" ".join(sql.split()[:4]))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(watch):
            yield written
        transaction.set_rollback(True)


def department(slug: str) -> Department:
    """A department by its slug."""
    return Department.objects.get(slug=slug)
