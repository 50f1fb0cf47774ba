"""Mailed links: their token does not stay in the address, opens nothing elsewhere, and ages in the session as well."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.appointments.booking import transitions as appointments
from apps.appointments.booking.models import LONGEST_DAYS
from apps.cases.models import Case
from apps.contact.transitions import REPLY_DAYS, reply_path
from tests.appointments import setting
from tests.conftest import SecureClient

ADDRESS = re.compile(r"/kontakt/antwort/[0-9a-f]{16}/")


def test_token_is_exchanged_for_a_handle(client: Any, contact_case: Case) -> None:
    answer = client.get(reply_path(contact_case), exchange=False)
    assert answer.status_code == 302
    assert ADDRESS.fullmatch(answer.url)
    page = client.get(answer.url)
    assert page.status_code == 200
    token = reply_path(contact_case).split("/")[-2]
    assert token not in page.content.decode()


def test_handle_opens_nothing_in_another_browser(client: Any, contact_case: Case) -> None:
    address = client.get(reply_path(contact_case), exchange=False).url
    answer = SecureClient().get(address)
    assert answer.status_code == 404
    assert "Bitte öffnen Sie den Link aus unserer E-Mail noch einmal" in answer.content.decode()
    assert SecureClient().post(address, {"body": "Hallo"}).status_code == 404


def test_link_ages_in_the_session_too(client: Any, contact_case: Case) -> None:
    address = client.get(reply_path(contact_case), exchange=False).url
    session = client.session
    session.set_expiry(REPLY_DAYS * 2 * 24 * 3600)
    session.save()
    with time_machine.travel(timezone.now() + dt.timedelta(days=REPLY_DAYS + 1)):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("place", ["", "bestaetigen/", "termin.ics"])
def test_link_of_a_booking_ages(client: Any, db: None, place: str) -> None:
    from tests.appointments.setting import confirmed

    booking = confirmed(setting.office(), "11:00")
    token = appointments.manage_token(booking)
    assert client.get(f"/termine/link/{token}/{place}").status_code in (200, 302)
    with time_machine.travel(timezone.now() + dt.timedelta(days=LONGEST_DAYS, minutes=1)):
        assert appointments.booking_for_token(token) is None
        assert SecureClient().get(f"/termine/link/{token}/{place}").status_code in (404, 410)


def test_pages_of_a_booking_name_no_token(client: Any, db: None) -> None:
    from tests.appointments.setting import confirmed

    booking = confirmed(setting.office(), "11:00")
    page = client.get(f"/termine/link/{appointments.manage_token(booking)}/").content.decode()
    assert "termin.ics" in page
    # Signed values have two colons; addresses of ours have none.
    assert not re.findall(r'(?:href|action|value)="[^"]*:[A-Za-z0-9_-]{6}:[^"]*"', page)


def test_browser_keeps_many_links_and_forgets_the_oldest(client: Any, contact_case: Case) -> None:
    from apps.core import links

    session = client.session
    session[links.SESSION_KEY] = {f"{n:016x}": "x" for n in range(links.MOST)}
    session.save()
    address = client.get(reply_path(contact_case), exchange=False).url
    assert client.get(address).status_code == 200
    kept = client.session[links.SESSION_KEY]
    assert len(kept) == links.MOST
    assert f"{0:016x}" not in kept
