"""When a notice counts as known, and until when somebody can act against it: what the law computes.

Pure functions over dates; the rules are data with the day from which they hold. The ways are ``post`` and
``portal`` (retrieval from the city's own portal, with consent), the regimes those of services: ``vwvfg``, ``ao``, ``sgbx``.
"""

import calendar
import datetime as dt
from dataclasses import dataclass

from apps.core.business_calendar import next_working_day

POST, PORTAL = "post", "portal"
VWVFG, AO, SGBX = "vwvfg", "ao", "sgbx"
# Before and after these days the rules below were not read, or the holidays are not known.
FIRST_DAY, LAST_DAY = dt.date(2018, 1, 1), dt.date(2099, 12, 31)
# How long a letter waits to be fetched (§ 41 Abs. 2a Satz 4 VwVfG); AO and SGB X know no such end.
RETRIEVAL_DAYS = 10


class NoRule(ValueError):
    """No rule covers what is asked; the message is a sentence."""


@dataclass(frozen=True)
class Fiction:
    """A notice counts as known so many days after its letter went out, whether it was opened or not.

    ``valid_from`` is the first day of posting (or of the mail that tells of it) for which the rule holds. ``from_provision``
    counts from the day of provision instead. A rule that is not ``in_force`` waits for a lawyer to switch it on.
    """

    valid_from: dt.date
    days: int
    source: str
    from_provision: bool = False
    in_force: bool = True


def _third_then_fourth_day(source: str) -> tuple[Fiction, ...]:
    """The third day, since the law for the modernisation of the postal service (PostModG) of 2025 the fourth."""
    return Fiction(FIRST_DAY, 3, source), Fiction(dt.date(2025, 1, 1), 4, source)


FICTIONS: dict[tuple[str, str], tuple[Fiction, ...]] = {
    (POST, VWVFG): _third_then_fourth_day("§ 41 Abs. 2 Satz 1 VwVfG"),
    (POST, AO): _third_then_fourth_day("§ 122 Abs. 2 Nr. 1 AO"),
    (POST, SGBX): _third_then_fourth_day("§ 37 Abs. 2 Satz 1 SGB X"),
    (PORTAL, AO): (
        *_third_then_fourth_day("§ 122a Abs. 4 AO"),
        # As amended from 2027: known on the fourth day after provision. Whether this part was postponed with the rest is
        # for a lawyer to say.
        Fiction(dt.date(2027, 1, 1), 4, "§ 122a AO (ab 2027)", from_provision=True, in_force=False),
    ),
    (PORTAL, SGBX): _third_then_fourth_day("§ 37 Abs. 2a SGB X"),
}

# No letter takes longer to count as known, weekends under the AO aside.
LONGEST_FICTION = dt.timedelta(days=max(rule.days for rules in FICTIONS.values() for rule in rules))


@dataclass(frozen=True)
class Deadlines:
    """When a notice counts as known, the last day to act against it, and the last day of a provision that has ended."""

    deemed_known: dt.date | None = None
    appeal_ends: dt.date | None = None
    delivery_ended: dt.date | None = None


def provision_ends(sent: dt.date) -> dt.date:
    """The last day on which a letter can be fetched whose notification went out on ``sent``.

    Ten days, that of the mail not counted (§ 41 Abs. 2a Satz 4 VwVfG, § 187 Abs. 1 BGB); from a Saturday, Sunday or
    holiday on to the next working day (§ 31 Abs. 3 VwVfG).
    """
    return next_working_day(sent + dt.timedelta(days=RETRIEVAL_DAYS))


def same_day_next_month(known: dt.date) -> dt.date:
    """The day with the same number a month later, or the last of a month that has none (§ 188 Abs. 2 and 3 BGB)."""
    year, month = known.year + known.month // 12, known.month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, min(known.day, last))


def month_after(known: dt.date) -> dt.date:
    """The last day of a month's period that begins with what happened on ``known``.

    The day itself is not counted (§ 187 Abs. 1 BGB); the period ends on the day of the same number, or on the next working
    day (§ 193 BGB, § 31 Abs. 3 VwVfG, § 108 Abs. 3 AO, § 26 Abs. 3 SGB X, § 57 Abs. 2 VwGO with § 222 Abs. 2 ZPO).
    """
    return next_working_day(same_day_next_month(known))


def fiction_for(way: str, regime: str, sent: dt.date, *, provided: dt.date | None = None) -> Fiction:
    """The rule by which a letter counts as known that went out on ``sent``. Raises NoRule."""
    rules = FICTIONS.get((way, regime), ())
    found = [
        rule
        for rule in rules
        if rule.in_force and rule.valid_from <= sent and (provided is not None or not rule.from_provision)
    ]
    if not found:
        raise NoRule(f"No rule says when a letter counts as known: {way}, {regime}, sent on {sent}.")
    return found[-1]


def known_by_fiction(way: str, regime: str, sent: dt.date, *, provided: dt.date | None = None) -> dt.date:
    """The day on which a letter counts as known (inland; § 41 Abs. 2 VwVfG, §§ 122, 122a AO, § 37 Abs. 2 and 2a SGB X).

    Under the AO that day itself moves from a Saturday, Sunday or holiday to the next working day (§ 108 Abs. 3 AO);
    under VwVfG and SGB X it does not. Raises NoRule.
    """
    rule = fiction_for(way, regime, sent, provided=provided)
    begins = provided if rule.from_provision and provided is not None else sent
    known = begins + dt.timedelta(days=rule.days)
    return next_working_day(known) if regime == AO else known


def deadlines(
    way: str,
    regime: str,
    sent: dt.date,
    *,
    today: dt.date,
    provided: dt.date | None = None,
    retrieved: dt.date | None = None,
) -> Deadlines:
    """What follows from a letter that was posted, or whose notification was sent, on ``sent``.

    ``today`` decides only whether a provision has ended. By the portal under the VwVfG a notice counts as known on the day after its
    retrieval, and not at all if it was not fetched in time (§ 41 Abs. 2a VwVfG). Raises NoRule for what no rule covers.
    """
    for name, day in (("sent", sent), ("provided", provided), ("retrieved", retrieved)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise NoRule(f"The rules were read for {FIRST_DAY} to {LAST_DAY}; {name} is {day}.")
    if (way, regime) != (PORTAL, VWVFG):
        known = known_by_fiction(way, regime, sent, provided=provided)
        return Deadlines(known, month_after(known))
    last = provision_ends(sent)
    if retrieved is None:
        return Deadlines(delivery_ended=last if today > last else None)
    if retrieved > last:
        raise NoRule(f"The provision ended on {last}: what is retrieved on {retrieved} has no effect.")
    if retrieved < sent:
        raise NoRule(f"Nothing can be retrieved on {retrieved}, before it is told of on {sent}.")
    known = retrieved + dt.timedelta(days=1)
    return Deadlines(known, month_after(known))
