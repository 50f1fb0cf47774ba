"""What staff and parties can do with an application or one of its parties."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.requests import Viewer
from apps.applications.hearings import hear, may_be_heard
from apps.applications.states import KIND, OUTCOMES_BY_TYPE
from apps.applications.transitions import withdraw
from apps.cases.acts import CaseAct, CitizenAct, PartyAct, register
from apps.cases.forms import HearingForm
from apps.cases.models import Case, Party, PartyContact
from apps.cases.proposals import is_concerned


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
        label=_("Entscheiden"),
        page=lambda case: reverse("admin:decide", args=[case.reference]),
        when=_may_be_decided,
        style="primary",
    ),
    PartyAct(
        key="hear",
        kind=KIND,
        label=_("Anhören"),
        intro=_(
            "Die Person wurde nur genannt. Sie bekommt einen Brief: was andere angegeben haben, was daraus folgt, bis wann sie "
            "sich äußern kann und woher wir ihre Daten haben (Art. 14 DSGVO). Ohne Konto steht ein Code darin, mit dem sie "
            "antwortet. Dafür muss die Anschrift geprüft sein."
        ),
        form=HearingForm,
        verb=lambda party, data, by: hear(party, due_on=data["due_on"], decided=data.get("decided", False), by=by),
        when=_may_be_heard,
        done=_("Der Brief wird gerade erstellt."),
        style="primary",
    ),
    CitizenAct(
        key="withdraw",
        kind=KIND,
        by_all=True,
        label=_("Antrag zurückziehen"),
        verb=lambda case, _data, by: withdraw(case, by=by),
        when=lambda case, user: case.is_open and is_concerned(case, user),
        question=_("Möchten Sie den Antrag zurückziehen?"),
        intro=_("Wir bearbeiten ihn dann nicht weiter. Sie können jederzeit einen neuen Antrag stellen."),
        yes=_("Ja, zurückziehen"),
        no=_("Nein, behalten"),
        done=_("Ihr Antrag ist zurückgezogen."),
        style="tertiary",
    ),
)
