"""Statuses of times that were given back; holding and confirming a time in one round trip each."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import migrations, models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper

from apps.core.stamps import bump_on_change

ACTIVE = ("held", "reserved", "confirmed", "freed", "offered")
LAPSING = ("held", "reserved", "freed", "offered")
STATUSES = [
    ("held", "gehalten"), ("reserved", "Bestätigung offen"), ("confirmed", "bestätigt"), ("cancelled", "abgesagt"),
    ("served", "bedient"), ("no_show", "nicht erschienen"), ("freed", "wird frei"), ("offered", "angeboten"),
]  # fmt: skip

FORGET = """
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM appointments_booking_services s USING appointments_booking b
WHERE b.id = s.booking_id AND b.status IN ('freed', 'offered');
DELETE FROM appointments_booking WHERE status IN ('freed', 'offered');
"""
# Takes the first free of some counters for a time, lapsed bookings out of the way first.
#
# The rules by which the caller has chosen the counters must still be those of the stamp. The shared lock keeps
# out whoever is changing the rules (they take it alone, in 0007), so that what is held by old rules is there to be
# seen once the new ones are.
#
# One hold at a time for an office and day: right without it, too, but many who delete what has lapsed and insert
# at once would wait for each other in circles, and PostgreSQL needs a second to notice.
#
# One statement looks and inserts; where somebody commits in between, the constraint makes it insert nothing
# (ON CONFLICT DO NOTHING waits for them to decide) and the next turn looks again. "full" is said only after a single
# statement has seen all counters taken at once; what has lapsed meanwhile counts as free there.
HOLD = """
CREATE FUNCTION appointments_hold(
    stamp_ bigint, office_ int, day_ int, counters_ bigint[], services_ bigint[], id_ uuid, reference_ text,
    starts_ timestamptz, ends_ timestamptz, until_ timestamptz, persons_ smallint, audience_ text, booked_by_ text,
    expires_ timestamptz, user_ bigint, language_ text, case_ bigint, replaces_ uuid, key_ text,
    OUT outcome text, OUT counter bigint
) LANGUAGE plpgsql AS $$
DECLARE
    wanted tstzrange := tstzrange(starts_, until_);
    present timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1700000000, 0);
    IF stamp_ <> coalesce((SELECT value FROM core_stamp WHERE name = 'opening'), 0) THEN
        outcome := 'stale';
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1700000000 + office_, day_);
    FOR turn IN 1..5 LOOP
        present := clock_timestamp();
        WITH lapsed AS (
            SELECT id FROM appointments_booking
            WHERE status IN ('held', 'reserved', 'freed') AND expires_at <= present
              AND counter_id = ANY(counters_) AND during && wanted
            ORDER BY id FOR UPDATE
        ), services AS (
            DELETE FROM appointments_booking_services s USING lapsed WHERE s.booking_id = lapsed.id
        )
        DELETE FROM appointments_booking b USING lapsed WHERE b.id = lapsed.id;

        INSERT INTO appointments_booking
            (id, reference, counter_id, during, starts_at, ends_at, persons, status, audience, booked_by, expires_at,
             extensions, user_id, name, email, phone, language, code_hash, code_tries, case_id, replaces_id,
             request_key, created_at, cancelled_by)
        SELECT id_, reference_, c.id, wanted, starts_, ends_, persons_, 'held', audience_, booked_by_, expires_,
               0, user_, '', '', '', language_, '', 0, case_, replaces_,
               key_, clock_timestamp(), ''
        FROM unnest(counters_) WITH ORDINALITY AS c(id, place)
        WHERE NOT EXISTS (
            SELECT 1 FROM appointments_booking b
            WHERE int8range(b.counter_id, b.counter_id, '[]') && int8range(c.id, c.id, '[]') AND b.during && wanted
              AND b.status IN ('held', 'reserved', 'confirmed', 'freed', 'offered')
        )
        ORDER BY c.place LIMIT 1
        ON CONFLICT DO NOTHING
        RETURNING counter_id INTO counter;
        IF FOUND THEN
            INSERT INTO appointments_booking_services (booking_id, bookableservice_id)
            SELECT id_, s FROM unnest(services_) AS s;
            outcome := 'held';
            RETURN;
        END IF;
        IF key_ IS NOT NULL AND EXISTS (SELECT 1 FROM appointments_booking WHERE request_key = key_) THEN
            outcome := 'known';
            RETURN;
        END IF;
        PERFORM 1 FROM unnest(counters_) AS c(id)
        WHERE NOT EXISTS (
            SELECT 1 FROM appointments_booking b
            WHERE int8range(b.counter_id, b.counter_id, '[]') && int8range(c.id, c.id, '[]') AND b.during && wanted
              AND (b.status IN ('confirmed', 'offered')
                   OR b.status IN ('held', 'reserved', 'freed') AND b.expires_at > clock_timestamp())
        ) LIMIT 1;
        IF NOT FOUND THEN
            outcome := 'full';
            RETURN;
        END IF;
    END LOOP;
    outcome := 'again';
