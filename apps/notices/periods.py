"""Until when somebody can act against a notice that reached them, and why until that day (core/deadlines.py)."""

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.catalogue.models import Regime
from apps.core.deadlines import (
    PORTAL,
    POST,
    NoRule,
    deadlines,
    fiction_for,
    known_by_fiction,
    month_after,
    same_day_next_month,
)
from apps.notices.models import Delivery


@dataclass(frozen=True)
class Period:
    """The day from which a notice is known to an addressee and the last day to act; ``why`` are sentences.

    Both are None where no rule tells them.
    """

    known_on: dt.date | None
    ends_on: dt.date | None
    why: list[str]


def period_of(delivery: Delivery, *, today: dt.date) -> Period | None:
    """The period that runs for whoever a letter was delivered to; None while none runs.

    Only the delivery that counts begins one, not a copy for information, nor what came back or did not arrive. Where it is
    noted that it arrived on another day than the law presumes, that day counts (§ 41 Abs. 2 Satz 3 VwVfG, § 122 Abs. 2 AO,
    § 37 Abs. 2 Satz 3 SGB X).
    """
    service = delivery.notice.case.service
    regime = service.regime if service is not None else Regime.NONE
    if regime == Regime.NONE or delivery.is_copy or delivery.letter.is_hearing or delivery.has_failed:
        return None
    retrieved = _retrieved_in_time(delivery) if regime == Regime.VWVFG else None
    by_post = delivery.posted_on is not None and (retrieved is None or retrieved > delivery.posted_on)
    if delivery.arrived_on is not None and (by_post or regime != Regime.VWVFG):
        return _from_arrival(POST if by_post else PORTAL, regime, delivery, delivery.arrived_on)
    return _presumed(delivery, regime, by_post=by_post, retrieved=retrieved, today=today)


def presumed_day(delivery: Delivery) -> dt.date | None:
    """The day on which a letter that went out counts as known if nothing else is noted of its arrival; None where no rule says."""
    service = delivery.notice.case.service
    regime = service.regime if service is not None else Regime.NONE
    if regime == Regime.NONE:
        return None
    if delivery.posted_on is not None and delivery.abroad:
        # § 122 Abs. 2 Nr. 2, § 108 Abs. 3 AO
        return month_after(delivery.posted_on) if regime == Regime.AO else None
    way, sent = (POST, delivery.posted_on) if delivery.posted_on is not None else (PORTAL, delivery.notified_on)
    if sent is None or (way, regime) == (PORTAL, Regime.VWVFG):
        return None
    return known_by_fiction(way, regime, sent)


def _presumed(
    delivery: Delivery, regime: str, *, by_post: bool, retrieved: dt.date | None, today: dt.date
) -> Period | None:
    if by_post and delivery.posted_on is not None:
        if delivery.abroad:
            return Period(None, None, [_abroad(regime)])
        return _period(POST, regime, delivery.posted_on, today=today)
    if delivery.by_post:
        return None
    if regime != Regime.VWVFG and delivery.unreachable_at is not None:
        # The mail that would count has reached nobody: what counts is that it was fetched all the same.
        day = delivery.retrieved_on
        return _from_arrival(PORTAL, regime, delivery, day) if day is not None else None
    # By the VwVfG nothing is known before it is fetched, by the others before the mail about it went out.
    sent = delivery.notified_on or retrieved
    return _period(PORTAL, regime, sent, today=today, retrieved=retrieved) if sent is not None else None


def _retrieved_in_time(delivery: Delivery) -> dt.date | None:
    """The day on which it was fetched, if that has an effect."""
    return delivery.retrieved_on if delivery.was_retrieved else None


def _abroad(regime: str) -> str:
    if regime == Regime.AO:
        return _(
            "Ins Ausland gilt der Bescheid einen Monat nach der Aufgabe zur Post als bekannt (§ 122 Abs. 2 Nr. 2 AO). Erst dann beginnt die Frist."
        )
    return _("Für Briefe ins Ausland zählt der Tag, an dem sie ankommen.")


