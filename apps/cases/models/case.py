"""The case, its parties, and who may work on it."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Department, LetterForm, User
from apps.accounts.requests import Viewer
from apps.cases.access import held_in, seen_by
from apps.cases.states import Act, Channel, JoinedBy, PartyRole
from apps.catalogue.models import Service
from apps.core.bilingual import Bilingual
from apps.core.business_calendar import today
from apps.core.countries import HOME, name_of
from apps.core.models import NOT_DELIVERED, OutgoingEmail
from apps.core.references import new_reference
from apps.core.transitions import Phase, Who

# A case is due soon when at most this many days are left.
DUE_SOON_DAYS = 2
# How long somebody who has given a reason sees a protected address.
PROTECTED_MINUTES = 10


class CaseQuerySet(models.QuerySet["Case"]):
    def of(self, user: Viewer) -> "CaseQuerySet":
        """The cases somebody is a party of, filed alone or together, or represents one in."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Exists(Party.objects.standing(user).filter(case=OuterRef("pk"))))

    def worked_by(self, user: Viewer) -> "CaseQuerySet":
        """The cases somebody sees because of their roles (access.py); none for anybody else.

        Nobody works on a case of their own (§ 20 Abs. 1 Nr. 1 VwVfG), or on one of which they have said that they must not.
        """
        if not (user.is_authenticated and user.works_here):
            return self.none()
        own = Party.objects.filter(case=OuterRef("pk"), account=user)
        named = PartyContact.objects.filter(party__case=OuterRef("pk"), email__iexact=user.email)
        blocked = Recusal.objects.filter(case=OuterRef("pk"), user=user)
        return self.filter(seen_by(user), ~Exists(own), ~Exists(named), ~Exists(blocked))

    def held(self, pk: int) -> "Case":
        """A case that is nobody else's until the transaction ends; first of all that is locked, so that nobody waits in a circle.

        Rows that point to it may still come.
        """
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def open(self) -> "CaseQuerySet":
        """Cases in which the administration still owes something."""
        return self.filter(phase__in=Phase.open_phases())

    def on_our_side(self) -> "CaseQuerySet":
        """Open and not waiting for the citizen."""
        return self.filter(phase__in=[Phase.NEW, Phase.WORKING])

    def assigned_to(self, user: User) -> "CaseQuerySet":
        """Cases on somebody's desk."""
        return self.filter(assignee=user)

    def unassigned(self) -> "CaseQuerySet":
        """Cases nobody has taken."""
        return self.filter(assignee=None)

    def due(self) -> "CaseQuerySet":
        """Cases that are due soon or overdue, and those whose question was not answered in time."""
        soon = Q(phase__in=[Phase.NEW, Phase.WORKING], due_on__lte=today() + dt.timedelta(days=DUE_SOON_DAYS))
        return self.filter(soon | Q(phase=Phase.WAITING, act_by__lt=today()))

    def came_back(self) -> "CaseQuerySet":
        """Cases in which the citizen has answered and nobody has looked yet."""
        return self.filter(came_back_at__isnull=False)


