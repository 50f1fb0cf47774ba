"""The home page's answer while ten hostile files are checked, against its answer while none is.

A server with the options of ``make run``. Ten people upload at once, each from a network of their own and again until
the file was looked at: PDFs of a few kilobytes that unpack to gigabytes, in chains and at once, and pictures of sixty
megapixels. Meanwhile, and before and after, one visitor asks for the home page.

What a child process costs an honest person is measured as well: an ordinary two-page PDF and a photograph of twelve
megapixels, against the same work in the own process.
"""

import http.client
import io
import os
import re
import statistics
import threading
import time
import zlib
from typing import Any
from urllib.parse import urlencode

from common import alternating, note, portal, result, run

HOSTILE = 10
ROUNDS = 5
PAGE = "/"
MOST_RATIO, MOST_MORE_SECONDS = 1.5, 0.06
STEP_ANSWERS = {
    "given_name": "Zoë", "family_name": "Meier", "birth_date": "14.03.1988", "street": "Goethestraße",
    "house_number": "12a", "postcode": "38440", "city": "Wolfsburg",
}  # fmt: skip


def main() -> dict[str, Any]:
    """Start the server, ask for the page with and without hostile files, then check honest ones both ways."""
    with portal(TRUSTED_PROXY_COUNT="1"):
        from django.core.management import call_command

        from wolfsburg_portal import supervisor

        call_command("collectstatic", interactive=False, verbosity=0)
        listener = supervisor.listen(18500)
        port = supervisor.port_of(listener)
        server = supervisor.start(supervisor.web_command(listener), os.environ, listener)
        try:
            supervisor.wait_until_answering(f"http://127.0.0.1:{port}/healthz/", server)
            files = _hostile()
            people = [Person(port, f"203.0.{number}.7") for number in range(HOSTILE)]
            _page_median(port, seconds=2)
            outcomes: list[str] = []

            def with_hostile() -> float:
                return _while_checked(port, people, files, outcomes)

            measured = alternating({"ours": with_hostile, "peer": lambda: _page_median(port, seconds=3)}, rounds=ROUNDS)
            note(f"hostile files: { {o: outcomes.count(o) for o in set(outcomes)} }")
        finally:
            supervisor.stop({"web": server})
            listener.close()
        honest = _honest()
    good = all(child <= max(own * MOST_RATIO, own + MOST_MORE_SECONDS) for own, child in honest.values())
    return result(
        "upload_check", ours=measured["ours"] * 1000, peer=measured["peer"] * 1000, unit="ms", at_most=2.0,
        ok=good and "taken" not in outcomes,
        **{f"{name}_ms": [round(own * 1000), round(child * 1000)] for name, (own, child) in honest.items()},
    )  # fmt: skip