END $$;
"""
DROP = """
DROP FUNCTION appointments_hold(
    bigint, int, int, bigint[], bigint[], uuid, text, timestamptz, timestamptz, timestamptz, smallint, text, text,
    timestamptz, bigint, text, bigint, uuid, text
)
"""
# Confirms a time unless it has lapsed or as many stand for the address as may (0: any number). Whoever deletes what
# has lapsed locks the row first: either it stands after this, or it is gone. What is null stays as it is.
CONFIRM = """
CREATE FUNCTION appointments_confirm(
    id_ uuid, most_ int, name_ text, email_ text, phone_ text, user_ bigint, case_ bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    address text := upper(coalesce(email_, (SELECT email FROM appointments_booking WHERE id = id_)));
BEGIN
    IF most_ > 0 AND address <> '' THEN
        -- One at a time for an address, or two at once would both find room.
        PERFORM pg_advisory_xact_lock(hashtextextended('appointments:' || address, 0));
        IF (SELECT count(*) FROM appointments_booking
            WHERE upper(email) = address AND status = 'confirmed' AND starts_at > clock_timestamp()) >= most_ THEN
            RETURN 'too many';
        END IF;
    END IF;
    UPDATE appointments_booking
    SET status = 'confirmed', confirmed_at = clock_timestamp(), expires_at = NULL, name = coalesce(name_, name),
        email = coalesce(email_, email), phone = coalesce(phone_, phone), user_id = coalesce(user_id, user_),
        case_id = coalesce(case_, case_id)
    WHERE id = id_ AND status IN ('held', 'reserved', 'offered') AND expires_at > clock_timestamp();
    RETURN CASE WHEN FOUND THEN 'confirmed' ELSE 'gone' END;
END $$;
"""
DROP_CONFIRM = "DROP FUNCTION appointments_confirm(uuid, int, text, text, text, bigint, bigint)"


class Migration(migrations.Migration):
    dependencies = [("appointments", "0005_opening_stamp"), ("catalogue", "0002_stamp")]

    operations = [
        migrations.RemoveConstraint("booking", "booking_counter_never_double"),
        migrations.RemoveConstraint("booking", "booking_status_known"),
        migrations.RemoveConstraint("booking", "booking_lapses_only_unconfirmed"),
        migrations.RemoveIndex("booking", "booking_lapsing_idx"),
        migrations.AlterField(
            "booking",
            "status",
            models.CharField(choices=STATUSES, default="held", max_length=9, verbose_name="Status"),
        ),
        migrations.AddConstraint(
            "booking",
            ExclusionConstraint(
                name="booking_counter_never_double",
                expressions=[
                    (
                        Func(F("counter"), F("counter"), template="int8range(%(expressions)s, '[]')"),
                        RangeOperators.OVERLAPS,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=ACTIVE),
            ),
        ),
        migrations.AddConstraint(
            "booking",
            models.CheckConstraint(
                condition=Q(status__in=[key for key, _label in STATUSES]), name="booking_status_known"
            ),
        ),
        migrations.AddConstraint(
            "booking",
            models.CheckConstraint(
                condition=Q(status__in=LAPSING, expires_at__isnull=False) | ~Q(status__in=LAPSING) & Q(expires_at=None),
                name="booking_lapses_only_unconfirmed",
            ),
        ),
        migrations.AddIndex(
            "booking",
            models.Index(fields=["expires_at"], condition=Q(status__in=LAPSING), name="booking_lapse_idx"),
        ),
        # Names and slugs of offices and services are kept with the rules.
        bump_on_change("catalogue_office", "opening"),
        bump_on_change("catalogue_service", "opening"),
        migrations.AddIndex(
            "booking",
            models.Index(Upper("email"), condition=Q(status="confirmed"), name="booking_address_idx"),
        ),
        # On the way back nothing may be left that the old constraints do not know.
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
        migrations.RunSQL(HOLD, DROP),
        migrations.RunSQL(CONFIRM, DROP_CONFIRM),
    ]
