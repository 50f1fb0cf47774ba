"""What citizens can do in their cases, and whether one party suffices for it or all must agree; kinds add their own."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases import consents
from apps.cases.acts import CitizenAct, register
from apps.cases.audience import own_party
from apps.cases.consents import has_said, may_still_say
from apps.cases.models import Case
from apps.cases.proposals import demand_proof
from apps.cases.states import ConsentTo


def _may_say(case: Case, user: User, to: ConsentTo) -> bool:
    own = own_party(case, user)
    return own is not None and may_still_say(own) and not has_said(own, to)


def _agree(case: Case, _data: dict[str, Any], by: User) -> None:
    demand_proof(case, by)
    if (own := own_party(case, by)) is not None:
        consents.agree_to_one_letter(own, by=by)


def _want_own(case: Case, _data: dict[str, Any], by: User) -> None:
    if (own := own_party(case, by)) is not None:
        consents.want_own_letter(own, by=by)


register(
    CitizenAct(
        key="one_letter",
        label=_("Ein Brief für alle"),
        verb=_agree,
        when=lambda case, user: _may_say(case, user, ConsentTo.ONE_LETTER),
        question=_("Sind Sie mit einem Brief für alle einverstanden?"),
        intro=consents.ONE_LETTER,
        yes=_("Ja, einverstanden"),
        no=_("Abbrechen"),
        done=_("Festgehalten: Sie sind mit einem Brief für alle einverstanden. Die anderen müssen es auch sein."),
        style="tertiary",
    ),
    CitizenAct(
        key="own_letter",
        label=_("Eigenen Brief verlangen"),
        verb=_want_own,
        when=lambda case, user: _may_say(case, user, ConsentTo.OWN_LETTER),
        question=_("Möchten Sie einen eigenen Brief?"),
        intro=consents.OWN_LETTER,
        yes=_("Ja, eigenen Brief"),
        no=_("Abbrechen"),
        done=_("Festgehalten: Sie bekommen einen eigenen Brief."),
        style="tertiary",
    ),
)
