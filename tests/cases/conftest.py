"""Cases of several people."""

import pytest

from apps.accounts.models import User
from apps.cases.models import Case, Party
from apps.cases.states import JoinedBy
from tests import factories


@pytest.fixture
def both(parking_case: Case, juergen: User) -> Case:
    """Aylin's case, which Jürgen has joined by a code on paper."""
    party = factories.joint_party(parking_case, juergen)
    Party.objects.filter(pk=party.pk).update(joined_by=JoinedBy.CODE)
    return parking_case
