"""Files an application in the database of a running portal: ``python -m tests.journeys.make parking juergen@example.org``.

A second address is that of a citizen who has joined it by a code on paper. ``dogs`` instead of ``parking`` is a declaration
that names somebody who knows nothing of it; in ``proposed`` one of two (the third address) wants to withdraw; ``invited`` is
somebody by mail; ``letter`` is one that is done, whose check code is printed.
"""

import os
import sys

import django


def main(what: str, owner: str, joined: str = "", proposer: str = "") -> None:
    """A resident's parking permit, of two people where a second one is named; or a dog of two."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()

    from django.db import transaction

    from apps.accounts.models import User
    from apps.applications import transitions as applications
    from apps.cases import acts, invitations, proposals
    from apps.cases.models import Party
    from apps.cases.states import Way
    from tests import factories

    user = User.objects.get(email=owner)
    if what == "dogs":
        holders = [{"given_name": "Ngọc", "family_name": "Ñáñez"}]
        answers = factories.dog_answers(factories.dog("Bruno"), joint_holding=True, joint_holders=holders)
        applications.submit(factories.draft(user, "hundesteuer-anmelden", answers), by=user, way=Way.PORTAL)
        return
    case = factories.parking_case(user)
    if joined:
        account = User.objects.filter(email=joined).first() or factories.citizen(joined, "Maria", "Yıldız")
        party = factories.joint_party(case, account)
        Party.objects.filter(pk=party.pk).update(joined_by="code")
    if what == "proposed":
        withdraw = acts.get("withdraw")
        assert withdraw is not None
        proposals.propose(withdraw, case, typed={}, by=User.objects.get(email=proposer))
    if what == "letter":
        with transaction.atomic():
            # Before a worker hears of it.
            letter = factories.letter(case).letter
            factories.finished(letter)
        print(letter.check_code)
    if what == "invited":
        clerk = User.objects.get(email="karla@example.org")
        invitations.invite(factories.joint_party(case), email="eingeladen@example.org", by=clerk)


if __name__ == "__main__":
    main(*sys.argv[1:5])
