"""What parties have said about themselves: how letters may reach them, and who acts for them."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases.models.case import Party
from apps.cases.states import ConsentTo, JoinedBy, PartyRole
from apps.core.business_calendar import today
from apps.core.deadlines import LONGEST_FICTION
from apps.core.transitions import Phase

# Wrong codes before one is void. Whoever knows the number of a case could make them void on purpose, so they are not few:
# a code has 59 bits, and each network has ten tries an hour.
ACCESS_TRIES = 20


class ConsentQuerySet(models.QuerySet["Consent"]):
    def given(self, to: ConsentTo) -> "ConsentQuerySet":
        """Those to ``to`` that have not been withdrawn."""
        return self.filter(to=to, withdrawn_at=None)


class Consent(models.Model):
    """That a party agrees to fetch letters in the portal, or to one letter for all parties (see ConsentTo).

    What was agreed to stands in it word by word, in the language it was read in. It was said in the party's own account, or
    signed: then somebody of the office has seen the signature.
    """

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="consents")
    to = models.CharField(
        _("wozu"), max_length=12, choices=ConsentTo.choices, default=ConsentTo.PORTAL, db_default=ConsentTo.PORTAL.value
    )
    signature_seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    wording = models.TextField(_("Wortlaut"))
    version = models.CharField(_("Fassung"), max_length=20)
    given_at = models.DateTimeField(_("erteilt am"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("widerrufen am"), null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("Einwilligung")
        verbose_name_plural = _("Einwilligungen")
        ordering = ["given_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["party", "to"], condition=Q(withdrawn_at=None), name="consent_once_to"),
            models.CheckConstraint(condition=Q(to__in=ConsentTo.values), name="consent_to_known"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")), name="consent_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.given_at:%d.%m.%Y}"

    @property
    def is_given(self) -> bool:
        return self.withdrawn_at is None


class MandateQuerySet(models.QuerySet["Mandate"]):
    def in_force(self) -> "MandateQuerySet":
        """Not revoked, not past their last day, and of somebody who is a party."""
        in_time = Q(valid_until=None) | Q(valid_until__gte=today())
        return self.filter(in_time, ~Q(principal__role=PartyRole.NONE), revoked_at=None)


class Mandate(models.Model):
    """A Vollmacht: one party acts for another (§ 14 VwVfG, § 80 AO, § 13 SGB X).

    With power of receipt the notice goes to the representative, and only that delivery counts.
    """

    principal = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="mandates")
    representative = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="represents")
    receives = models.BooleanField(_("mit Empfangsvollmacht"), default=False)
    valid_until = models.DateField(_("gilt bis"), null=True, blank=True)
    granted_at = models.DateTimeField(_("erteilt am"), default=timezone.now)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(_("widerrufen am"), null=True, blank=True)

    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("Vollmacht")
        verbose_name_plural = _("Vollmachten")
        ordering = ["granted_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("representative")), name="mandate_for_another"),
            # One in force at a time: it must be certain who is written to.
            models.UniqueConstraint(fields=["principal"], condition=Q(revoked_at=None), name="mandate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.principal_id} → {self.representative_id}"


class AccessCodeQuerySet(models.QuerySet["AccessCode"]):
    def valid(self) -> "AccessCodeQuerySet":
        """Those that are not used and not too old."""
        return self.filter(used_at=None, expires_at__gt=timezone.now())

    def open(self) -> "AccessCodeQuerySet":
        """Codes that may still be typed."""
        return self.valid().filter(tries__lt=ACCESS_TRIES)


class AccessCode(models.Model):
    """A code on paper or a mailed link by which a party comes to the case: it connects an account, or answers without one.

    Whoever holds the letter is who it was written to; whoever has the link reads the mailbox. Only its hash is stored here;
    what stands in a letter, stands in the letter. It is used once, expires, and a code ends after some wrong tries.
    """

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="access_codes")
    way = models.CharField(
        max_length=8, choices=JoinedBy.choices, default=JoinedBy.CODE, db_default=JoinedBy.CODE.value
    )
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = AccessCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Zugangscode")
        verbose_name_plural = _("Zugangscodes")
        ordering = ["created_at", "pk"]
        constraints = [models.CheckConstraint(condition=Q(way__in=JoinedBy.values), name="access_code_way_known")]
        indexes = [
            models.Index(fields=["expires_at"], name="access_code_expiry_idx"),
            models.Index(fields=["code_hash"], name="access_code_hash_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.expires_at:%d.%m.%Y}"


def _asks() -> Q:
    """That a hearing's letter goes out in time, has not come back, and that what stands in it still holds."""
    in_time = Q(sent_on__lt=F("due_on") - LONGEST_FICTION) | Q(sent_on=None, due_on__gt=today() + LONGEST_FICTION)
    return in_time & Q(returned_on=None, void_on=None)


class HearingQuerySet(models.QuerySet["Hearing"]):
    SETTLED = Q(answered_at__isnull=False) | ~Q(waived_because="")

    def _unsettled(self) -> "HearingQuerySet":
        settled = Hearing.objects.filter(self.SETTLED, party=OuterRef("party"))
        return self.filter(~Exists(settled), party__role=PartyRole.JOINT, party__case__phase__in=Phase.open_phases())

    def waiting(self) -> "HearingQuerySet":
        """Those of parties who can still say something, and need not be asked anew."""
        return self._unsettled().filter(_asks(), due_on__gte=today())

    def to_look_at(self) -> "HearingQuerySet":
        """Those that have run out, or have asked nobody, where the office has to go on."""
        waiting = Hearing.objects.waiting().filter(party=OuterRef("party"))
        return self._unsettled().exclude(Exists(waiting))

    def over(self) -> "HearingQuerySet":
        """Answered, not answered in time though asked, or rightly left out."""
        return self.filter(self.SETTLED | _asks() & Q(due_on__lt=today()))

    def stands(self) -> "HearingQuerySet":
        """Settled, or begun with a letter that asks: nobody has to be asked anew."""
        return self.filter(self.SETTLED | _asks())


class Hearing(models.Model):
    """That somebody whom others have named could say something before they are bound (§ 91 AO, § 28 VwVfG, § 24 SGB X).

    Or why that was not necessary (the second and third paragraphs there).
    """

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="hearings")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(_("Äußerung bis"), null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    # When the letter went out: one that lies in the office, or goes out too late, asks nobody.
    sent_on = models.DateField(null=True, blank=True)
    # When the post has brought the letter back: it has asked nobody.
    returned_on = models.DateField(null=True, blank=True)
    # When its code ended or its address turned out to be another: somebody has to be asked anew.
    void_on = models.DateField(null=True, blank=True)
    waived_because = models.CharField(_("Warum nicht angehört wird"), max_length=500, blank=True)

    objects = HearingQuerySet.as_manager()

    class Meta:
        verbose_name = _("Anhörung")
        verbose_name_plural = _("Anhörungen")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__isnull=False, waived_because="") | Q(due_on=None) & ~Q(waived_because=""),
                name="hearing_asked_or_waived",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.opened_at:%d.%m.%Y}"
