"""The demonstration's samples: found in a folder, or fetched once from a real HTTP server, resumed and verified."""

from __future__ import annotations

import hashlib
import http.server
import threading

import httpx
import pytest

from api.demo.samples import Sample, SamplesMissing, obtain

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def server():
    """A server of one file that understands Range, and remembers what was asked for."""
    asked: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers.get("Range"))
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if self.headers.get("Range") else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            self.wfile.write(CONTENT[start:])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/a.jpg", asked
        httpd.shutdown()


def sample(url: str, content: bytes = CONTENT) -> Sample:
    return Sample("stills/a.jpg", url, hashlib.sha256(content).hexdigest(), "CC0", "a test")


def get(one: Sample, cache, *folders, progress=lambda *_: None):
    return obtain([one], cache, folders=folders, client=lambda: httpx.Client(trust_env=False), progress=progress)


def test_a_sample_is_fetched_once_with_progress_and_then_taken_from_the_cache(server, tmp_path):
    url, asked = server
    told = []

    first = get(sample(url), tmp_path, progress=lambda *state: told.append(state))
    second = get(sample(url), tmp_path)

    assert first == second == {"stills/a.jpg": tmp_path / "stills/a.jpg"}
    assert first["stills/a.jpg"].read_bytes() == CONTENT
    assert asked == [None]
    assert told[-1] == ("stills/a.jpg", len(CONTENT), len(CONTENT))


def test_a_broken_off_fetch_goes_on_where_it_stopped(server, tmp_path):
    url, asked = server
    (tmp_path / "stills").mkdir()
    (tmp_path / "stills/a.jpg.part").write_bytes(CONTENT[:1000])

    assert get(sample(url), tmp_path)["stills/a.jpg"].read_bytes() == CONTENT
    assert asked == ["bytes=1000-"]


def test_a_folder_that_has_the_sample_is_used_without_any_request(tmp_path):
    folder = tmp_path / "mine"
    (folder / "stills").mkdir(parents=True)
    (folder / "stills/a.jpg").write_bytes(CONTENT)

    found = get(sample("http://127.0.0.1:9/never"), tmp_path / "cache", folder)

    assert found == {"stills/a.jpg": folder / "stills/a.jpg"}


def test_a_changed_file_in_a_folder_is_not_trusted(server, tmp_path):
    url, asked = server
    (tmp_path / "mine/stills").mkdir(parents=True)
    (tmp_path / "mine/stills/a.jpg").write_bytes(b"something else")

    found = get(sample(url), tmp_path / "cache", tmp_path / "mine")

    assert found["stills/a.jpg"].read_bytes() == CONTENT
    assert asked == [None]


def test_another_content_than_promised_is_refused_and_not_kept(server, tmp_path):
    url, _ = server

    with pytest.raises(SamplesMissing, match=r"a\.jpg gave something else than stills/a\.jpg: its sha256 differs"):
        get(sample(url, b"what was promised"), tmp_path)
    assert not list(tmp_path.rglob("a.jpg*"))


def test_without_network_one_sentence_says_which_file_is_missing(tmp_path):
    with pytest.raises(SamplesMissing, match=r"stills/a\.jpg cannot be fetched from http://127\.0\.0\.1:9/x"):
        get(sample("http://127.0.0.1:9/x"), tmp_path)
