"""Many clients against a running portal with several server processes: never double, never lost, never a false „voll"."""

import datetime as dt
import http.client
import json
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter as Count
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from tests.appointments import setting
from tests.portal_process import Portal, running_portal

pytestmark = [pytest.mark.xdist_group("kills")]

SECONDS = 600 if "--soak" in sys.argv else 30
CLIENTS = 24
COUNTERS = 5
SERVICES = {"personalausweis": 12, "reisepass": 24, "kirchenaustritt": 48}
# What the database notes about rows comes a moment before they are there for others, or gone.
TOLERANCE = dt.timedelta(milliseconds=300)
AUDIT = """
CREATE TABLE audit (id uuid, counter_id bigint, during tstzrange, status text, at timestamptz, gone timestamptz);
CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE audit SET gone = clock_timestamp() WHERE id = OLD.id AND gone IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('held', 'reserved', 'confirmed', 'freed', 'offered') THEN
        INSERT INTO audit VALUES (NEW.id, NEW.counter_id, NEW.during, NEW.status, clock_timestamp(), NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON appointments_booking FOR EACH ROW EXECUTE FUNCTION audited();
"""


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """Two server processes of four threads each, no limits."""
    folder = Path(tempfile.mkdtemp(prefix="portal-load-"))
    options = {
        "WEB_WORKERS": "2",
        "API_RATE": "1000000/second",
        "APPOINTMENT_HOLDS_PER_HOUR": "100000000",
        "APPOINTMENT_MAILS_PER_HOUR": "100000000",
        "APPOINTMENT_HOLDS_BEFORE_PROOF": "100000000",
        "APPOINTMENT_HOLDS_PER_MINUTE": "100000000",
        # What is given back is public at once.
        "APPOINTMENT_REST_SECONDS": "0,0",
    }
    with running_portal(folder, "load", "web", **options) as running:
        running.python("-m", "tests.appointments.make", str(COUNTERS))
        with psycopg.connect(running.database_url) as connection:
            connection.execute(AUDIT)
        yield running
    shutil.rmtree(folder, ignore_errors=True)


CLOSE = """INSERT INTO appointments_closure (office_id, begins, ends, reason_de, reason_en)
           SELECT id, %s, %s, '', '' FROM catalogue_office WHERE slug = 'standesamt' RETURNING 1"""


