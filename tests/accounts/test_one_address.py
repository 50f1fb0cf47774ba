"""The migration that leaves an account one address: what was there before, and who signs in afterwards."""

import importlib

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps

from apps.accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db
remove_others = importlib.import_module("apps.accounts.migrations.0004_one_address").remove_others


def add(user: User, email: str, *, verified: bool, primary: bool = False) -> None:
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=primary)


def addresses(user: User) -> list[tuple[str, bool, bool]]:
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


def test_further_addresses_go_and_the_proof_stays(aylin: User) -> None:
    add(aylin, "zweite@example.org", verified=True)
    add(aylin, "dritte@example.org", verified=False)
    remove_others(apps, None)
    assert addresses(aylin) == [(aylin.email, True, True)]
    assert User.objects.proven(aylin.email).exists()


def test_address_that_an_administrator_has_changed_is_the_one_that_counts(aylin: User) -> None:
    User.objects.filter(pk=aylin.pk).update(email="neu@example.org")
    remove_others(apps, None)
    assert addresses(aylin) == [("neu@example.org", True, True)]
    assert not User.objects.proven("aylin@example.org").exists()


def test_address_that_another_person_had_added_does_not_stop_it(aylin: User, juergen: User) -> None:
    add(juergen, "neu@example.org", verified=True)
    User.objects.filter(pk=aylin.pk).update(email="neu@example.org")
    remove_others(apps, None)
    assert addresses(aylin) == [("neu@example.org", True, True)]
    assert addresses(juergen) == [(juergen.email, True, True)]


def test_account_that_never_proved_anything_proves_nothing_now(db: None) -> None:
    user = User.objects.create_user("nie@example.org", factories.PASSWORD)
    add(user, "andere@example.org", verified=False)
    remove_others(apps, None)
    assert addresses(user) == []
