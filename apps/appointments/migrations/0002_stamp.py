"""A change to what can be booked makes the kept pages new that offer it."""

from django.db import migrations

from apps.core.stamps import bump_on_change

TABLES = [
    "appointments_bookableservice",
    "appointments_officepolicy",
    "appointments_counter",
    "appointments_counter_services",
]


class Migration(migrations.Migration):
    dependencies = [("appointments", "0001_initial"), ("core", "0003_stamp")]

    operations = [bump_on_change(table, "catalogue") for table in TABLES]
