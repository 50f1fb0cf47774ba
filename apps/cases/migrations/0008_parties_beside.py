"""Parties get accounts and addresses of their own, first beside what there is: whatever changes meanwhile is mirrored."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from apps.cases.migrations._parties_mirror import MIRROR, NO_MIRROR


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_country_and_recusal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="party",
            name="account",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="PartyContact",
            fields=[
                (
                    "party",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="cases.party",
                    ),
                ),
                ("street", models.CharField(blank=True, max_length=120, verbose_name="Straße")),
                ("house_number", models.CharField(blank=True, max_length=12, verbose_name="Hausnummer")),
                ("postcode", models.CharField(blank=True, max_length=10, verbose_name="Postleitzahl")),
                ("city", models.CharField(blank=True, max_length=120, verbose_name="Ort")),
                ("country", models.CharField(db_default="DE", default="DE", max_length=2, verbose_name="Land")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="E-Mail-Adresse")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="Telefon")),
            ],
            options={"verbose_name": "Kontaktdaten", "verbose_name_plural": "Kontaktdaten"},
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("wording", models.TextField(verbose_name="Wortlaut")),
                ("version", models.CharField(max_length=20, verbose_name="Fassung")),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="erteilt am")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="widerrufen am")),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="consents", to="cases.party"
                    ),
                ),
            ],
            options={
                "verbose_name": "Einwilligung in den Abruf",
                "verbose_name_plural": "Einwilligungen in den Abruf",
                "ordering": ["given_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(condition=Q(withdrawn_at=None), fields=("party",), name="consent_once"),
                    models.CheckConstraint(
                        condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
                        name="consent_ends_after_it_began",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mandate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receives", models.BooleanField(default=False, verbose_name="mit Empfangsvollmacht")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="gilt bis")),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="erteilt am")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="widerrufen am")),
                (
                    "principal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mandates", to="cases.party"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="represents", to="cases.party"
                    ),
                ),
            ],
            options={
                "verbose_name": "Vollmacht",
                "verbose_name_plural": "Vollmachten",
                "ordering": ["granted_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("principal", F("representative")), _negated=True), name="mandate_for_another"
                    ),
                    models.UniqueConstraint(condition=Q(revoked_at=None), fields=("principal",), name="mandate_once"),
                ],
            },
        ),
        migrations.RunSQL(MIRROR, NO_MIRROR),
    ]
