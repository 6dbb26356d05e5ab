"""Muted places over HTTP: how verdicts make and end them, and what people and the patrol do to them."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.servers.case_api import build, incident_id, jpeg, post_report, report
from tests.servers.looks import BOX, look_of
from tests.servers.postgres import postgres

LOOK = look_of()


@pytest.fixture
def api(request, tmp_path):
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    api = build(tmp_path, url=postgres().database(prepared=True) if on_postgres else None)
    yield api
    api.close()


@pytest.fixture
def li(api):
    return api.person("operator", "li")


on_both = pytest.mark.parametrize("api", ["sqlite", "postgresql"], indirect=True)


def judged(api, li, number, reason="not_there", **changes):
    """Report a finding and reject it (accept it without a reason)."""
    body = report(number) | {"box": BOX, "look": LOOK} | changes
    post_report(api.machine(), body, picture=jpeg(number)).raise_for_status()
    verdict = {"kind": "reject", "reason": reason} if reason else {"kind": "confirm"}
    li.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json=verdict).raise_for_status()
    api.clock.forward(minutes=10)


def muted(api, li, count=3):
    for number in range(1, count + 1):
        judged(api, li, number)
    return mutes(li)[0]["id"]


def mutes(li, **query):
    return li.get("/api/v1/mutes", params=query).json()["items"]


def states(li):
    return [mute["state"] for mute in mutes(li)]


@on_both
def test_a_place_rejected_three_times_is_muted_there_and_says_why(api, li):
    judged(api, li, 1)
    judged(api, li, 2, reason="wrong_class")
    assert mutes(li) == []
    judged(api, li, 3)

    (mute,) = mutes(li, state="active")
    assert (mute["feed_id"], mute["matter"], mute["state"], mute["box"]) == (
        "cam-1",
        "exposed_garbage",
        "active",
        list(BOX),
    )
    assert [ground["incident_id"] for ground in mute["grounds"]] == [incident_id(n) for n in (1, 2, 3)]
    assert [(g["reason"], g["by"]) for g in mute["grounds"]] == [
        ("not_there", "li"),
        ("wrong_class", "li"),
        ("not_there", "li"),
    ]
    assert li.get(mute["grounds"][2]["picture"]["url"]).status_code == 200
    assert mute["expires_at"][:10] == "2026-07-31"
    assert [(step["deed"], step["by"]) for step in mute["history"]] == [("muted", "li")]
    assert li.get(f"/api/v1/mutes/{mute['id']}").json() == mute
    assert [one["id"] for one in mutes(li, incident=incident_id(2))] == [mute["id"]]
    assert mutes(li, incident=incident_id(9)) == []


@pytest.mark.parametrize(
    "third",
    [
        {"reason": "duplicate"},
        {"reason": "permitted"},
        {"reason": None},
        {"feed_id": "cam-2"},
        {"matter": "illegal_ad"},
        {"box": (0.6, 0.4, 0.8, 0.7)},
        {"look": None},
    ],
    ids=lambda third: next(iter(third)),
)
def test_what_is_no_false_alarm_of_the_same_kind_at_the_same_place_does_not_count(api, li, third):
    judged(api, li, 1)
    judged(api, li, 2)
    judged(api, li, 3, **third)

    assert mutes(li) == []


def test_an_acceptance_between_begins_the_count_anew(api, li):
    for number, reason in enumerate(["not_there", "not_there", None, "not_there", "not_there"], start=1):
        judged(api, li, number, reason=reason)
    assert mutes(li) == []

    judged(api, li, 6)

    assert [ground["incident_id"] for ground in mutes(li)[0]["grounds"]] == [incident_id(n) for n in (4, 5, 6)]


def test_rejects_of_long_ago_do_not_count(api, li):
    judged(api, li, 1)
    judged(api, li, 2)
    api.clock.forward(days=31)
    wang = api.person("operator", "wang")
    judged(api, wang, 3)

    assert mutes(wang) == []


def test_a_mute_expires_by_the_clock(api, li):
    muted(api, li)
    api.clock.forward(days=30)
    li = api.person("operator", "wang")

    assert states(li) == ["expired"]
    assert mutes(li, state="active") == []
    assert len(mutes(li, state="expired")) == 1
    assert li.get("/api/v1/mutes/active").json() == []


@on_both
def test_a_mute_is_lifted_restored_and_extended_each_with_its_line(api, li):
    address = f"/api/v1/mutes/{muted(api, li)}"

    lifted = li.post(f"{address}/lift", json={"note": "the statue is gone"}).json()
    assert lifted["state"] == "lifted"
    assert li.post(f"{address}/lift", json={}).status_code == 409
    restored = li.post(f"{address}/restore", json={}).json()
    assert restored["state"] == "active"
    extended = li.post(f"{address}/extend", json={"days": 90}).json()

    assert extended["expires_at"][:10] == "2026-09-29"
    assert [(step["deed"], step["note"]) for step in extended["history"]] == [
        ("muted", ""),
        ("lifted", "the statue is gone"),
        ("restored", ""),
        ("extended", ""),
    ]
    assert li.get("/api/v1/mutes/99").status_code == 404
    assert li.post("/api/v1/mutes/99/lift", json={}).status_code == 404


def test_after_a_lift_counting_begins_anew_and_after_a_changed_look_it_does_not(api, li):
    first = muted(api, li)
    li.post(f"/api/v1/mutes/{first}/lift", json={})
    judged(api, li, 4)
    judged(api, li, 5)
    assert states(li) == ["lifted"]
    judged(api, li, 6)
    assert states(li) == ["active", "lifted"]

    seen = {"id": mutes(li)[0]["id"], "held_back": 4, "unlike": 0.8, "at": "2026-07-01T13:00:00Z", "changed": True}
    assert api.machine().post("/api/v1/mutes/seen", json={"mutes": [seen]}).status_code == 204
    assert states(li) == ["look_changed", "lifted"]
    judged(api, li, 7, look=look_of(5))

    again = mutes(li)[0]
    assert again["state"] == "active"
    assert [ground["incident_id"] for ground in again["grounds"]] == [incident_id(n) for n in (4, 5, 6, 7)]


def test_another_reject_at_a_muted_place_adds_its_look_and_an_acceptance_ends_the_mute(api, li):
    for number in (4, 5):  # raised before the mute came, judged after
        post_report(api.machine(), report(number) | {"box": BOX, "look": look_of(number)}, picture=jpeg(number))
    muted(api, li)
    verdicts = "/api/v1/incidents/{}/verdicts"

    li.post(verdicts.format(incident_id(4)), json={"kind": "reject", "reason": "not_there"})
    assert len(mutes(li)[0]["grounds"]) == 4
    assert len(li.get("/api/v1/mutes/active").json()[0]["looks"]) == 4
    li.post(verdicts.format(incident_id(5)), json={"kind": "confirm"})

    assert states(li) == ["withdrawn"]
    assert mutes(li)[0]["history"][-1]["note"] == incident_id(5)


def test_undoing_a_reject_it_rests_on_withdraws_a_mute(api, li):
    muted(api, li)
    li.delete(f"/api/v1/incidents/{incident_id(2)}/verdict")
    assert states(li) == ["withdrawn"]

    li.post(f"/api/v1/incidents/{incident_id(2)}/verdicts", json={"kind": "reject", "reason": "not_there"})

    assert states(li) == ["active", "withdrawn"]


def test_the_patrol_asks_again_at_no_cost_and_hears_of_every_change(api, li):
    machine = api.machine()
    empty = machine.get("/api/v1/mutes/active")
    muted(api, li)

    told = machine.get("/api/v1/mutes/active", headers={"If-None-Match": empty.headers["etag"]})
    again = machine.get("/api/v1/mutes/active", headers={"If-None-Match": told.headers["etag"]})

    assert (told.status_code, again.status_code) == (200, 304)
    assert told.json()[0]["looks"][0] == {"box": list(BOX), "look": LOOK}


def test_what_the_patrol_saw_is_shown_and_only_grows(api, li):
    key = muted(api, li)
    for held_back, unlike in ((7, 0.21), (3, 0.3)):
        seen = {"id": key, "held_back": held_back, "unlike": unlike, "at": "2026-07-01T13:00:00Z"}
        api.machine().post("/api/v1/mutes/seen", json={"mutes": [seen, seen | {"id": 999}]}).raise_for_status()

    (mute,) = mutes(li)
    assert (mute["held_back"], mute["unlike"], mute["state"], mute["ends_over"]) == (7, 0.3, "active", 0.55)


def test_only_operators_lift_and_only_the_patrol_tells(api, li):
    key = muted(api, li)
    seen = {"mutes": [{"id": key, "held_back": 1, "at": "2026-07-01T13:00:00Z", "changed": True}]}
    viewer = api.person("viewer")

    assert viewer.post(f"/api/v1/mutes/{key}/lift", json={}).status_code == 403
    assert api.machine().post(f"/api/v1/mutes/{key}/lift", json={}).status_code == 403
    assert li.post("/api/v1/mutes/seen", json=seen).status_code == 403
    assert len(mutes(viewer)) == 1


def test_mutes_are_paged_and_a_foreign_cursor_is_refused(api, li):
    for start, feed in ((1, "cam-1"), (11, "cam-2"), (21, "cam-3")):
        for number in range(start, start + 3):
            judged(api, li, number, feed_id=feed)

    first = li.get("/api/v1/mutes", params={"limit": 2}).json()
    second = li.get("/api/v1/mutes", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [mute["feed_id"] for mute in first["items"] + second["items"]] == ["cam-3", "cam-2", "cam-1"]
    assert second["next_cursor"] is None
    assert [mute["feed_id"] for mute in mutes(li, feed="cam-2", matter="exposed_garbage")] == ["cam-2"]
    assert li.get("/api/v1/mutes", params={"cursor": "nonsense"}).status_code == 422


def test_browsers_hear_of_a_mute(api, li):
    muted(api, li)

    told = [(event.name, json.loads(event.data)) for event in api.deps.events._past]

    assert ("mute", {"id": "1"}) in told


def test_every_order_of_verdicts_leaves_a_mute_that_rests_on_enough_standing_rejects(api, li):
    """Whatever operators say and undo, an active mute has three standing rejects behind it."""
    for number, order in enumerate(itertools.product("rua", repeat=2)):
        feed, base = f"cam-{number}", 100 * (number + 1)
        for offset in range(3):
            judged(api, li, base + offset, feed_id=feed)
        for offset, step in enumerate(order):
            address = f"/api/v1/incidents/{incident_id(base + offset)}"
            if step == "u":
                li.delete(f"{address}/verdict")
            elif step == "r":
                judged(api, li, base + 10 + offset, feed_id=feed)
            else:
                judged(api, li, base + 20 + offset, feed_id=feed, reason=None)
        for mute in mutes(li, feed=feed, state="active"):
            reviews = [li.get(f"/api/v1/incidents/{g['incident_id']}").json()["review"] for g in mute["grounds"]]
            assert len(reviews) >= 3, order
            assert set(reviews) == {"rejected"}, order


def test_the_command_lists_explains_and_lifts(api, li, tmp_path):
    api.clock.moment = datetime.now(UTC)
    muted(api, api.person("operator", "wang"))
    (tmp_path / "gridpatrol.yaml").write_text(f"version: 1\ndata_dir: {tmp_path}\n")

    def command(*arguments):
        done = CliRunner().invoke(app, ["mutes", *arguments, "--config", str(tmp_path)])
        return done.exit_code, done.stdout, done.stderr

    listed, shown = command("list"), command("show", "1")
    assert "cam-1" in listed[1]
    assert "3 rejects, 0 held back" in listed[1]
    assert shown[1].count("not_there") == 3
    assert json.loads(command("list", "--json")[1])[0]["grounds"][0]["by"] == "wang"
    assert command("lift", "1", "--note", "look again")[0] == 0
    assert command("lift", "1")[::2] == (1, "mute 1 is lifted, not active; look at it again\n")
    assert command("show", "9")[::2] == (1, "there is no mute 9\n")
    assert "command line: look again" in command("show", "1")[1]
    assert command("list", "--state", "active")[1] == "nothing is muted\n"
