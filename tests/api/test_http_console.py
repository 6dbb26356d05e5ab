"""The console's files are open, its start page answers inside it, and browsers are kept careful."""

from __future__ import annotations

import pytest

from tests.servers.case_api import build

START = "<!doctype html><title>console</title>"


@pytest.fixture
def api(tmp_path):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(START)
    (dist / "assets" / "app-1a2b.js").write_text("console.log(1)")
    (tmp_path / "secret.txt").write_text("secret")
    api = build(tmp_path, web_dist=dist, map_tiles="https://tiles.example.org/{z}/{x}/{y}.png")
    yield api
    api.close()


@pytest.mark.parametrize("path", ["/", "/index.html", "/review", "/cases/GP-20260701-000001", "/apiary"])
def test_the_start_page_answers_everywhere_inside_the_console(api, path):
    answer = api.client().get(path)

    assert (answer.status_code, answer.text) == (200, START)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_built_files_are_sent_and_kept_by_browsers(api):
    answer = api.client().get("/assets/app-1a2b.js")

    assert answer.text == "console.log(1)"
    assert "javascript" in answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/favicon.ico", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"],
)
def test_what_is_not_there_is_a_404_and_nothing_outside_is_shown(api, path):
    answer = api.client().get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.json()["detail"]


def test_a_path_with_a_nul_is_no_file(api):
    assert api.client().get("/a%00b").text == START


@pytest.mark.parametrize("path", ["/" + "a" * 5000, "/" + "a/" * 3000, "/" + "a" * 5000 + ".js"])
def test_a_path_too_long_for_the_disk_is_no_file(api, path):
    assert api.client().get(path).status_code == (404 if path.endswith(".js") else 200)


def test_wrong_addresses_of_the_api_are_problems_and_not_the_start_page(api):
    for path in ("/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/incidents"):
        answer = api.client().get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_policy_lets_in_only_this_server_the_maps_worker_and_its_tiles(api):
    headers = api.client().get("/").headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob: https://tiles.example.org"
    assert policy["connect-src"] == "'self' https://tiles.example.org"
    assert policy["worker-src"] == "'self' blob:"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_every_answer_carries_the_security_headers(api):
    for path in ("/", "/api/v1/incidents", "/healthz", "/assets/gone.js", "/metrics"):
        assert "default-src 'self'" in api.client().get(path).headers["content-security-policy"], path


def test_answers_of_the_api_are_not_kept_by_browsers(api):
    assert api.person("viewer").get("/api/v1/incidents").headers["cache-control"] == "no-store"


def test_without_a_built_console_a_page_says_how_to_build_it(tmp_path):
    api = build(tmp_path, web_dist=tmp_path / "nowhere")

    answer = api.client().get("/review")

    assert answer.status_code == 200
    assert "make console" in answer.text
    api.close()