class Case(models.Model):
    """A Vorgang."""

    reference = models.CharField(_("Vorgangsnummer"), max_length=11, unique=True, default=new_reference, editable=False)
    # Made when the form is rendered: sending the same form twice files once.
    submission_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("Art"), max_length=20)
    status = models.CharField(_("Status"), max_length=20)
    phase = models.CharField(_("Phase"), max_length=8, choices=Phase.choices)
    title_de = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="cases")
    assignee = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned_cases")
    channel = models.CharField(_("Eingangsweg"), max_length=8, choices=Channel.choices, default=Channel.ONLINE)
    language = models.CharField(max_length=2, default="de")
    submitted_at = models.DateTimeField(_("eingegangen am"), default=timezone.now)
    due_on = models.DateField(_("fällig am"), null=True, blank=True)
    # Until when the citizen has to act, while the case waits for them.
    act_by = models.DateField(_("Antwort bis"), null=True, blank=True)
    came_back_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    search_text = models.TextField(blank=True, editable=False)

    title = Bilingual("title")

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("Vorgang")
        verbose_name_plural = _("Vorgänge")
        ordering = [F("due_on").asc(nulls_last=True), "submitted_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="case_phase_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="case_channel_known"),
            models.CheckConstraint(
                condition=~Q(phase=Phase.DECIDED) | Q(decided_at__isnull=False),
                name="case_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(phase=Phase.CLOSED) | Q(closed_at__isnull=False),
                name="case_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "phase", "due_on"], name="case_queue_idx"),
            models.Index(fields=["assignee", "phase"], name="case_assignee_idx"),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="case_search_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        """The citizen's page."""
        return reverse("portal:case", args=[self.reference])

    @property
    def staff_url(self) -> str:
        """The clerk's page."""
        return reverse("admin:case", args=[self.reference])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the case with everything in it, the files' bytes included."""
        with transaction.atomic():
            files = [a.file for a in self.attachments.select_related("file")]
            self.attachments.all().delete()
            result = super().delete(*args, **kwargs)
            for file in files:
                file.delete()
        return result

    def record_move(
        self, old: str, new: str, *, by: User | None, act: str = Act.STATUS, public: bool = True,
        only_for: Iterable[int] | None = None, **data: Any,
    ) -> None:  # fmt: skip
        """Write the change of status into the timeline, and that of the phase among the facts."""
        # Here and not above: both need the models of this module.
        from apps.cases import facts, kinds, proposals

        record(self, act, by=by, public=public, only_for=only_for, old=old, new=new, **data)
        phases = kinds.of(self).workflow.phases or {}
        if phases.get(old) != phases.get(new):
            facts.phase_begins(self)
        if not self.is_open:
            proposals.lapse(self)

    def is_made_by(self, who: Who, user: User) -> bool:
        """Whether somebody works on the case, or is a party; nobody at all is who came by a link, or the portal."""
        # Here and not above: both need the models of this module.
        from apps.cases import kinds
        from apps.cases.audience import standing_for

        if who == Who.STAFF:
            return bool(held_in(self, user))
        if who == Who.PORTAL:
            return user is None
        # Without an account by a link only, where the kind has such links.
        return bool(standing_for(self, user)) if user is not None else kinds.of(self).reply_path is not None

    @property
    def is_open(self) -> bool:
        return self.phase in Phase.open_phases()

    @property
    def is_overdue(self) -> bool:
        return bool(self.due_on and self.phase in (Phase.NEW, Phase.WORKING) and self.due_on < today())

    @property
    def undeliverable_emails(self) -> list[OutgoingEmail]:
        """E-mails of this case that could not be delivered, for the clerk to see."""
        return list(OutgoingEmail.objects.filter(timeline_entries__case=self, status__in=NOT_DELIVERED).distinct())


class PartyQuerySet(models.QuerySet["Party"]):
    def standing(self, user: User) -> "PartyQuerySet":
        """Who somebody is in cases; as a representative only while a mandate is in force."""
        # Here and not above: a mandate is between parties.
        from apps.cases.models.parties import Mandate

        mandated = Exists(Mandate.objects.in_force().filter(representative=OuterRef("pk")))
        return self.filter(~Q(role=PartyRole.REPRESENTATIVE) | mandated, ~Q(role=PartyRole.NONE), account=user)


class Party(models.Model):
    """A person or organisation in a case: what its other parties may know of it. Where it lives is in PartyContact."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties")
    role = models.CharField(max_length=16, choices=PartyRole.choices, default=PartyRole.APPLICANT)
    # Whose it is, once they have proved it: then the case is theirs to see. The constraint below is the index.
    account = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # How it came here, if somebody else had named it; empty for who has filed.
    joined_by = models.CharField(max_length=8, choices=JoinedBy.choices, blank=True, default="", db_default="")
    given_name = models.CharField(_("Vorname"), max_length=120, blank=True)
    family_name = models.CharField(_("Name"), max_length=120, blank=True)
    organisation = models.CharField(_("Organisation"), max_length=200, blank=True)

    objects = PartyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Beteiligte Person")
        verbose_name_plural = _("Beteiligte")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                # Nobody has to answer to two names, but nobody has none.
                condition=~Q(family_name="") | ~Q(organisation=""),
                name="party_has_name",
            ),
            models.CheckConstraint(condition=Q(joined_by__in=["", *JoinedBy.values]), name="party_joined_by_known"),
            models.UniqueConstraint(
                fields=["account", "case"], condition=Q(account__isnull=False), name="party_account_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def by_mail_only(self) -> bool:
        """Whether nothing but a mailed link says that the account is theirs: somebody reads a mailbox, who, nobody knows."""
        return self.joined_by == JoinedBy.MAIL

    @property
    def has_proved(self) -> bool:
        """Whether an account is theirs beyond that: it has filed, or a letter has brought it here."""
        return self.account_id is not None and not self.by_mail_only

    @property
    def name(self) -> str:
        """The name as it is written on an envelope."""
        person = f"{self.given_name} {self.family_name}".strip()
        return f"{self.organisation}, {person}".strip(", ") if self.organisation else person

    @property
    def name_lines(self) -> list[str]:
        """The first lines of the address field: the organisation, the person."""
        return [line for line in (self.organisation, f"{self.given_name} {self.family_name}".strip()) if line]


class PartyContactQuerySet(models.QuerySet["PartyContact"]):
    def visible_to(self, viewer: Viewer) -> "PartyContactQuerySet":
        """One's own, and those of the cases a member of staff works on; never that of another party.

        A protected one only to staff who have just said why they need it.
        """
        if not viewer.is_authenticated:
            return self.none()
        own = Q(party__account=viewer)
        lately = timezone.now() - dt.timedelta(minutes=PROTECTED_MINUTES)
        asked = Q(party__looks__user=viewer, party__looks__purpose="address", party__looks__at__gt=lately)
        needed = Exists(PartyContact.objects.filter(asked, pk=OuterRef("pk")))
        return self.filter(own | Q(party__case__in=Case.objects.worked_by(viewer)) & (Q(protected=False) | needed))


class PartyContact(models.Model):
    """Where a party lives and how it is reached: for itself and for the office, never for the other parties.

    Apart from the party, and without a way from it, so that who shows parties shows no addresses by accident: pages ask
    ``visible_to``; ``addressee.py`` reads it to write to people.
    """

    party = models.OneToOneField(Party, on_delete=models.CASCADE, primary_key=True, related_name="+")
    street = models.CharField(_("Straße"), max_length=120, blank=True)
    house_number = models.CharField(_("Hausnummer"), max_length=12, blank=True)
    postcode = models.CharField(_("Postleitzahl"), max_length=10, blank=True)
    city = models.CharField(_("Ort"), max_length=120, blank=True)
    country = models.CharField(_("Land"), max_length=2, default=HOME, db_default=HOME)
    email = models.EmailField(_("E-Mail-Adresse"), blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    # Said to the office; what stands in the profile of an account holds besides.
    letter_form = models.CharField(
        _("Briefe zusätzlich in dieser Form"),
        max_length=18,
        choices=LetterForm.choices,
        blank=True,
        default="",
        db_default="",
    )
    # Somebody would be in danger if it became known (§ 51 BMG): even colleagues see it only with a reason.
    protected = models.BooleanField(_("Auskunftssperre"), default=False, db_default=False)
    # Since when the office has known, and not just been told, that it is right; what is changed is unknown again.
    checked_on = models.DateField(_("geprüft am"), null=True, blank=True)

    objects = PartyContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("Kontaktdaten")
        verbose_name_plural = _("Kontaktdaten")

    def __str__(self) -> str:
        return f"{self.party_id}"

    @property
    def place_lines(self) -> list[str]:
        """The address field below the names (DIN 5008): street, postcode and town; abroad the country, in German and in capitals."""
        lines = [f"{self.street} {self.house_number}".strip(), f"{self.postcode} {self.city}".strip(),
                 name_of(self.country, "de").upper() if self.country != HOME else ""]  # fmt: skip
        return [line for line in lines if line]


class Recusal(models.Model):
    """A member of staff who must not work on a case: a relative's, or one in which they are not free (§§ 20, 21 VwVfG)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="recusals")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Befangenheit")
        verbose_name_plural = _("Befangenheiten")
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="recusal_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.user}"


def record(
    case: Case, act: str, *, by: User | None = None, public: bool = True, only_for: Iterable[int] | None = None,
    email: OutgoingEmail | None = None, **data: Any,
) -> Any:  # fmt: skip
    """Write down that something happened in a case; ``only_for`` names the parties (ids) that may know, if not all may."""
    actor = by if getattr(by, "is_authenticated", False) else None
    return case.timeline.create(
        act=act, actor=actor, public=public, only_for=sorted(only_for) if only_for is not None else None, email=email,
        data=data,
    )  # fmt: skip
