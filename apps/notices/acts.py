"""What staff can note about notices on the page of a case."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.cases.acts import CaseAct, register
from apps.cases.models import Case
from apps.notices.appeals import decided_notices, end_appeal, note_appeal
from apps.notices.forms import AppealEndForm, AppealForm
from apps.notices.models import Appeal


def _has_open_appeal(case: Case, _user: Any) -> bool:
    return Appeal.objects.open().filter(notice__case=case).exists()


def _note(_case: Case, data: dict[str, Any], by: User) -> Appeal:
    return note_appeal(**data, by=by)


def _end(_case: Case, data: dict[str, Any], by: User) -> None:
    end_appeal(data["appeal"], on=data["on"], outcome=data["outcome"], by=by)


register(
    CaseAct(
        key="appeal",
        label=_("Rechtsbehelf eingegangen"),
        form=AppealForm,
        verb=_note,
        when=lambda case, _user: decided_notices(case).exists(),
        done=_("Vermerkt. Solange der Rechtsbehelf offen ist, wird der Vorgang nicht gelöscht."),
    ),
    CaseAct(
        key="appeal_ended",
        label=_("Rechtsbehelf erledigt"),
        form=AppealEndForm,
        verb=_end,
        when=_has_open_appeal,
        done=_("Vermerkt. Die Löschfrist des Vorgangs zählt ab diesem Tag."),
    ),
)