class Client:
    """A connection that is kept alive."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)

    def ask(self, method: str, path: str, data: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer; connects anew where the server has gone."""
        body = None if data is None else json.dumps(data)
        self.connection.request(method, f"/api/v1/appointments/{path}", body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None


def wanted(service: str, start: dt.datetime) -> dict[str, Any]:
    return {"services": [service], "office": "standesamt", "starts_at": start.isoformat()}


def at_once(portal: Portal, number: int, data: dict[str, Any]) -> Count[int]:
    """So many clients send the same request at the same moment; how many got which status."""
    gate, stati = threading.Barrier(number), Count[int]()
    lock = threading.Lock()

    def one() -> None:
        client = Client(portal)
        client.connection.connect()
        gate.wait()
        status, _answer = client.ask("POST", "holds", data)
        with lock:
            stati[status] += 1

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return stati


@pytest.mark.parametrize(("counters", "time_of_day"), [(5, "09:00"), (1, "10:00")])
def test_two_hundred_at_once_get_exactly_the_seats_there_are(portal: Portal, counters: int, time_of_day: str) -> None:
    start = setting.at(time_of_day, setting.working_day(10))
    if counters < COUNTERS:
        # All but one are closed that day.
        sql = """INSERT INTO appointments_closure (office_id, counter_id, begins, ends, reason_de, reason_en)
                 SELECT c.office_id, c.id, %s, %s, '', '' FROM appointments_counter c JOIN catalogue_office o
                 ON o.id = c.office_id WHERE o.slug = 'standesamt' ORDER BY c.id LIMIT %s RETURNING 1"""
        portal.query(sql, start, start + dt.timedelta(hours=1), COUNTERS - counters)
    assert at_once(portal, 200, wanted("personalausweis", start)) == {201: counters, 409: 200 - counters}


class Browser:
    """Pages instead of the API: cookies, and the token of forms."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.cookies = portal, dict[str, str]()
        self.get("/termine/zeiten/?leistung=kirchenaustritt&personen=1")

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, address to go on to, text."""
        return self._ask("GET", path, None)

    def post(self, path: str, data: dict[str, str]) -> tuple[int, str, str]:
        """The same for a form."""
        return self._ask("POST", path, urlencode(data | {"csrfmiddlewaretoken": self.cookies["csrftoken"]}))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.portal.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _is, value = header.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()


def twice(act: Callable[[], Any]) -> list[Any]:
    """What two clicks at the same moment get."""
    gate, answers = threading.Barrier(2), list[Any]()

    def click() -> None:
        gate.wait()
        answers.append(act())

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def chosen(start: dt.datetime, **more: str) -> dict[str, str]:
    zeit = f"standesamt.{int(start.timestamp() // 60)}"
    return {"leistung": "kirchenaustritt", "personen": "1", "zeit": zeit, **more}


def test_double_clicks_take_and_confirm_once(portal: Portal) -> None:
    browser, day = Browser(portal), setting.working_day(12)
    # Not even a session is there yet: of two clicks one time comes.
    answers = twice(lambda: browser.post("/termine/halten/", chosen(setting.at("09:00", day))))
    assert {status for status, _where, _text in answers} == {302}
    held = "SELECT count(*) FROM appointments_booking WHERE status = 'held' AND starts_at = %s AND expires_at > now()"
    assert portal.query(held, setting.at("09:00", day)) == [(1,)]
    [details] = {where for _status, where, _text in answers}
    who = {"name": "Zoë", "email": "doppelklick@example.org", "phone": ""}
    twice(lambda: browser.post(details, chosen(setting.at("09:00", day)) | who))
    mail = "SELECT body FROM core_outgoingemail WHERE to_address = 'doppelklick@example.org' AND purpose = %s"
    [(body,)] = portal.query(mail, "appointment_confirm")
    link = re.search(r"https?://[^/]+(/\S+bestaetigen/)", str(body))
    assert link
    answers = twice(lambda: browser.post(link[1], {}))
    assert {status for status, _where, _text in answers} == {302}
    assert len(portal.query(mail, "appointment_confirmed")) == 1


def test_move_that_fails_keeps_the_old_time(portal: Portal) -> None:
    day = setting.working_day(14)
    token = confirmed_by_mail(portal, setting.at("09:00", day), "umzug@example.org")
    stands = "SELECT status FROM appointments_booking WHERE email = 'umzug@example.org' AND starts_at = %s"
    # All counters are taken at the time that is wanted.
    for _ in range(COUNTERS):
        assert Client(portal).ask("POST", "holds", wanted("kirchenaustritt", setting.at("10:00", day)))[0] == 201
    browser = Browser(portal)
    _status, opened, _text = browser.get(f"/termine/link/{token}/")
    token = opened.split("/")[-2]
    _status, where, _text = browser.post("/termine/halten/", chosen(setting.at("10:00", day), verschieben=token))
    assert "/zeiten/" in where
    assert portal.query(stands, setting.at("09:00", day)) == [("confirmed",)]
    # The new time runs out while somebody looks at it.
    _status, details, _text = browser.post("/termine/halten/", chosen(setting.at("11:00", day), verschieben=token))
    portal.query(
        "UPDATE appointments_booking SET expires_at = now() WHERE starts_at = %s RETURNING 1", setting.at("11:00", day)
    )
    for _ in range(COUNTERS):
        Client(portal).ask("POST", "holds", wanted("kirchenaustritt", setting.at("11:00", day)))
    status, _where, _text = browser.post(details, chosen(setting.at("11:00", day), verschieben=token))
    assert status == 409
    assert portal.query(stands, setting.at("09:00", day)) == [("confirmed",)]


def confirmed_by_mail(portal: Portal, start: dt.datetime, email: str) -> str:
    """A confirmed appointment; the token of its link."""
    client = Client(portal)
    _status, held = client.ask("POST", "holds", wanted("kirchenaustritt", start))
    client.ask("POST", f"holds/{held['token']}/confirm", {"name": "Zoë", "email": email})
    body = str(portal.query("SELECT body FROM core_outgoingemail WHERE to_address = %s", email)[0][0])
    code = re.search(r"\b[0-9]{6}\b", body)
    assert code
    _status, answer = client.ask("POST", f"holds/{held['token']}/confirm", {"code": code[0]})
    return str(answer["token"])


class Load:
    """What the clients do and see."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.until = time.monotonic() + SECONDS
        self.lock = threading.Lock()
        self.stati: Count[str] = Count()
        self.full: list[tuple[dt.datetime, dt.datetime, dt.datetime, int]] = []
        self.stands: set[str] = set()
        self.cancelled: set[str] = set()
        day = setting.working_day(20)
        # From when on the last of these times are closed; nobody is given one after that.
        self.closed_at: dt.datetime | None = None
        self.closed = (setting.at("10:36", day), setting.at("12:00", day))
        self.starts = [setting.at("09:00", day) + dt.timedelta(minutes=12 * n) for n in range(10)]

    def run(self) -> None:
        """All clients until the time is over; the server is killed and started again in the middle."""
        threads = [threading.Thread(target=self._client, args=[n]) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS / 2)
        self.portal.kill("web")
        self.portal.start("web")
        time.sleep(SECONDS / 4)
        self.closing_at = dt.datetime.now(dt.UTC)
        self.portal.query(CLOSE, *self.closed)
        self.closed_at = dt.datetime.now(dt.UTC)
        for thread in threads:
            thread.join(SECONDS + 60)

    def _client(self, number: int) -> None:
        draw = random.Random(number)
        client, turn = Client(self.portal), 0
        while time.monotonic() < self.until:
            turn += 1
            try:
                self._visit(client, draw, f"last-{number}-{turn}@example.org")
            except (OSError, http.client.HTTPException):
                # The server has been killed.
                time.sleep(0.2)
                client = Client(self.portal)
            except Exception as error:
                self._count(f"unexpected {error!r}")
                return

    def _visit(self, client: Client, draw: random.Random, email: str) -> None:
        service = draw.choice(list(SERVICES))
        start = draw.choice(self.starts)
        before = dt.datetime.now(dt.UTC)
        status, answer = client.ask("POST", "holds", wanted(service, start))
        self._count(f"hold {status}")
        if status == 409 and answer["detail"] == "taken":
            with self.lock:
                self.full.append((before, dt.datetime.now(dt.UTC), start, SERVICES[service]))
            # Somebody gives a time back now and then.
            self._give_back(client, draw)
            return
        if status == 409 and start + dt.timedelta(minutes=SERVICES[service]) > self.closed[0]:
            # Closed meanwhile.
            return
        if status != 201:
            self._count(f"unexpected {status} {answer}")
            return
        token, reference = answer["token"], answer["reference"]
        if draw.random() < 0.2:
            # Left to lapse; made to do so at once.
            self.portal.query(
                "UPDATE appointments_booking SET expires_at = now() WHERE reference = %s AND status = 'held' RETURNING 1",
                reference,
            )
            return
        status, answer = client.ask("POST", f"holds/{token}/confirm", {"name": "Zoë", "email": email})
        self._count(f"reserve {status}")
        if status != 202:
            self._count(f"unexpected {status} {answer}")
            return
        body = str(self.portal.query("SELECT body FROM core_outgoingemail WHERE to_address = %s", email)[0][0])
        code = re.search(r"\b[0-9]{6}\b", body)
        assert code
        status, answer = client.ask("POST", f"holds/{token}/confirm", {"code": code[0]})
        self._count(f"confirm {status}")
        if status == 200:
            with self.lock:
                self.stands.add(f"{reference} {answer['token']}")

    def _give_back(self, client: Client, draw: random.Random) -> None:
        with self.lock:
            if not self.stands or draw.random() < 0.5:
                return
            chosen = draw.choice(sorted(self.stands))
            self.stands.discard(chosen)
            self.cancelled.add(chosen.split()[0])
        status, _answer = client.ask("DELETE", f"bookings/{chosen.split()[1]}")
        self._count(f"cancel {status}")

    def _count(self, what: str) -> None:
        with self.lock:
            self.stati[what] += 1


def test_mixed_visits_under_load_with_a_killed_server(portal: Portal) -> None:
    load = Load(portal)
    load.run()
    print(dict(load.stati))
    assert not [what for what in load.stati if "unexpected" in what or " 5" in what], load.stati
    assert load.stati["confirm 200"] > SECONDS
    assert len(load.full) > SECONDS
    # Never double, at any time.
    double = """SELECT count(*) FROM audit a JOIN audit b ON a.counter_id = b.counter_id AND a.id < b.id
                AND a.during && b.during
                AND tstzrange(a.at, coalesce(a.gone, 'infinity')) && tstzrange(b.at, coalesce(b.gone, 'infinity'))
                WHERE a.status = 'confirmed' AND b.status = 'confirmed'"""
    assert portal.query(double) == [(0,)]
    # Nothing is given any more at a time that has been closed; what was held before may still be let lapse.
    late = """SELECT count(*) FROM (SELECT min(at) AS given FROM audit WHERE status = 'held'
              AND during && tstzrange(%s, %s) GROUP BY id) AS holds WHERE given > %s"""
    assert portal.query(late, *load.closed, load.closed_at) == [(0,)]
    # Never lost: whatever was confirmed and not given back stands.
    standing = {
        str(row[0]) for row in portal.query("SELECT reference FROM appointments_booking WHERE status = 'confirmed'")
    }
    lost = {line.split()[0] for line in load.stands} - standing
    assert not lost
    # Of what is closed at this very moment "taken" is no lie.
    full = [f for f in load.full if f[1] < load.closing_at or f[2] + dt.timedelta(minutes=f[3]) <= load.closed[0]]
    assert len(full) > SECONDS / 2
    assert not [f for f in full if not _was_full(portal, *f)], "said to be full, and was not"


def _was_full(portal: Portal, before: dt.datetime, after: dt.datetime, start: dt.datetime, minutes: int) -> bool:
    """Whether there was an instant within the request at which every counter was taken at that time."""
    rows: Any = portal.query(
        """SELECT counter_id, at, coalesce(gone, 'infinity'::timestamptz) > %s, least(gone, %s) FROM audit
           WHERE during && tstzrange(%s, %s) AND at <= %s AND coalesce(gone, 'infinity'::timestamptz) >= %s""",
        after, after, start, start + dt.timedelta(minutes=minutes), after, before - TOLERANCE,
    )  # fmt: skip
    spans = [(counter, max(at, before), after if lasts else gone + TOLERANCE) for counter, at, lasts, gone in rows]
    instants = sorted({begin for _counter, begin, _end in spans})
    return any(len({c for c, begin, end in spans if begin <= moment <= end}) >= COUNTERS for moment in instants)
