"""Loads the city's data and the cast into the database of a running portal.

Run as ``python -m tests.journeys.people`` with DATABASE_URL set.
"""

import os

import django

PASSWORD = "ein langes Passwort 42"
KARLA = "karla@example.org"
HENRIKE = "henrike@example.org"
# She leads Kita Apfelbaum.
LEYLA = "leyla@example.org"


def main() -> None:
    """Create the staff and one citizen; the journeys register the others themselves."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()
    from django.core.management import call_command

    from apps.accounts.models import Department, Membership, Profile, Role, User
    from apps.applications import transitions as applications
    from apps.cases.states import Way
    from apps.kita.facilities.models import Facility
    from apps.kita.facilities.states import KITA_HEAD
    from tests import factories

    call_command("load_wolfsburg", verbosity=0)
    call_command("load_appointments", verbosity=0)
    call_command("load_kitas", examples=True, verbosity=0)
    departments = {d.slug: d for d in Department.objects.all()}
    factories.staff(
        KARLA, "Karla", "Brandes",
        (Role.CLERK, departments["strassenverkehr"]), (Role.CLERK, departments["steuern"]),
        (Role.CLERK, departments["digitalisierung"]), (Role.CLERK, departments["buergerdienste"]),
    )  # fmt: skip
    factories.staff(HENRIKE, "Henrike", "Lüders", (Role.HEAD, departments["strassenverkehr"]))
    factories.staff("samir@example.org", "Samir", "Haddad", (Role.CDO, None))
    admin = factories.staff("admin@example.org", "Redaktion", "Portal")
    admin.is_superuser = True
    admin.save()
    leyla = factories.citizen(LEYLA, "Leyla", "Aydın")
    Membership.objects.create(user=leyla, role=KITA_HEAD, place=Facility.objects.get(slug="apfelbaum").place)
    juergen = factories.citizen("juergen@example.org", "Jürgen", "O’Neill")
    Profile.objects.create(user=juergen, street="Goethestraße", house_number="12", postcode="38440", city="Wolfsburg")
    factories.parking_case(juergen)
    factories.dog_case(juergen)
    factories.contact_case()
    # A letter for the outgoing post.
    letter = applications.submit(factories.parking_draft(juergen), by=juergen, way=Way.POST)
    applications.decide(letter, outcome="rejected", reasons="Kein Platz.", by=User.objects.get(email=KARLA))


if __name__ == "__main__":
    main()
