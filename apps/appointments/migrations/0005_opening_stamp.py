"""What the offices' hours and counters depend on raises a stamp, so that workers may keep them in memory."""

from django.db import migrations

from apps.core.stamps import bump_on_change

TABLES = [
    "appointments_bookableservice",
    "appointments_officepolicy",
    "appointments_counter",
    "appointments_counter_services",
    "appointments_openingrule",
    "appointments_openingrule_counters",
    "appointments_closure",
]


class Migration(migrations.Migration):
    dependencies = [("appointments", "0004_protect"), ("core", "0004_stamp_sequence")]

    operations = [bump_on_change(table, "opening") for table in TABLES]
