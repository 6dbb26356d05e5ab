"""Grid, matters, numbers and metrics."""

from __future__ import annotations

import pytest

from tests.servers.case_api import CATALOGUE, build, incident_id, post_report, report

GRID = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": "420106001001001", "street": "东湖"},
            "geometry": {"type": "Polygon", "coordinates": [[[114, 30], [115, 30], [115, 31], [114, 30]]]},
        }
    ],
}


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path, cells=GRID)
    yield api
    api.close()


def judge(client, number, **verdict):
    return client.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json=verdict)


def test_the_grid_is_sent_as_it_is_and_only_when_it_changed(api):
    viewer = api.person("viewer")

    answer = viewer.get("/api/v1/cells")
    again = viewer.get("/api/v1/cells", headers={"If-None-Match": f'W/{answer.headers["etag"]}, "x"'})

    assert answer.json() == GRID
    assert answer.headers["content-type"] == "application/geo+json"
    assert (again.status_code, again.content) == (304, b"")


def test_without_a_grid_there_are_no_cells(tmp_path):
    api = build(tmp_path)

    assert api.person("viewer").get("/api/v1/cells").json() == {"type": "FeatureCollection", "features": []}

    api.close()


def test_the_catalogue_is_listed_with_its_names_and_codes(api):
    listed = api.person("viewer").get("/api/v1/matters").json()

    assert [matter["key"] for matter in listed] == [matter.key for matter in CATALOGUE.matters]
    assert listed[0]["names"] == {"zh": "暴露垃圾", "en": "Exposed garbage"}
    assert listed[0]["labels"] == ["garbage"]


def test_statistics_count_what_came_since_and_how_often_it_was_right(api):
    operator, machine = api.person("operator"), api.machine()
    assert operator.get("/api/v1/statistics").json()["precision"] is None
    for number in range(1, 6):
        post_report(machine, report(number, feed_id="cam-1" if number < 5 else "cam-2"))
    for number, verdict in (
        (1, {"kind": "confirm"}),
        (2, {"kind": "reclass", "matter": "illegal_ad"}),
        (3, {"kind": "reject", "reason": "unclear"}),
        (4, {"kind": "merge", "into": incident_id(1)}),
    ):
        judge(operator, number, **verdict)

    counts = operator.get("/api/v1/statistics").json()

    said = [counts[name] for name in ("incidents", "pending", "confirmed", "rejected", "merged", "cases")]
    assert said == [5, 1, 2, 1, 1, 2]
    assert counts["precision"] == pytest.approx(2 / 3)
    assert counts["by_feed"] == {"cam-1": 4, "cam-2": 1}
    assert counts["by_matter"] == {"exposed_garbage": 4, "illegal_ad": 1}
    assert counts["by_cell"] == {"420106001001001": 5}
    later = operator.get("/api/v1/statistics", params={"since": "2026-07-01T13:00:00Z"}).json()
    assert later["incidents"] == 0


def test_statistics_begin_at_the_citys_midnight_when_nothing_is_asked(api):
    since = api.person("viewer").get("/api/v1/statistics").json()["since"]

    assert since == "2026-07-01T00:00:00+08:00"


def test_cases_are_filtered_and_paged(api):
    operator, machine = api.person("operator"), api.machine()
    for number in range(1, 5):
        post_report(machine, report(number, cell=None if number == 4 else report()["cell"]))
        judge(operator, number, kind="confirm")
    operator.delete(f"/api/v1/incidents/{incident_id(2)}/verdict")

    def numbers(**query):
        items = operator.get("/api/v1/cases", params=query).json()["items"]
        return [int(case["id"][-6:]) for case in items]

    assert numbers() == [4, 3, 2, 1]
    assert numbers(state="void") == [2]
    assert numbers(matter="illegal_ad") == []
    assert numbers(cell="420106001001001") == [3, 2, 1]
    assert numbers(since="2026-07-01T12:00:01Z") == []
    assert numbers(until="2026-07-01T12:00:01Z") == [4, 3, 2, 1]
    first = operator.get("/api/v1/cases", params={"limit": 3}).json()
    assert numbers(limit=3, cursor=first["next_cursor"]) == [1]


def test_metrics_count_requests_by_operation_and_tell_what_waits(api):
    machine, viewer = api.machine(), api.person("viewer")
    for number in (1, 2):
        post_report(machine, report(number))
        viewer.get(f"/api/v1/incidents/{incident_id(number)}")
    viewer.get("/api/v1/incidents/" + "f" * 32)

    text = viewer.get("/metrics").text

    assert 'gridpatrol_http_requests_total{operation="get_incident",status="200"} 2.0' in text
    assert 'gridpatrol_http_requests_total{operation="get_incident",status="404"} 1.0' in text
    assert "gridpatrol_incidents_pending 2.0" in text
    assert incident_id(1) not in text
