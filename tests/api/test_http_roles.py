"""Who may do what: nothing but the few open addresses answers to nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.case_api import PASSWORD, WRITE, build, incident_id, jpeg, post_report, report

OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/session")}


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


def routes(api):
    """Every documented method and address, with something in place of each parameter."""
    document = api.machine().get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for method in methods:
            yield method.upper(), path.replace("{evidence_id}", "1").replace("{", "").replace("}", "")


def test_every_route_but_the_open_ones_refuses_nobody(api):
    nobody = api.client(headers=WRITE)
    walked = list(routes(api))

    answers = {(method, path): nobody.request(method, path) for method, path in walked}

    assert len(walked) > 20
    for (method, path), answer in answers.items():
        if (method, path) in OPEN:
            assert answer.status_code != 401 or path == "/api/v1/session", path
        else:
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic dXNlcjpwYXNz", "gibberish"])
def test_a_wrong_token_is_nobody(api, header):
    assert api.client(headers={"Authorization": header}).get("/api/v1/incidents").status_code == 401


def test_a_wrong_cookie_is_nobody(api):
    client = api.client(cookies={"gridpatrol_session": "made-up"})

    assert client.get("/api/v1/incidents").status_code == 401


@pytest.mark.parametrize(
    ("role", "reads", "judges", "reports"),
    [
        ("viewer", True, False, False),
        ("operator", True, True, False),
        ("admin", True, True, False),
        ("machine", True, False, True),
    ],
)
@pytest.mark.parametrize("by_token", [False, True])
def test_each_role_may_do_what_it_is_for(api, role, reads, judges, reports, *, by_token):
    post_report(api.machine(), report(), picture=jpeg())
    if by_token or role == "machine":
        client = api.client(headers={"Authorization": f"Bearer {api.deps.accounts.issue_token('x', role)}"})
    else:
        client = api.person(role)

    read = client.get("/api/v1/incidents").status_code
    judged = client.post(f"/api/v1/incidents/{incident_id(1)}/verdicts", json={"kind": "confirm"}).status_code
    undone = client.delete(f"/api/v1/incidents/{incident_id(1)}/verdict").status_code
    reported = post_report(client, report(2)).status_code
    pictured = client.put(
        "/api/v1/feeds/a/picture", content=jpeg(), headers={"Content-Type": "image/jpeg"}
    ).status_code

    assert (read == 200) is reads
    assert (judged == 201, undone == 200) == (judges, judges)
    assert (reported == 201, pictured == 204) == (reports, reports)
    assert {read, judged, undone, reported, pictured} <= {200, 201, 204, 403}


@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "XMLHttpRequest"}])
def test_a_write_that_another_site_could_cause_is_refused(api, headers):
    person = api.person("admin")
    person.headers.pop("X-Requested-With")

    answer = person.delete("/api/v1/session", headers=headers)

    assert answer.status_code == 403
    assert "X-Requested-With" in answer.json()["detail"]
    assert person.get("/api/v1/session").status_code == 200


def test_the_session_says_who_is_asking(api):
    person = api.person("operator", "li")

    assert person.get("/api/v1/session").json() == {
        "username": "li",
        "role": "operator",
        "one_time_password": False,
        "city": "Testville",
        "notice": "demonstration",
        "map_tiles": None,
        "timezone": "Asia/Shanghai",
    }


def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(tmp_path):
    api = build(tmp_path, secure_cookie=True)
    api.deps.accounts.create("li", PASSWORD)

    answer = api.client().post("/api/v1/session", json={"username": "li", "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" in cookie
    api.close()


def test_logging_out_ends_the_session_and_not_only_the_cookie(api):
    person = api.person("viewer")
    secret = person.cookies["gridpatrol_session"]

    assert person.delete("/api/v1/session").status_code == 204

    again = api.client(cookies={"gridpatrol_session": secret})
    assert again.get("/api/v1/session").status_code == 401


def test_a_session_lasts_twelve_hours_from_its_last_use(api):
    person = api.person("viewer")
    for _ in range(3):
        api.clock.forward(hours=11)
        assert person.get("/api/v1/session").status_code == 200

    api.clock.forward(hours=12, seconds=1)

    assert person.get("/api/v1/session").status_code == 401


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(api):
    person = api.person("viewer", "li")
    elsewhere = api.client(headers=WRITE)
    elsewhere.post("/api/v1/session", json={"username": "li", "password": PASSWORD})

    wrong = person.post("/api/v1/session/password", json={"current": "guess", "new": "another long one"})
    short = person.post("/api/v1/session/password", json={"current": PASSWORD, "new": "short"})
    same = person.post("/api/v1/session/password", json={"current": PASSWORD, "new": PASSWORD})
    right = person.post("/api/v1/session/password", json={"current": PASSWORD, "new": "another long one"})

    assert (wrong.status_code, short.status_code, same.status_code, right.status_code) == (422, 422, 422, 200)
    assert person.get("/api/v1/session").status_code == 200
    assert elsewhere.get("/api/v1/session").status_code == 401
    fresh = api.client().post("/api/v1/session", json={"username": "li", "password": "another long one"})
    assert fresh.status_code == 200


def test_after_five_wrong_passwords_the_name_is_locked_for_a_while(api):
    api.deps.accounts.create("li", PASSWORD)
    client = api.client()

    def log_in(password, name="li"):
        return client.post("/api/v1/session", json={"username": name, "password": password})

    assert [log_in("wrong").status_code for _ in range(5)] == [401] * 5
    locked = log_in(PASSWORD)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= 60

    api.clock.forward(seconds=61)
    assert log_in(PASSWORD).status_code == 200
    assert [log_in("wrong").status_code for _ in range(5)] == [401] * 5


def test_wrong_passwords_sent_at_once_are_locked_as_well(api):
    api.deps.accounts.create("li", PASSWORD)
    client, entry = api.client(), {"username": "li", "password": "wrong"}

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: client.post("/api/v1/session", json=entry).status_code, range(40)))

    assert (statuses.count(401), statuses.count(429)) == (5, 35)


def test_wrong_current_passwords_sent_at_once_are_locked_as_well(api):
    client, entry = api.person(), {"current": "wrong", "new": "another long one"}

    with ThreadPoolExecutor(10) as pool:
        statuses = list(
            pool.map(lambda _: client.post("/api/v1/session/password", json=entry).status_code, range(20))
        )

    assert (statuses.count(422), statuses.count(429)) == (5, 15)


def test_an_unknown_name_is_answered_and_locked_like_a_known_one(api):
    api.deps.accounts.create("li", PASSWORD)
    client = api.client()
    answers = {
        name: [client.post("/api/v1/session", json={"username": name, "password": "wrong"}) for _ in range(6)]
        for name in ("li", "nobody")
    }

    told = {name: [(one.status_code, one.json()["detail"]) for one in those] for name, those in answers.items()}

    assert told["li"] == told["nobody"]
    assert told["li"][-1][0] == 429


def test_a_machines_token_has_no_session(api):
    assert api.machine().get("/api/v1/session").status_code == 403


def test_a_token_has_no_password_to_change(api):
    change = {"current": PASSWORD, "new": "another long one"}

    assert api.machine().post("/api/v1/session/password", json=change).status_code == 403


def test_a_revoked_token_is_nobody(api):
    machine = api.machine()
    assert machine.get("/api/v1/incidents").status_code == 200

    api.deps.accounts.revoke_token("patrol")

    assert machine.get("/api/v1/incidents").status_code == 401
