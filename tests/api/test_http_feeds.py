"""What the patrol tells of its feeds and itself, as people see it."""

from __future__ import annotations

import pytest

from tests.servers.case_api import build, incident_id, jpeg, post_report, report

AS_JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


def health(api, *feeds, complete=False, **changes):
    """Post a health report."""
    patrol = {
        "at": api.clock().isoformat(), "started_at": "2026-07-01T08:00:00Z", "pid": 7, "feeds": 3,
        "outcomes": {"ok": 2, "dark": 1}, "visits": 100, "visits_per_s": 1.5, "late": 0, "suspects": 1,
        "incidents": 1, "outbox": 0, "model_id": "starter@1a2b3c4d", "synthetic": False, **changes,
    }  # fmt: skip
    body = {"patrol": patrol, "feeds": list(feeds), "complete": complete}
    return api.machine().post("/api/v1/feeds/health", json=body)


def feed(key, **changes):
    return {"id": key, "name": f"Camera {key}", "kind": "camera", "url": "rtsp://***@10.0.0.1/1", **changes}


def test_feeds_appear_as_reported(api):
    place = {"lon": 114.3, "lat": 30.6, "accuracy_m": 50.0, "method": "point"}
    told = feed("a", outcome="dark", failures=2, place=place, last_visit_at="2026-07-01T11:59:00Z")

    assert health(api, told).status_code == 204

    shown = api.person("viewer").get("/api/v1/feeds/a").json()
    assert {key: shown[key] for key in told} == told
    assert (shown["picture_url"], shown["picture_at"]) == (None, None)


def test_a_password_that_slips_through_is_not_kept(api):
    health(api, feed("a", url="rtsp://admin:geheim@10.0.0.1/1", detail="cannot open rtsp://admin:geheim@10.0.0.1/1"))

    assert "geheim" not in api.person("viewer").get("/api/v1/feeds").text


def test_a_partial_report_changes_some_and_a_complete_one_forgets_the_rest(api):
    viewer = api.person("viewer")
    health(api, feed("a"), feed("b"), feed("c"))
    health(api, feed("b", outcome="ok"))

    def listed():
        return [(one["id"], one["outcome"]) for one in viewer.get("/api/v1/feeds").json()["items"]]

    assert listed() == [("a", None), ("b", "ok"), ("c", None)]
    health(api, feed("c"), complete=True)
    assert listed() == [("c", None)]


def test_feeds_are_searched_and_paged(api):
    viewer = api.person("viewer")
    health(api, *(feed(f"f{n}", outcome="ok" if n % 2 else None) for n in range(5)))

    def ids(**query):
        return [one["id"] for one in viewer.get("/api/v1/feeds", params=query).json()["items"]]

    assert ids(outcome="ok") == ["f1", "f3"]
    assert ids(outcome="waiting") == ["f0", "f2", "f4"]
    assert ids(q="camera F3") == ["f3"]
    first = viewer.get("/api/v1/feeds", params={"limit": 3}).json()
    assert ids(limit=3, cursor=first["next_cursor"]) == ["f3", "f4"]
    assert viewer.get("/api/v1/feeds", params={"cursor": "nonsense"}).status_code == 422


