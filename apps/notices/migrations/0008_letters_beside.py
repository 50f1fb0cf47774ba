"""A notice becomes what was decided, with letters and their deliveries; first beside what there is.

What was a notice is what a letter will be: its text, document and attempts stay where they are. What it has besides is
copied, by triggers, so that whatever changes meanwhile is copied, too. ``Decision`` is the name until 0010.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from apps.notices.migrations._letters_mirror import MIRROR, NO_MIRROR

PERSON = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "to": settings.AUTH_USER_MODEL}


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0007_actors_stay"),
        ("cases", "0009_carry_parties"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    # Earlier migrations of notices read how parties get letters, which goes there.
    run_before = [("cases", "0010_parties_apart")]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("result_de", models.CharField(max_length=300)),
                ("result_en", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decisions", to="cases.case"
                    ),
                ),
                ("decided_by", models.ForeignKey(null=True, **PERSON)),
            ],
            options={
                "verbose_name": "Bescheid",
                "verbose_name_plural": "Bescheide",
                "ordering": ["case", "number"],
                "constraints": [models.UniqueConstraint(fields=("case", "number"), name="notice_number_unique")],
            },
        ),
        migrations.AddField(
            model_name="notice",
            name="notice",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="letters",
                to="notices.decision",
            ),
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("is_copy", models.BooleanField(default=False)),
                ("recipients", models.JSONField(default=list)),
                (
                    "way",
                    models.CharField(
                        choices=[("portal", "zum Abruf im Portal"), ("post", "per Post")], default="post", max_length=8
                    ),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("available_until", models.DateField(blank=True, null=True)),
                ("unreachable_at", models.DateTimeField(blank=True, null=True)),
                ("posted_on", models.DateField(blank=True, null=True)),
                ("returned_on", models.DateField(blank=True, null=True)),
                (
                    "again",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="instead_of",
                        to="notices.delivery",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="notices.notice"
                    ),
                ),
                (
                    "notification",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="core.outgoingemail",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.party"),
                ),
                ("posted_by", models.ForeignKey(blank=True, null=True, **PERSON)),
                (
                    "principal",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.party"),
                ),
                ("returned_by", models.ForeignKey(blank=True, null=True, **PERSON)),
                ("also_to", models.ManyToManyField(related_name="+", to="cases.party")),
            ],
            options={
                "verbose_name": "Zustellung",
                "verbose_name_plural": "Zustellungen",
                "ordering": ["letter", "is_copy", "principal"],
                "indexes": [
                    models.Index(
                        condition=Q(posted_on=None) & (Q(way="post") | Q(opened_at=None)),
                        fields=["letter"],
                        name="delivery_to_post_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(returned_on=None) | Q(posted_on__isnull=False),
                        name="delivery_returned_was_posted",
                    )
                ],
            },
        ),
        migrations.RunSQL(MIRROR, NO_MIRROR),
    ]
