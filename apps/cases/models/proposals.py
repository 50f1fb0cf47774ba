"""Acts that need more than one person: proposed by one, released by another; or agreed to by all parties."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases.models.case import Case, Party
from apps.cases.states import ProposalStatus
from apps.core.transitions import Who

# Nobody's own word is the second one.
BY_ANOTHER = [ProposalStatus.DONE, ProposalStatus.REFUSED]


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> "ProposalQuerySet":
        """Those on which nobody has had the last word."""
        return self.filter(status=ProposalStatus.OPEN)


class Proposal(models.Model):
    """That somebody wants to do one of the acts which one person alone may not do.

    ``side`` is staff, whose proposal another of them releases, or parties, who all have to agree. ``typed`` holds what the
    form of the act was filled with, by name of the field; it is read again when it is done.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proposals")
    # About whom, if the act is about a party.
    party = models.ForeignKey(Party, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    act = models.CharField(max_length=40)
    side = models.CharField(
        max_length=8, choices=[(Who.STAFF.value, _("Dienststelle")), (Who.PARTY.value, _("Beteiligte"))]
    )
    typed = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.OPEN)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    # Why it was refused.
    reason = models.CharField(_("Grund"), max_length=500, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("Vorschlag")
        verbose_name_plural = _("Vorschläge")
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ProposalStatus.values), name="proposal_status_known"),
            models.CheckConstraint(
                condition=Q(side__in=[Who.STAFF.value, Who.PARTY.value]), name="proposal_side_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=BY_ANOTHER) | Q(settled_by__isnull=False) & ~Q(settled_by=F("proposed_by")),
                name="proposal_released_by_another",
            ),
            models.CheckConstraint(
                condition=Q(status=ProposalStatus.OPEN, settled_at=None)
                | ~Q(status=ProposalStatus.OPEN) & Q(settled_at__isnull=False),
                name="proposal_settled_has_time",
            ),
            models.UniqueConstraint(
                fields=["case", "act", "party"], condition=Q(status=ProposalStatus.OPEN), name="proposal_once",
                nulls_distinct=False,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.act} {self.get_status_display()}"

    def is_made_by(self, who: Who, user: User) -> bool:
        """As in the case (see there)."""
        return self.case.is_made_by(who, user)


class Agreement(models.Model):
    """That a party agrees to what another has proposed: in its account, or by a signature that the office has seen."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="agreements")
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # Whose account it was; None where it was signed.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    signature_seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("Zustimmung")
        verbose_name_plural = _("Zustimmungen")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "party"], name="agreement_once"),
            models.CheckConstraint(
                condition=Q(by=None, signature_seen_by__isnull=False) | Q(by__isnull=False, signature_seen_by=None),
                name="agreement_by_account_or_signature",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.party_id}"