def test_the_last_picture_replaces_the_one_before_and_has_a_new_address(api):
    machine, viewer = api.machine(), api.person("viewer")
    health(api, feed("a"))
    urls = []

    for seed in (1, 2):
        assert machine.put("/api/v1/feeds/a/picture", content=jpeg(seed), headers=AS_JPEG).status_code == 204
        shown = viewer.get("/api/v1/feeds/a").json()
        urls.append(shown["picture_url"])
        assert viewer.get(shown["picture_url"]).content == jpeg(seed)

    assert urls[0] != urls[1]
    assert shown["picture_at"] == "2026-07-01T12:00:00Z"
    etag = viewer.get(urls[1]).headers["etag"]
    assert viewer.get(urls[1], headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("key", ["..%2f..%2fcases.db", ".hidden", "a%2fb", "x" * 65, "a b"])
def test_a_feeds_id_cannot_lead_out_of_the_folder(api, tmp_path, key):
    before = sorted(tmp_path.rglob("*.jpg"))

    answer = api.machine().put(f"/api/v1/feeds/{key}/picture", content=jpeg(), headers=AS_JPEG)

    assert answer.status_code in {404, 405, 422}
    assert sorted(tmp_path.rglob("*.jpg")) == before


def test_what_is_no_jpeg_is_refused_as_a_picture(api):
    answer = api.machine().put("/api/v1/feeds/a/picture", content=b"<html>", headers=AS_JPEG)

    assert answer.status_code == 422
    assert "no JPEG" in answer.json()["detail"]


def test_a_full_disk_refuses_pictures_of_feeds_and_is_shown_as_trouble(tmp_path):
    free = [0]
    api = build(tmp_path, min_free_bytes=1, free_bytes=lambda _: free[0])
    machine = api.machine()

    refused = machine.put("/api/v1/feeds/a/picture", content=jpeg(), headers=AS_JPEG)
    assert refused.status_code == 507
    assert "0 MB left" in machine.get("/api/v1/patrol").json()["trouble"][0]

    free[0] = 10
    assert machine.put("/api/v1/feeds/a/picture", content=jpeg(), headers=AS_JPEG).status_code == 204
    assert machine.get("/api/v1/patrol").json()["trouble"] == []
    api.close()


@pytest.mark.parametrize(("path", "status"), [("/api/v1/feeds/x", 404), ("/api/v1/feeds/x/picture.jpg", 404)])
def test_an_unknown_feed_is_told_so(api, path, status):
    assert api.person("viewer").get(path).status_code == status


def test_a_feed_without_a_picture_is_told_so(api):
    health(api, feed("a"))

    answer = api.person("viewer").get("/api/v1/feeds/a/picture.jpg")

    assert answer.status_code == 410
    assert "no picture yet" in answer.json()["detail"]


def test_the_patrol_is_alive_for_a_minute_after_its_last_word(api):
    viewer = api.person("viewer")
    assert viewer.get("/api/v1/patrol").json() == {
        "alive": False, "patrol": None, "pending": 0, "last_case": None, "trouble": [],
    }  # fmt: skip
    health(api, trouble=["the camera network is slow"])
    post_report(api.machine(), report())

    now = viewer.get("/api/v1/patrol").json()
    assert (now["alive"], now["pending"], now["patrol"]["visits"]) == (True, 1, 100)
    assert now["patrol"]["trouble"] == ["the camera network is slow"]

    api.clock.forward(seconds=61)
    assert viewer.get("/api/v1/patrol").json()["alive"] is False


def test_metrics_tell_of_the_patrol(api):
    closer = {"confirmed": 5, "refuted": 2, "failed": 1, "opens": 8, "failing": 1}
    health(api, outbox=4, closer=closer)

    text = api.machine().get("/metrics").text

    assert "gridpatrol_patrol_alive 1.0" in text
    assert "gridpatrol_patrol_outbox 4.0" in text
    assert all(f"gridpatrol_closer_{name} {count}.0" in text for name, count in closer.items())
    api.clock.forward(seconds=61)
    assert "gridpatrol_patrol_alive 0.0" in api.machine().get("/metrics").text


def test_the_last_case_is_shown_with_the_patrol(api):
    operator = api.person("operator")
    for number in (1, 2):
        post_report(api.machine(), report(number))
        operator.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json={"kind": "confirm"})

    assert operator.get("/api/v1/patrol").json()["last_case"]["id"] == "GP-20260701-000002"


def test_an_operator_accepts_a_view_and_the_patrol_hears_of_the_last_one(api):
    health(api, feed("a", outcome="turned"), feed("b"))
    li, patrol = api.person("operator", "li"), api.machine()
    assert patrol.get("/api/v1/views/accepted").json() == []

    said = li.post("/api/v1/feeds/a/views", json={"note": "换了杆子"})
    api.clock.forward(minutes=1)
    again = li.post("/api/v1/feeds/a/views", json={})

    assert (said.status_code, said.json()["by"], said.json()["note"]) == (201, "li", "换了杆子")
    heard = patrol.get("/api/v1/views/accepted")
    assert heard.json() == [again.json()]
    same = patrol.get("/api/v1/views/accepted", headers={"If-None-Match": heard.headers["ETag"]})
    assert same.status_code == 304
    assert li.get("/api/v1/feeds/a/views").json() == [again.json(), said.json()]
    listed = {one["id"]: one["view_accepted"] for one in li.get("/api/v1/feeds").json()["items"]}
    assert listed == {"a": again.json(), "b": None}
    assert li.get("/api/v1/feeds/a").json()["view_accepted"] == again.json()


def test_a_view_that_is_known_is_not_accepted_anew(api):
    health(api, feed("a", outcome="ok"))

    refused = api.person("operator", "li").post("/api/v1/feeds/a/views", json={})

    assert (refused.status_code, "showed its known view" in refused.json()["detail"]) == (409, True)
    assert api.machine().get("/api/v1/views/accepted").json() == []


def test_who_may_not_judge_may_not_accept_a_view_and_there_must_be_one(api):
    health(api, feed("a"), feed("v", kind="vehicle"))
    for client in (api.person("viewer"), api.machine()):
        assert client.post("/api/v1/feeds/a/views", json={}).status_code == 403
    li = api.person("operator", "li")
    assert li.post("/api/v1/feeds/x/views", json={}).json()["detail"] == "there is no feed x"
    refused = li.post("/api/v1/feeds/v/views", json={})
    assert (refused.status_code, "no view of its own" in refused.json()["detail"]) == (422, True)
    assert api.machine().get("/api/v1/views/accepted").json() == []
