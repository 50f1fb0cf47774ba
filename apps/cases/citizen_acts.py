"""What citizens can do in their cases, and whether one party suffices for it or all must agree; kinds add their own."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.cases.acts import CaseAct, register
from apps.cases.audience import own_party, standing_for
from apps.cases.kinds import of
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
