"""The poster empties a real ledger into a real HTTP server that answers as the world does."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from api.poster import Poster
from gridmap.incident import Incident, Stage
from gridmap.ledger import Ledger, Report
from gridmap.ledgers.sqlite import SqliteLedger

AT = datetime(2026, 7, 1, tzinfo=UTC)
PROBLEM = "application/problem+json"
Answer = Callable[[str], tuple[int, str]]


class Api:
    """A server whose answer to each idempotency key is set by the test; it remembers the keys in order."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _: (201, "application/json")
        self.keys: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers["Idempotency-Key"]
                status, kind = api.answer(key)
                api.keys.append(key)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture(scope="module")
def running_api():
    api = Api()
    yield api
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture
def api(running_api):
    running_api.keys.clear()
    running_api.answer = lambda _: (201, "application/json")
    return running_api


@pytest.fixture
def ledger(tmp_path):
    opened = SqliteLedger.open(tmp_path / "patrol.db")
    yield opened
    opened.close()


@pytest.fixture
def told() -> list[str | None]:
    return []


@pytest.fixture
def poster(api, ledger, told):
    with httpx.Client(base_url=f"http://127.0.0.1:{api.server.server_port}", trust_env=False) as client:
        yield Poster(ledger, client, wait=lambda _: True, tell=told.append, now=lambda: AT)


def put(ledger: Ledger, *incidents: str) -> None:
    """Commit one report for each name, in this order."""
    for name in incidents:
        incident = Incident(
            id=name,
            feed_id="cam",
            matter="exposed_garbage",
            label="garbage",
            view_box=(0, 0, 1, 1),
            score=0.5,
            stage=Stage.CONFIRMED,
            first_seen=AT,
            last_seen=AT,
            model_id="m",
        )
        ledger.commit([incident], [Report(name, -1, "seen", json.dumps({"incident_id": name}))])


def test_everything_is_posted_in_order_once(api, ledger, poster):
    put(ledger, "a", "b", "a", "a")

    assert poster.post_pending()
    assert poster.post_pending()
    assert api.keys == ["a:0", "b:0", "a:1", "a:2"]
    assert ledger.counts().pending == 0
    assert poster.last_post_at == AT


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, PROBLEM), (404, "text/html"), (405, PROBLEM), (302, "text/html"), (413, PROBLEM), (401, PROBLEM),
     (403, PROBLEM), (200 + 300, "text/html"), (503, PROBLEM), (400, "text/html"), (422, "text/html")],
)  # fmt: skip
def test_whatever_another_program_or_a_proxy_answers_no_report_is_given_up(api, ledger, poster, told, status, kind):
    put(ledger, "a", "b")
    api.answer = lambda _: (status, kind)

    assert not poster.post_pending()
    assert (ledger.counts().pending, ledger.counts().dead) == (2, 0)
    assert str(status) in told[-1]

    api.answer = lambda _: (201, "application/json")
    assert poster.post_pending()
    assert ledger.counts().pending == 0
    assert told[-1] is None


@pytest.mark.parametrize("status", [400, 409, 422])
def test_what_the_api_itself_refuses_for_good_is_set_aside_with_its_reason(api, ledger, poster, status):
    put(ledger, "a", "b")
    api.answer = lambda key: (status, PROBLEM) if key.startswith("a") else (201, "application/json")

    assert poster.post_pending()
    assert (ledger.counts().pending, ledger.counts().dead) == (0, 1)
    assert ledger.dead_letters()[0][1].startswith(str(status))


def test_what_was_set_aside_can_be_tried_again(api, ledger, poster):
    put(ledger, "a")
    api.answer = lambda _: (422, PROBLEM)
    poster.post_pending()
    api.answer = lambda _: (201, "application/json")

    assert ledger.revive() == 1
    assert poster.post_pending()
    assert ledger.counts().dead == ledger.counts().pending == 0


def test_an_incident_that_the_api_fails_on_holds_up_no_other(api, ledger, poster):
    """Its own later reports wait behind it; a hundred others do not."""
    put(ledger, "bad", "bad", *(f"good-{number}" for number in range(100)))
    api.answer = lambda key: (500, PROBLEM) if key.startswith("bad") else (201, "application/json")

    assert not poster.post_pending()
    assert [report.sequence for report in ledger.pending()] == [0, 1]
    assert Counter(key.split(":")[0] for key in api.keys)["bad"] == 1


def test_an_api_that_fails_on_everything_is_not_asked_for_each_report(api, ledger, poster):
    put(ledger, *(f"good-{number}" for number in range(100)))
    api.answer = lambda _: (503, PROBLEM)

    assert not poster.post_pending()
    assert len(api.keys) == 3


def test_nobody_at_the_address_is_told_and_nothing_is_lost(ledger, told):
    put(ledger, "a")
    with httpx.Client(base_url="http://127.0.0.1:9", trust_env=False) as client:
        poster = Poster(ledger, client, wait=lambda _: True, tell=told.append, now=lambda: AT)
        assert not poster.post_pending()

    assert told == ["the case API cannot be reached (ConnectError); reports wait in the outbox"]
    assert ledger.counts().pending == 1


def test_waiting_grows_while_there_is_trouble_and_ends_when_asked(ledger):
    put(ledger, "a")
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 8

    with httpx.Client(base_url="http://127.0.0.1:9", trust_env=False) as client:
        Poster(ledger, client, wait=wait, tell=lambda _: None, now=lambda: AT).run()

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
