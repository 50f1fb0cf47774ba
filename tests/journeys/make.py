"""Files an application in the database of a running portal: ``python -m tests.journeys.make parking juergen@example.org``.

A second address is that of a citizen who has joined it by a code on paper. ``dogs`` instead of ``parking`` is a declaration
that names somebody who knows nothing of it; in ``proposed`` one of two (the third address) wants to withdraw; ``invited`` is
somebody by mail; ``letter`` is one that is done, whose check code is printed; ``posted`` one that went out by post and what came of it, with the
reference of its case and its id.
"""

import os
import sys

import django


def main(what: str, owner: str, joined: str = "", proposer: str = "") -> None:
    """A resident's parking permit, of two people where a second one is named; or a dog of two."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()

    from django.db import transaction

    from apps.accounts.models import LetterForm, User
    from apps.applications import transitions as applications
    from apps.cases import acts, invitations, proposals
    from apps.cases.models import Party
    from apps.cases.states import Way
    from apps.core.business_calendar import today
    from apps.notices import appeals, copies, corrections, transitions
    from apps.notices.models import Delivery
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
    if what == "posted":
        clerk = User.objects.get(email="karla@example.org")
        with transaction.atomic():
            delivery = factories.letter(case, remedy="Klage beim Verwaltungsgericht.")
            factories.finished(delivery.letter)
            transitions.posted([delivery], on=today(), by=clerk)
        delivery = Delivery.objects.get(pk=delivery.pk)
        corrections.arrived(delivery, how="never", on=None, reason="Sagt, es kam nichts.", by=clerk)
        corrections.arrived(delivery, how="", on=None, reason="Hat ihn gefunden.", by=clerk)
        appeals.note_appeal(
            delivery.notice, party=delivery.party, kind="objection", decider="Stadt Wolfsburg", reference="", received_on=today(),
            by=clerk,
        )  # fmt: skip
        for form in LetterForm.values:
            copies.ask_for(delivery, form, party=delivery.party, by=clerk)
        print(case.reference, delivery.pk)
    if what == "invited":
        clerk = User.objects.get(email="karla@example.org")
        invitations.invite(factories.joint_party(case), email="eingeladen@example.org", by=clerk)


if __name__ == "__main__":
    main(*sys.argv[1:5])