# Where the law says that the fiction does not hold for what arrived later.
LATER_BY: dict[tuple[str, str], str] = {
    (POST, Regime.VWVFG): "§ 41 Abs. 2 Satz 3 VwVfG",
    (POST, Regime.AO): "§ 122 Abs. 2 AO",
    (POST, Regime.SGBX): "§ 37 Abs. 2 Satz 3 SGB X",
    (PORTAL, Regime.AO): "§ 122a Abs. 4 AO",
    (PORTAL, Regime.SGBX): "§ 37 Abs. 2a SGB X",
}


def _from_arrival(way: str, regime: str, delivery: Delivery, known: dt.date) -> Period:
    begins = _(
        "Angekommen am %(known)s; das ist so vermerkt. An diesem Tag ist der Bescheid bekannt gegeben (%(source)s)."
    )
    if way == PORTAL:
        begins = _(
            "Die E-Mail dazu kam später oder gar nicht an. Bekannt gegeben ist der Bescheid an dem Tag, an dem er abgerufen wurde (%(source)s): %(known)s."
        )
    elif delivery.abroad and regime != Regime.AO:
        begins = _("Angekommen am %(known)s; das ist so vermerkt. An diesem Tag ist der Bescheid bekannt gegeben.")
    why = [begins % {"known": _day(known), "source": LATER_BY[way, regime]}]
    if way == POST and delivery.abroad and regime == Regime.SGBX:
        # § 84 Abs. 1 Satz 2, § 87 Abs. 1 Satz 2 SGG; whether a case goes there is not known here.
        why.append(_("Im Ausland ist die Frist vor dem Sozialgericht drei Monate, sonst ein Monat."))
        return Period(known, None, why)
    ends = month_after(known)
    return Period(known, ends, [*why, *_ends(known, ends)])


def _period(way: str, regime: str, sent: dt.date, *, today: dt.date, retrieved: dt.date | None = None) -> Period | None:
    try:
        # What was opened before the mail about it went out counts from that day on.
        found = deadlines(way, regime, min(sent, retrieved or sent), today=today, retrieved=retrieved)
        rule = None if (way, regime) == (PORTAL, Regime.VWVFG) else fiction_for(way, regime, sent)
    except NoRule:
        return None
    known, ends = found.deemed_known, found.appeal_ends
    if known is None or ends is None:
        return None
    said = {"sent": _day(sent), "known": _day(known)}
    if rule is None:
        said["sent"] = _day(retrieved or sent)
        why = [
            _("Abgerufen am %(sent)s. Bekannt gegeben ist der Bescheid am Tag danach (§ 41 Abs. 2a VwVfG): %(known)s.")
            % said
        ]
    else:
        said |= {"number": {3: _("dritten"), 4: _("vierten")}[rule.days], "source": rule.source}
        nominal = sent + dt.timedelta(days=rule.days)
        said["nominal"] = _day(nominal)
        begins = (
            _("Zur Post gegeben am %(sent)s. Bekannt gegeben ist der Bescheid am %(number)s Tag danach (%(source)s): %(nominal)s.")
            if way == POST
            else _("E-Mail dazu verschickt am %(sent)s. Bekannt gegeben ist der Bescheid am %(number)s Tag danach, gleich wann er abgerufen wird (%(source)s): %(nominal)s.")
        )  # fmt: skip
        why = [begins % said]
        if known != nominal:
            why.append(
                _(
                    "Weil das ein Samstag, Sonntag oder Feiertag ist, zählt der nächste Werktag (§ 108 Abs. 3 AO): %(known)s."
                )
                % said
            )
    return Period(known, ends, [*why, *_ends(known, ends)])


def _ends(known: dt.date, ends: dt.date) -> list[str]:
    """Why a month's period that began on ``known`` ends on ``ends``."""
    month = same_day_next_month(known)
    why = [_("Die Frist ist ein Monat, bis %(month)s.") % {"month": _day(month)}]
    if ends != month:
        moved = _("Weil das ein Samstag, Sonntag oder Feiertag ist, endet sie am nächsten Werktag: %(ends)s.")
        why.append(moved % {"ends": _day(ends)})
    return why


def _day(day: dt.date) -> str:
    # With the day of the week: whoever reads it sees why it moved.
    return f"{date_format(day, 'l')}, {date_format(day, 'DATE_FORMAT')}"
