"""What citizens can do in their cases, and whether one party suffices for it or all must agree; kinds add their own."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases import consents
from apps.cases.acts import CaseAct, register
from apps.cases.addressee import PRINCIPALS
from apps.cases.audience import own_party, standing_for
from apps.cases.consents import has_said, may_be_together
from apps.cases.kinds import of
from apps.cases.models import Case
from apps.cases.proposals import demand_proof
from apps.cases.states import ConsentTo
from apps.cases.transitions import open_question
from apps.core.transitions import Who

register(
    CaseAct(
        key="answer",
        who=Who.PARTY,
        label=_("Frage beantworten"),
        # The form stands on the page, before everything else.
        page=lambda case: f"{reverse('portal:case', args=[case.reference])}#frage",
        when=lambda case, user: open_question(case, standing_for(case, user)) is not None,
        offered=lambda _case, _user: False,
    )
)
register(
    CaseAct(
        key="message",
        who=Who.PARTY,
        label=_("Etwas nachreichen oder mitteilen"),
        page=lambda case: f"{reverse('portal:case', args=[case.reference])}#frage",
        offered=lambda _case, _user: False,
    )
)
register(
    CaseAct(
        key="delivery",
        who=Who.PARTY,
        label=_("Wie Bescheide kommen"),
        page=lambda case: reverse("portal:delivery", args=[case.reference]),
        when=lambda case, user: of(case).has_letters and own_party(case, user) is not None,
        # The page says what is chosen, and the way to change it stands there.
        offered=lambda _case, _user: False,
    )
)


def _may_say(case: Case, user: User, to: ConsentTo) -> bool:
    own = own_party(case, user)
    may = own is not None and own.role in PRINCIPALS and case.is_open and may_be_together(case)
    return may and own is not None and not has_said(own, to)


def _agree(case: Case, _data: dict[str, Any], by: User) -> None:
    demand_proof(case, by)
    if (own := own_party(case, by)) is not None:
        consents.agree_to_one_letter(own, by=by)


def _want_own(case: Case, _data: dict[str, Any], by: User) -> None:
    if (own := own_party(case, by)) is not None:
        consents.want_own_letter(own, by=by)


register(
    CaseAct(
        key="one_letter",
        who=Who.PARTY,
        label=_("Ein Brief für alle"),
        verb=_agree,
        when=lambda case, user: _may_say(case, user, ConsentTo.ONE_LETTER),
        question=_("Sind Sie mit einem Brief für alle einverstanden?"),
        intro=consents.ONE_LETTER,
        yes=_("Ja, einverstanden"),
        no=_("Abbrechen"),
        done=_("Festgehalten: Sie sind mit einem Brief für alle einverstanden. Die anderen müssen es auch sein."),
        style="tertiary",
    )
)
register(
    CaseAct(
        key="own_letter",
        who=Who.PARTY,
        label=_("Eigenen Brief verlangen"),
        verb=_want_own,
        when=lambda case, user: _may_say(case, user, ConsentTo.OWN_LETTER),
        question=_("Möchten Sie einen eigenen Brief?"),
        intro=consents.OWN_LETTER,
        yes=_("Ja, eigenen Brief"),
        no=_("Abbrechen"),
        done=_("Festgehalten: Sie bekommen einen eigenen Brief."),
        style="tertiary",
    )
)
