"""Numbers and shifts at the counters, the waiting list, whose counters they are; rules change alone."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import secrets
import uuid
from django.conf import settings
from django.db import migrations, models


TABLES = [
    "appointments_bookableservice",
    "appointments_officepolicy",
    "appointments_counter",
    "appointments_counter_services",
    "appointments_openingrule",
    "appointments_openingrule_counters",
    "appointments_closure",
]
# Whoever changes the rules waits for the holds that are under way, and those that come wait for the change: they see
# the new stamp then. So what was taken by the old rules is there when the concerned are listed.
ALONE = """
CREATE FUNCTION appointments_change_rules_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1700000000, 0);
    RETURN NULL;
END $$;
"""


def _alone(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_alone BEFORE INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION appointments_change_rules_alone()",
        f"DROP TRIGGER {table}_alone ON {table}",
    )


def _new_key():
    return secrets.token_urlsafe(24)


def _one_key_each(apps, schema_editor):
    for policy in apps.get_model("appointments", "OfficePolicy").objects.all():
        policy.terminal_key = _new_key()
        policy.save(update_fields=["terminal_key"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_stamp"),
        ("appointments", "0006_hold"),
        ("catalogue", "0002_stamp"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="kept_for",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.AddField(
            model_name="booking",
            name="call_note",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddField(
            model_name="officepolicy",
            name="department",
            field=models.ForeignKey(
                blank=True,
                help_text="Wer hier arbeitet, bedient die Schalter dieses Standorts.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.department",
                verbose_name="Dienststelle",
            ),
        ),
        migrations.AddField(
            model_name="officepolicy",
            name="terminal_key",
            field=models.CharField(default=_new_key, editable=False, max_length=40),
        ),
        migrations.RunPython(_one_key_each, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="officepolicy",
            name="terminal_key",
            field=models.CharField(default=_new_key, editable=False, max_length=40, unique=True),
        ),
        migrations.AddField(
            model_name="openingrule",
            name="home_tickets",
            field=models.PositiveSmallIntegerField(
                default=5,
                help_text="Die übrigen bleiben denen, die ohne Internet kommen.",
                validators=[django.core.validators.MaxValueValidator(500)],
                verbose_name="davon höchstens von unterwegs",
            ),
        ),
        migrations.AddField(
            model_name="openingrule",
            name="tickets",
            field=models.PositiveSmallIntegerField(
                default=10,
                help_text="Nur für Zeiten ohne Termin.",
                validators=[django.core.validators.MaxValueValidator(500)],
                verbose_name="Wartenummern je Tag",
            ),
        ),
        migrations.CreateModel(
            name="Wish",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("persons", models.PositiveSmallIntegerField(default=1, verbose_name="Personen")),
                ("first_day", models.DateField(verbose_name="frühestens am")),
                ("last_day", models.DateField(verbose_name="spätestens am")),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            choices=[
                                (0, "Montag"),
                                (1, "Dienstag"),
                                (2, "Mittwoch"),
                                (3, "Donnerstag"),
                                (4, "Freitag"),
                                (5, "Samstag"),
                                (6, "Sonntag"),
                            ]
                        ),
                        verbose_name="Wochentage",
                    ),
                ),
                ("earliest", models.TimeField(verbose_name="ab")),
                ("latest", models.TimeField(verbose_name="bis")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "Bestätigung offen"),
                            ("waiting", "wartet"),
                            ("served", "hat einen Termin"),
                            ("ended", "beendet"),
                        ],
                        default="new",
                        max_length=8,
                    ),
                ),
                ("waiting_since", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(blank=True, max_length=240, verbose_name="Name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="E-Mail-Adresse")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="Telefon")),
                ("language", models.CharField(default="de", max_length=2)),
                (
                    "office",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wishes",
                        to="catalogue.office",
                        verbose_name="Standort",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="wishes",
                        to="appointments.booking",
                    ),
                ),
                ("services", models.ManyToManyField(related_name="wishes", to="appointments.bookableservice")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="wishes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Wunsch auf der Warteliste",
                "verbose_name_plural": "Warteliste",
            },
        ),
        migrations.CreateModel(
            name="Passed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "counter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="appointments.counter"
                    ),
                ),
                (
                    "wish",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="passed", to="appointments.wish"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="booking",
            name="wish",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="offers",
                to="appointments.wish",
            ),
        ),
        migrations.CreateModel(
            name="LeadTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lead_times", to="catalogue.office"
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lead_times",
                        to="appointments.bookableservice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("office", "service", "day"), name="lead_time_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("break_since", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "counter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shifts", to="appointments.counter"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shifts", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "Schicht",
                "verbose_name_plural": "Schichten",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("counter",), name="shift_one_at_a_counter"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("user",), name="shift_one_for_a_person"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("began_at")), _connector="OR"
                        ),
                        name="shift_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("number", models.PositiveSmallIntegerField()),
                ("with_booking", models.BooleanField(default=False)),
                ("place", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[("home", "von unterwegs"), ("terminal", "am Terminal"), ("desk", "am Empfang")],
                        max_length=8,
                    ),
                ),
                ("persons", models.PositiveSmallIntegerField(default=1)),
                ("minutes", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "wartet"),
                            ("called", "aufgerufen"),
                            ("serving", "wird bedient"),
                            ("done", "bedient"),
                            ("no_show", "nicht erschienen"),
                            ("left", "Nummer zurückgegeben"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("calls", models.PositiveSmallIntegerField(default=0)),
                ("first_called_at", models.DateTimeField(blank=True, null=True)),
                ("called_at", models.DateTimeField(blank=True, null=True)),
                ("began_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "booking",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="ticket",
                        to="appointments.booking",
                    ),
                ),
                (
                    "counter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tickets",
                        to="appointments.counter",
                    ),
                ),
                (
                    "for_counter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="appointments.counter",
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="catalogue.office"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="drawn",
                        to="appointments.openingrule",
                    ),
                ),
                ("services", models.ManyToManyField(related_name="tickets", to="appointments.bookableservice")),
            ],
            options={
                "verbose_name": "Wartenummer",
                "verbose_name_plural": "Wartenummern",
                "ordering": ["day", "number"],
                "indexes": [models.Index(fields=["office", "day", "status"], name="ticket_queue_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("office", "day", "number"), name="ticket_number_unique"),
                    models.UniqueConstraint(fields=("rule", "day", "place"), name="ticket_place_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("called", "serving"))),
                        fields=("counter",),
                        name="ticket_one_at_a_counter",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "called", "serving", "done", "no_show", "left"])),
                        name="ticket_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ("called", "serving")), _negated=True),
                            models.Q(("called_at__isnull", False), ("counter__isnull", False)),
                            _connector="OR",
                        ),
                        name="ticket_called_to_a_counter",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="wish",
            index=models.Index(
                condition=models.Q(("status", "waiting")), fields=["waiting_since"], name="wish_line_idx"
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["new", "waiting", "served", "ended"])), name="wish_status_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="wish_days_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.CheckConstraint(
                condition=models.Q(("latest__gte", models.F("earliest"))), name="wish_hours_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "waiting"), _negated=True), ("waiting_since__isnull", False), _connector="OR"
                ),
                name="wish_waits_since",
            ),
        ),
        migrations.AddConstraint(
            model_name="passed",
            constraint=models.UniqueConstraint(fields=("wish", "counter", "starts_at"), name="passed_once"),
        ),
        migrations.RunSQL(ALONE, "DROP FUNCTION appointments_change_rules_alone"),
        *[_alone(table) for table in TABLES],
    ]