class Person:
    """Somebody at the step of an application that asks for a file."""

    def __init__(self, port: int, network: str) -> None:
        self.port, self.network, self.cookies = port, network, dict[str, str]()
        self.ask("GET", "/antraege/antrag/bewohnerparkausweis/")
        _status, step, _text = self.post("/antraege/antrag/bewohnerparkausweis/", {})
        _status, self.step, _text = self.post(step, STEP_ANSWERS)
        if "vehicle" not in self.step:
            raise RuntimeError(f"unexpected step {self.step}")

    def post(self, path: str, data: dict[str, str]) -> tuple[int, str, str]:
        """Send a form."""
        body = urlencode(data | {"csrfmiddlewaretoken": self.cookies["csrftoken"]}).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded")

    def upload(self, content: bytes) -> str:
        """Send a file until it was looked at; returns what became of it."""
        mark = "hostile-boundary"
        parts = [("csrfmiddlewaretoken", "", self.cookies["csrftoken"].encode()), ("registration", "x.pdf", content)]
        body = b"".join(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"'.encode()
            + (f'; filename="{file}"\r\nContent-Type: application/pdf' if file else "").encode()
            + b"\r\n\r\n" + value + b"\r\n"
            for name, file, value in parts
        ) + f"--{mark}--\r\n".encode()  # fmt: skip
        while True:
            status, _where, text = self.ask("POST", self.step, body, f"multipart/form-data; boundary={mark}")
            if "sehr viele Dateien" not in text:
                return "refused" if status == 422 and "kern-error" in text else "taken"
            time.sleep(0.2)

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, str, str]:
        """One request: status, address to go on to, text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"X-Forwarded-For": self.network, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _is, value = header.split(";")[0].partition("=")
            self.cookies[name] = value
        text = answer.read().decode(errors="replace")
        connection.close()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        if found:
            self.cookies.setdefault("csrftoken", found[1])
        return answer.status, answer.headers.get("Location", ""), text


def _while_checked(port: int, people: list[Person], files: list[bytes], outcomes: list[str]) -> float:
    """The page's median from the first hostile file to the last answer."""
    threads = [
        threading.Thread(target=lambda p=person, f=file: outcomes.append(p.upload(f)))
        for person, file in zip(people, files, strict=True)
    ]
    for thread in threads:
        thread.start()
    times: list[float] = []
    while any(thread.is_alive() for thread in threads):
        times.append(_page_median(port, seconds=0.2))
    # Each person's network is heard again in the next round: three broken limits close it.
    for person in people:
        first, second, third, last = person.network.split(".")
        person.network = f"{first}.{second}.{third}.{int(last) + 1}"
    return statistics.median(times)


def _page_median(port: int, *, seconds: float) -> float:
    """Median seconds of an answer, asked one after the other on a connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until or not times:
        begin = time.perf_counter()
        connection.request("GET", PAGE)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{PAGE} answers {answer.status}")
        times.append(time.perf_counter() - begin)
        time.sleep(0.002)
    connection.close()
    return statistics.median(times)


def _hostile() -> list[bytes]:
    """Ten files that each break a limit."""
    from PIL import Image

    def pdf(megabytes: int, times: int) -> bytes:
        import pikepdf

        packer, block = zlib.compressobj(9), b"\0" * (1 << 20)
        packed = b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()
        for _ in range(times - 1):
            packed = zlib.compress(packed, 9)
        made = pikepdf.new()
        stream = pikepdf.Stream(made, b"")
        filters = pikepdf.Array([pikepdf.Name.FlateDecode] * times) if times > 1 else pikepdf.Name.FlateDecode
        stream.write(packed, filter=filters)
        made.add_blank_page().Contents = stream
        out = io.BytesIO()
        made.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
        return out.getvalue()

    def picture() -> bytes:
        out = io.BytesIO()
        Image.new("1", (9000, 9000)).save(out, "PNG")
        return out.getvalue()

    files = [pdf(2048, 3), pdf(1024, 2), pdf(900, 1), picture()]
    return [files[number % len(files)] for number in range(HOSTILE)]


def _honest() -> dict[str, tuple[float, float]]:
    """Seconds in the own process and in a child, by kind of file."""
    import pikepdf
    from PIL import Image

    from apps.core import cleaning, workshop

    pdf = pikepdf.new()
    for _ in range(2):
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(b"BT /F1 12 Tf 60 700 Td (Meldebescheinigung) Tj ET " * 400)
    two_pages, photo = io.BytesIO(), io.BytesIO()
    pdf.save(two_pages)
    Image.effect_noise((4000, 3000), 40).convert("RGB").save(photo, "JPEG", quality=80)
    limits = {"max_pages": 100, "max_pixels": 60_000_000}

    def seconds(act: Any) -> float:
        begin = time.perf_counter()
        act()
        return time.perf_counter() - begin

    found = {}
    workshop.timed(abs, 1)
    for name, content in (("pdf", two_pages.getvalue()), ("photo", photo.getvalue())):
        measured = alternating(
            {
                "own": lambda c=content: seconds(lambda: cleaning.clean(c, **limits)),
                "child": lambda c=content: seconds(lambda: workshop.timed(cleaning.clean, c, **limits)),
            },
            rounds=9,
        )
        found[name] = (measured["own"], measured["child"])
    return found


if __name__ == "__main__":
    run(main)
