"""Changes are told as they happen, over real connections."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from api.http.events import Broadcaster
from tests.servers.case_api import build, incident_id, post_report, report

URL = "/api/v1/events"


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


class Stream:
    """An open event stream, read event by event."""

    def __init__(self, client, **headers) -> None:
        self._context = client.stream("GET", URL, headers=headers)
        self._answer = self._context.__enter__()
        self._lines = self._answer.iter_lines()
        self.headers = self._answer.headers

    def block(self) -> list[str]:
        """The lines up to the next empty one."""
        lines = []
        for line in self._lines:
            if not line:
                return lines
            lines.append(line)
        return ["end"]

    def event(self) -> tuple[str, dict, str]:
        """The next event's name, data and id; comments and hints are passed over."""
        while True:
            fields = dict(line.split(": ", 1) for line in self.block() if not line.startswith(":"))
            if "event" in fields:
                return fields["event"], json.loads(fields["data"]), fields["id"]

    def close(self) -> None:
        self._context.__exit__(None, None, None)


def followed(client, **headers) -> Stream:
    """A stream that is surely listening: its first block, which is sent after joining, has come."""
    stream = Stream(client, **headers)
    assert stream.block() == ["retry: 3000"]
    return stream


def test_reports_and_verdicts_are_told_as_they_happen(api):
    operator, machine = api.person("operator"), api.machine()
    stream = followed(operator)
    assert stream.headers["content-type"].startswith("text/event-stream")

    post_report(machine, report())
    assert stream.event()[:2] == ("incident", {"id": incident_id(1)})
    answer = operator.post(f"/api/v1/incidents/{incident_id(1)}/verdicts", json={"kind": "confirm"}).json()

    assert stream.event()[:2] == ("incident", {"id": incident_id(1)})
    assert stream.event()[:2] == ("case", {"id": answer["case_id"]})
    stream.close()


def test_a_repeated_report_is_told_once(api):
    machine = api.machine()
    stream = followed(machine)

    for body in (report(1), report(1), report(2)):
        post_report(machine, body)

    assert [stream.event()[1]["id"] for _ in range(2)] == [incident_id(1), incident_id(2)]
    stream.close()


def test_silence_is_filled_with_comments(api):
    stream = followed(api.machine())

    assert stream.block() == [": still here"]

    stream.close()


def test_who_comes_back_is_told_what_was_missed(api):
    machine = api.machine()
    stream = followed(machine)
    post_report(machine, report(1))
    last = stream.event()[2]
    stream.close()
    post_report(machine, report(2))
    post_report(machine, report(3))

    back = Stream(machine, **{"Last-Event-ID": last})

    told = [line for line in back.block() + back.block() + back.block() if line.startswith("data")]
    assert told == [f'data: {{"id": "{incident_id(number)}"}}' for number in (2, 3)]
    back.close()


@pytest.mark.parametrize("last", ["of-another-start-7", "nonsense", "12"])
def test_who_missed_too_much_is_told_to_read_again(api, last):
    post_report(api.machine(), report())

    stream = Stream(api.machine(), **{"Last-Event-ID": last})

    assert stream.event()[:2] == ("reset", {})
    stream.close()


def test_the_buffer_of_past_events_is_bounded(tmp_path):
    api = build(tmp_path, events=Broadcaster(keep=2, heartbeat_s=0.2))
    stream = followed(api.machine())
    api.deps.events.publish("patrol", {"n": 0})
    first = stream.event()[2]
    for number in range(1, 4):
        api.deps.events.publish("patrol", {"n": number})
    just = stream.event()[2]
    stream.close()

    lost, caught_up = (Stream(api.machine(), **{"Last-Event-ID": last}) for last in (first, just))

    assert lost.event()[0] == "reset"
    assert [caught_up.event()[1]["n"] for _ in range(2)] == [2, 3]
    lost.close()
    caught_up.close()
    api.close()


def test_a_listener_that_leaves_is_forgotten(api):
    stream = followed(api.machine())
    assert api.deps.events.listeners == 1

    stream.close()

    followed(api.machine()).close()  # its turn comes after the first one's end was noticed
    assert api.deps.events.listeners <= 1


def test_a_slow_listener_is_cut_off_and_holds_nobody_up():
    async def follow():
        events = Broadcaster(backlog=3, heartbeat_s=30)
        slow, quick = events.stream(None), events.stream(None)
        await anext(slow), await anext(quick)
        told = []
        for number in range(10):
            events.publish("patrol", {"n": number})
            told.append(await anext(quick))
        rest = [chunk async for chunk in slow]
        await quick.aclose()
        return told, rest, events.listeners

    told, rest, listeners = asyncio.run(follow())

    assert len(told) == 10
    assert rest == []
    assert listeners == 0


def test_a_client_that_never_reads_does_not_stop_the_server(tmp_path):
    api = build(tmp_path, events=Broadcaster(backlog=10, heartbeat_s=30))
    host, port = api.server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = f"GET {URL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.machine_token}\r\n\r\n"
        mute.sendall(request.encode())
        mute.recv(16)  # the stream has begun
        for _ in range(3000):
            api.deps.events.publish("patrol", {"filling": "x" * 2000})

        assert api.machine().get("/api/v1/incidents").status_code == 200
    api.close()


def test_a_stream_ends_after_its_life_so_that_the_caller_is_asked_again(tmp_path):
    api = build(tmp_path, events=Broadcaster(heartbeat_s=0.05, life_s=0.1))
    stream = followed(api.machine())

    while (block := stream.block()) != ["end"]:
        assert block == [": still here"]

    stream.close()
    api.close()


def test_stopping_ends_every_stream(api):
    stream = followed(api.machine())

    api.deps.events.close()

    assert stream.block() == ["end"]
    late = Stream(api.machine())
    assert (late.block(), late.block()) == (["retry: 3000"], ["end"])
    stream.close()
    late.close()
