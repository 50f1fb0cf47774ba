"""Hours in which people without an appointment are served, and the numbers that are left of them."""

from dataclasses import dataclass

from django.utils import timezone

from apps.appointments.reception.models import Ticket
from apps.appointments.reception.states import Source
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import local_minute, minute
from apps.appointments.timetable.models import OpeningRule
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office
from apps.core.business_calendar import is_holiday

# Numbers are given from this long before an opening.
DRAW_BEFORE = 60


class NoTickets(Exception):
    """No number is left; ``able`` is False where nobody without an appointment is served for that at all.

    ``begins`` is the minute from which numbers are given later today, if they are.
    """

    def __init__(self, *, able: bool, begins: int | None = None) -> None:
        super().__init__(able)
        self.able, self.begins = able, begins


@dataclass(frozen=True)
class Session:
    """Hours of today in which people without an appointment are served, and the numbers left for them."""

    rule: OpeningRule
    opens: int
    closes: int
    counters: list[int]
    left: int
    left_from_home: int


def sessions(office: Office) -> list[Session]:
    """Today's hours without appointments at an office that are not over yet, in order of time."""
    known = availability.rules()
    today = timezone.localdate()
    if office.pk not in known.policies or is_holiday(today):
        return []
    now = minute(timezone.now())
    skills = known.skills.get(office.pk, {})
    drawn: dict[int, list[str]] = {}
    for rule_id, source in Ticket.objects.today_at(office).exclude(rule=None).values_list("rule_id", "source"):
        drawn.setdefault(rule_id or 0, []).append(source)
    found = []
    for rule, counters in known.openings:
        if rule.office_id != office.pk or rule.audience != Audience.WALK_IN or not rule.applies_on(today):
            continue
        opens, closes = local_minute(today, rule.opens), local_minute(today, rule.closes)
        open_counters = [c for c in counters if c in skills and not _closed(known, office.pk, c, opens, closes)]
        if closes > now and open_counters:
            taken = drawn.get(rule.pk, [])
            left = max(rule.tickets - len(taken), 0)
            from_home = max(rule.home_tickets - taken.count(Source.HOME), 0)
            found.append(Session(rule, opens, closes, open_counters, left, min(left, from_home)))
    return sorted(found, key=lambda s: s.opens)


def _closed(known: availability.Rules, office: int, counter: int, opens: int, closes: int) -> bool:
    """Whether a closure covers all that is left of an opening."""
    begin = max(opens, minute(timezone.now()))
    return any(
        where == office and which in (None, counter) and span[0] <= begin and span[1] >= closes
        for where, which, span in known.closures
    )


def session_for(office: Office, visit: availability.Visit, source: str) -> Session:
    skills = availability.rules().skills.get(office.pk, {})
    now = minute(timezone.now())
    able, begins = False, None
    for session in sessions(office):
        if not any(visit.services <= skills.get(counter, frozenset()) for counter in session.counters):
            continue
        if now < session.opens - DRAW_BEFORE:
            begins = begins or session.opens - DRAW_BEFORE
            continue
        if now + visit.minutes > session.closes:
            continue
        able = True
        if (session.left_from_home if source == Source.HOME else session.left) > 0:
            return session
    raise NoTickets(able=able, begins=begins)
