"""Evidence in a bucket: whatever is wrong with it is told in a sentence, and no picture or report is lost by it."""

from __future__ import annotations

import socket
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.datafolder import DataFolder
from api.errors import EvidenceAway, EvidenceUnfit
from api.retention import Retention
from api.s3evidence import S3Evidence
from api.wiring.evidence import open_evidence
from configs.settings import EvidenceSettings
from tests.servers.case_api import build, jpeg, post_report, report
from tests.servers.cut import Cable
from tests.servers.s3 import s3

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def cable():
    cable = Cable(s3().port)
    yield cable
    cable.close()


def far(cable: Cable) -> S3Evidence:
    """A bucket at the other end of a cable."""
    return S3Evidence(replace(s3().bucket(), endpoint=f"http://127.0.0.1:{cable.port}"))


def test_while_the_server_is_away_the_report_is_not_taken_in_and_goes_through_when_it_is_back(cable, tmp_path):
    api = build(tmp_path, evidence=far(cable))
    machine = api.machine()
    cable.cut()

    away = post_report(machine, report(), picture=jpeg())

    assert away.status_code == 503
    assert away.headers["content-type"] == "application/problem+json"
    assert away.headers["retry-after"] == "2"
    assert "does not answer as it should" in machine.get("/api/v1/patrol").json()["trouble"][0]
    assert machine.get("/api/v1/incidents").json()["items"] == []
    assert post_report(machine, report(2)).status_code == 201, "a report without a picture needs no store"

    cable.mend()
    taken = post_report(machine, report(), picture=jpeg())
    assert (taken.status_code, len(taken.json()["evidence"])) == (201, 1)
    assert machine.get("/api/v1/patrol").json()["trouble"] == []

    cable.cut()
    assert post_report(machine, report(), picture=jpeg()).status_code == 200, "a repeat is answered from the record"
    api.close()


def test_a_picture_that_cannot_be_had_now_is_told_so_and_is_there_again_later(cable, tmp_path):
    api = build(tmp_path, evidence=far(cable))
    viewer = api.person("viewer")
    (shown,) = post_report(api.machine(), report(), picture=jpeg()).json()["evidence"]
    cable.cut()

    for url in (shown["url"], shown["annotated_url"]):
        answer = viewer.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")

    cable.mend()
    assert viewer.get(shown["url"]).content == jpeg()
    api.close()


def test_the_last_pictures_of_feeds_can_be_away_too(cable, tmp_path):
    api = build(tmp_path, evidence=far(cable))
    machine, as_jpeg = api.machine(), {"Content-Type": "image/jpeg"}
    cable.cut()

    answer = machine.put("/api/v1/feeds/cam-1/picture", content=jpeg(), headers=as_jpeg)

    assert answer.status_code == 503
    assert "does not answer" in machine.get("/api/v1/patrol").json()["trouble"][0]
    api.close()


def test_retention_waits_for_a_store_that_is_away(cable, tmp_path):
    store = far(cable)
    api = build(tmp_path, evidence=store)
    post_report(api.machine(), report(), picture=jpeg())
    cable.cut()
    retention = Retention(api.deps.store, store, EvidenceSettings())

    swept = retention.sweep(datetime.now(UTC))

    assert (swept.pictures, swept.orphans) == (0, 0)
    cable.mend()
    assert len(list(store.older(datetime.max.replace(tzinfo=UTC)))) == 1
    api.close()


def test_a_bucket_that_is_not_there_is_named(tmp_path):
    store = S3Evidence(s3().named("nobody-made-this/city"))

    for call in (
        lambda: store.put(jpeg(), at=NOON),
        lambda: store.read("2026/07/01/x.jpg"),
        lambda: list(store.older(NOON)),
    ):
        with pytest.raises(EvidenceAway, match="the evidence bucket nobody-made-this is not there; make it"):
            call()


def test_a_server_that_takes_a_request_and_falls_silent_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = S3Evidence(replace(s3().named("city"), endpoint=endpoint), patience_s=0.5)

        for call in (lambda: store.put(jpeg(), at=NOON), lambda: store.read("x"), lambda: list(store.older(NOON))):
            with pytest.raises(EvidenceAway, match=r"does not answer as it should \(TimeoutError\)"):
                call()


class Refusing(BaseHTTPRequestHandler):
    """Answers as an S3 server does to keys that it does not know."""

    protocol_version = "HTTP/1.1"  # for Expect: 100-continue

    def do_PUT(self):
        body = b"<?xml version='1.0'?><Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>"
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def test_keys_that_the_server_does_not_know_are_told():
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        store = S3Evidence(replace(s3().named("city"), endpoint=f"http://127.0.0.1:{server.server_port}"))

        with pytest.raises(EvidenceAway, match=r"refuses the credentials \(InvalidAccessKeyId\); mend ev") as refused:
            store.put(jpeg(), at=NOON)
        server.shutdown()

    assert "made up" not in str(refused.value)


def test_without_keys_it_is_said_where_they_belong(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    store = S3Evidence(replace(s3().bucket(), access_key=None, secret_key=None))

    with pytest.raises(EvidenceAway, match=r"refuses the credentials \(there are none\); mend evidence\.access_key"):
        store.put(jpeg(), at=NOON)


def test_keys_and_endpoint_may_come_from_the_environment(monkeypatch):
    bucket = s3().bucket()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.endpoint)
    store = S3Evidence(replace(bucket, endpoint=None, access_key=None, secret_key=None))

    assert store.read(store.put(jpeg(), at=NOON).name) == jpeg()


def test_what_answers_on_the_port_may_be_no_s3_server(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    store = S3Evidence(replace(s3().named("bucket"), endpoint=f"http://127.0.0.1:{port}"))

    with pytest.raises(EvidenceAway, match=rf"at http://127\.0\.0\.1:{port} does not answer as it should"):
        store.put(jpeg(), at=NOON)


@pytest.mark.parametrize("url", ["s3://", "s3://key:hunter2@bucket", "ftp://hunter2@h/x", "file://host/x", "file://"])
def test_a_store_of_no_known_kind_is_refused_without_showing_what_was_written(url, tmp_path):
    with pytest.raises(EvidenceUnfit, match="s3://bucket") as refused:
        open_evidence(EvidenceSettings(store=url), DataFolder(tmp_path))

    assert "hunter2" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(EvidenceUnfit, match=r"cannot be made .*mend evidence\.store"):
        open_evidence(EvidenceSettings(store=f"file://{tmp_path}/file/x"), DataFolder(tmp_path))


def test_the_missing_extra_is_told_with_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules, "api.s3evidence")

    with pytest.raises(EvidenceUnfit, match=r"needs s3fs; pip install 'gridpatrol\[s3\]'"):
        open_evidence(EvidenceSettings(store="s3://bucket"), DataFolder(tmp_path))
