"""A change to what parents see of Kitas makes the kept pages new that show it."""

from django.db import migrations

from apps.core.stamps import bump_on_change

TABLES = [
    "kita_district",
    "kita_landmark",
    "kita_concept",
    "kita_carrier",
    "kita_carrieragreement",
    "kita_facility",
    "kita_facility_concepts",
    "kita_group",
    "kita_caretime",
    "kita_capacity",
    "kita_vacancy",
    "kita_round",
    "kita_criterion",
]


class Migration(migrations.Migration):
    dependencies = [("kita", "0001_initial"), ("core", "0003_stamp")]

    operations = [bump_on_change(table, "catalogue") for table in TABLES]
