"""The acts of the spine: what can be done with a case of any kind."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.requests import Viewer
from apps.cases import transitions as verbs
from apps.cases.acts import CaseAct, register
from apps.cases.addressee import known_addressees
from apps.cases.forms import AssignForm, HandOverForm, QuestionForm, RecuseForm, asking
from apps.cases.models import Case


def _not_mine(case: Case, user: Viewer) -> bool:
    return case.is_open and case.assignee_id != user.pk


register(
    CaseAct(
        key="take",
        label=_("Übernehmen"),
        verb=lambda case, _data, by: verbs.take(case, by=by),
        done=_("Der Vorgang liegt auf Ihrem Schreibtisch."),
        when=_not_mine,
        as_shown=True,
    ),
    CaseAct(
        key="ask",
        label=_("Rückfrage stellen"),
        form=QuestionForm,
        verb=lambda case, data, by: verbs.ask(case, body=data["body"], due_on=data["due_on"], to=data.get("to"), by=by),
        done=_("Die Rückfrage ist gestellt."),
        when=lambda case, _user: verbs.can_be_asked(case, known_addressees(case)),
    ),
    CaseAct(
        key="note",
        label=_("Notiz schreiben"),
        form=asking(
            "body",
            _("Notiz"),
            missing=_("Die Notiz ist leer."),
            help_text=_("Nur für Kolleginnen und Kollegen. Teil der Akte."),
            max_length=4000,
            rows=3,
        ),
        verb=lambda case, data, by: verbs.add_note(case, body=data["body"], by=by),
        # What a clerk has typed while a colleague decided is not lost.
        when=lambda _case, _user: True,
        offered=lambda case, _user: case.is_open,
        done=_("Die Notiz ist gespeichert."),
    ),
    CaseAct(
        key="assign",
        label=_("Zuweisen"),
        form=AssignForm,
        verb=lambda case, data, by: verbs.assign(case, to=data["to"], by=by),
        done=_("Die Zuständigkeit ist geändert."),
        as_shown=True,
    ),
    CaseAct(
        key="hand_over",
        label=_("An andere Dienststelle abgeben"),
        form=HandOverForm,
        verb=lambda case, data, by: verbs.hand_over(case, department=data["department"], reason=data["reason"], by=by),
        done=_("Der Vorgang ist abgegeben."),
        as_shown=True,
    ),
    CaseAct(
        key="recuse",
        label=_("Befangenheit anzeigen"),
        form=RecuseForm,
        verb=lambda case, _data, by: verbs.recuse(case, by=by),
        when=lambda _case, _user: True,
        offered=lambda case, _user: case.is_open,
        done=_("Der Vorgang liegt nicht mehr bei Ihnen."),
        refusals={
            verbs.NobodyElse: _(
                "Außer Ihnen sieht diesen Vorgang hier niemand. Bitte geben Sie ihn an eine andere Dienststelle ab."
            )
        },
    ),
)
