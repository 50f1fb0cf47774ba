import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Parties may also agree to one letter for all, in their account or by a signature that the office has seen."""

    dependencies = [
        ("cases", "0020_hearing_sent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="consent",
            options={
                "ordering": ["given_at", "pk"],
                "verbose_name": "Einwilligung",
                "verbose_name_plural": "Einwilligungen",
            },
        ),
        migrations.AddField(
            model_name="consent",
            name="signature_seen_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="to",
            field=models.CharField(
                choices=[
                    ("portal", "Abruf im Portal"),
                    ("one_letter", "Ein Brief für alle gemeinsam"),
                    ("own_letter", "Ein eigener Brief"),
                ],
                db_default="portal",
                default="portal",
                max_length=12,
                verbose_name="wozu",
            ),
        ),
        migrations.AlterField(
            model_name="timelineentry",
            name="act",
            field=models.CharField(
                choices=[
                    ("submitted", "Eingegangen"),
                    ("captured", "Erfasst"),
                    ("status", "Status geändert"),
                    ("taken", "Bearbeitung begonnen"),
                    ("assigned", "Zugewiesen"),
                    ("handed_over", "An eine andere Dienststelle abgegeben"),
                    ("asked", "Rückfrage gestellt"),
                    ("answered", "Rückfrage beantwortet"),
                    ("message", "Nachricht gesendet"),
                    ("message_in", "Nachricht eingegangen"),
                    ("recused", "Wegen Befangenheit abgegeben"),
                    ("note", "Notiz geschrieben"),
                    ("decided", "Entschieden"),
                    ("withdrawn", "Zurückgezogen"),
                    ("closed", "Abgeschlossen"),
                    ("reopened", "Wieder aufgenommen"),
                    ("notice_created", "Bescheid wird erstellt"),
                    ("notice_ready", "Bescheid liegt bereit"),
                    ("notice_opened", "Bescheid geöffnet"),
                    ("notice_posted", "Bescheid zur Post gegeben"),
                    ("notice_back", "Bescheid kam mit der Post zurück"),
                    ("notice_again", "Bescheid wird erneut zugestellt"),
                    ("contact_changed", "Anschrift geändert"),
                    ("protected", "Auskunftssperre vermerkt"),
                    ("unprotected", "Auskunftssperre aufgehoben"),
                    ("checked", "Anschrift geprüft"),
                    ("code_made", "Zugangscode erstellt"),
                    ("code_void", "Zugangscode gilt nicht mehr: zu viele falsche Eingaben"),
                    ("invited", "Per E-Mail eingeladen"),
                    ("heard", "Anhörung begonnen"),
                    ("hearing_ended", "Zur Anhörung geäußert"),
                    ("hearing_waived", "Von der Anhörung abgesehen"),
                    ("no_party", "Als nicht beteiligt festgestellt"),
                    ("proposed", "Vorschlag gemacht"),
                    ("agreed", "Dem Vorschlag zugestimmt"),
                    ("released", "Vorschlag freigegeben"),
                    ("refused", "Vorschlag abgelehnt"),
                    ("taken_back", "Vorschlag zurückgenommen"),
                    ("joined", "Konto verbunden"),
                    ("mandate", "Vollmacht vermerkt"),
                    ("mandate_ended", "Vollmacht beendet"),
                    ("consent_ended", "Einwilligung in den Abruf widerrufen"),
                    ("consented", "In den Abruf eingewilligt"),
                    ("one_letter", "Mit einem Brief für alle einverstanden"),
                    ("one_letter_ended", "Einverständnis mit einem Brief für alle gestrichen"),
                    ("own_letter", "Einen eigenen Brief verlangt"),
                    ("email_back", "E-Mail kam zurück"),
                    ("file_opened", "Anlage geöffnet"),
                    ("email", "E-Mail gesendet"),
                ],
                max_length=16,
            ),
        ),
    ]
