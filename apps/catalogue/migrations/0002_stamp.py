"""A change to anything the catalogue shows makes its kept pages new."""

from django.db import migrations

from apps.core.stamps import bump_on_change

TABLES = [
    "catalogue_service",
    "catalogue_service_offices",
    "catalogue_service_life_situations",
    "catalogue_fee",
    "catalogue_office",
    "catalogue_lifesituation",
]


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial"), ("core", "0003_stamp")]

    operations = [bump_on_change(table, "catalogue") for table in TABLES]
