"""Mails about a case: to whom they go, and to whom not."""

from typing import Any

from apps.accounts.erasure import close_account
from apps.accounts.models import User
from apps.cases.emails import notify
from apps.cases.models import Case, PartyContact
from apps.core.models import OutgoingEmail


def test_closed_account_gets_no_mail(parking_case: Case, aylin: User) -> None:
    close_account(aylin)
    OutgoingEmail.objects.all().delete()
    case = Case.objects.get(pk=parking_case.pk)
    assert notify(case, "case_question") is None
    assert not OutgoingEmail.objects.exists()


def test_deactivated_account_gets_no_mail(parking_case: Case, aylin: User, client: Any) -> None:
    User.objects.filter(pk=aylin.pk).update(is_active=False)
    PartyContact.objects.filter(party__case=parking_case).update(email="")
    OutgoingEmail.objects.all().delete()
    assert notify(Case.objects.get(pk=parking_case.pk), "case_question") is None
    assert not OutgoingEmail.objects.exists()
