"""What staff and parties can do with an application or one of its parties."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.applications.hearings import hear, may_be_heard
from apps.applications.states import KIND, OUTCOMES_BY_TYPE
from apps.applications.transitions import withdraw
from apps.cases.acts import CaseAct, register
from apps.cases.audience import standing_for
from apps.cases.forms import HearingForm
from apps.cases.models import Case, Party, PartyContact
from apps.cases.proposals import who_agrees
from apps.core.transitions import Who


def _may_be_heard(party: Party, user: Viewer) -> bool:
    contact = PartyContact.objects.visible_to(user).filter(party=party).first()
    reachable = contact is not None and (contact.checked_on is not None or party.has_proved)
    return reachable and may_be_heard(party)


def _may_be_decided(case: Case, _user: Any) -> bool:
    return case.is_open and case.service is not None and bool(OUTCOMES_BY_TYPE.get(case.service.outcome_type))


register(
    CaseAct(
        key="decide",
        kind=KIND,
        label=gettext_lazy("Entscheiden"),
        page=lambda case: reverse("admin:decide", args=[case.reference]),
        when=_may_be_decided,
        style="primary",
    )
)


register(
    CaseAct(
        key="hear",
        kind=KIND,
        about=Party,
        label=gettext_lazy("Anhören"),
        intro=gettext_lazy(
            "Die Person wurde nur genannt. Sie bekommt einen Brief: was andere angegeben haben, was daraus folgt, bis wann sie "
            "sich äußern kann und woher wir ihre Daten haben (Art. 14 DSGVO). Ohne Konto steht ein Code darin, mit dem sie "
            "antwortet. Dafür muss die Anschrift geprüft sein."
        ),
        form=HearingForm,
        verb=lambda party, data, by: hear(party, due_on=data["due_on"], decided=data.get("decided", False), by=by),
        when=_may_be_heard,
        done=gettext_lazy("Der Brief wird gerade erstellt."),
        style="primary",
    )
)


def _may_withdraw(case: Case, user: User) -> bool:
    standing = standing_for(case, user)
    return case.is_open and any(party.pk in standing for party in who_agrees(case))


register(
    CaseAct(
        key="withdraw",
        kind=KIND,
        who=Who.PARTY,
        by_all=True,
        label=gettext_lazy("Antrag zurückziehen"),
        verb=lambda case, _data, by: withdraw(case, by=by),
        when=_may_withdraw,
        question=gettext_lazy("Möchten Sie den Antrag zurückziehen?"),
        intro=gettext_lazy("Wir bearbeiten ihn dann nicht weiter. Sie können jederzeit einen neuen Antrag stellen."),
        yes=gettext_lazy("Ja, zurückziehen"),
        no=gettext_lazy("Nein, behalten"),
        done=gettext_lazy("Ihr Antrag ist zurückgezogen."),
        style="tertiary",
    )
)
