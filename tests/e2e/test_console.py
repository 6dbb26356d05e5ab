"""The console in a real browser, over the real case API: what a person at the desk sees and does."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.console_browser import CHROMIUM, PLAIN, WITH_GL, needed
from tests.e2e.console_city import UNREACHABLE, USER, City, open_city
from tests.e2e.console_page import Console
from tests.servers.case_api import PASSWORD, WRITE, incident_id
from tests.servers.looks import look_of


@pytest.fixture(scope="module")
def chromium():
    """Starts browsers; skips where there is none, but not in CI."""
    missing = needed()
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the console's tests need: {missing}")
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def browser(chromium):
    browser = chromium.launch(executable_path=CHROMIUM, args=PLAIN)
    yield browser
    browser.close()


@pytest.fixture
def city(tmp_path):
    city = open_city(tmp_path)
    city.tell_health()
    yield city
    city.close()


@pytest.fixture
def console(browser: Browser, city: City):
    """A console that at the end must have asked no one else and complained of nothing."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-US")
    console = Console(context.new_page(), city)
    yield console
    context.close()
    console.assert_clean()


def test_the_first_password_opens_the_desk_and_is_then_replaced(console):
    console.page.goto(console.city.api.server.url)
    console.sign_in("not the password")
    expect(console.page.get_by_role("alert")).to_contain_text("do not match")

    console.sign_in()
    console.page.get_by_role("button", name="Choose a password").click()
    console.page.get_by_label("Current password").fill(console.city.password)
    console.page.get_by_label("New password, at least").fill(PASSWORD)
    console.page.get_by_label("New password once more").fill(PASSWORD)
    console.page.get_by_role("button", name="Save password").click()

    expect(console.page.get_by_text("Your password is saved")).to_be_visible()
    again = console.city.api.client(headers=WRITE)
    answer = again.post("/api/v1/session", json={"username": USER, "password": PASSWORD})
    assert answer.json()["one_time_password"] is False


def test_pictures_are_judged_by_keyboard_and_a_verdict_can_be_undone(console):
    for number in (1, 2, 3):
        console.city.report(number)
    page = console.open()
    expect(page.get_by_test_id("pending")).to_have_text("3 waiting")
    expect(page.get_by_text("drawn scene", exact=True)).to_be_visible()

    console.sees(1)
    page.keyboard.press("a")
    console.sees(2)
    page.keyboard.press("r")
    page.keyboard.press("1")
    console.sees(3)
    console.settled()
    assert (console.review(1), console.review(2)) == ("confirmed", "rejected")
    expect(page.get_by_test_id("decided")).to_have_text("2 decided")

    page.keyboard.press("u")
    console.sees(2)
    console.settled()
    assert console.review(2) == "pending"
    page.keyboard.press("b")
    expect(page.locator(".stage").get_by_test_id("box")).to_have_count(0)


def test_a_finding_is_reclassed_merged_or_skipped(console):
    place = {"cell": {"id": console.city.cells[0]["properties"]["id"], "relation": "inside"}}
    for number in (1, 2, 3):
        console.city.report(number, **place)
    page = console.open()
    console.sees(1)
    page.keyboard.press("s")
    console.sees(2)
    page.keyboard.press("c")
    page.keyboard.press("1")
    console.sees(3)
    page.keyboard.press("m")
    expect(page.locator(".merge-choice")).to_have_count(2)
    page.keyboard.press("2")
    console.sees(1)
    console.settled()

    assert (console.review(2), console.record(2)["matter"]) == ("confirmed", "exposed_garbage")
    assert console.record(3)["merged_into"] in {incident_id(1), incident_id(2)}
    assert console.review(1) == "pending"


def test_a_verdict_that_cannot_be_saved_brings_the_picture_back_with_the_reason(console):
    console.expected = "ERR_INTERNET_DISCONNECTED"
    for number in (1, 2):
        console.city.report(number)
    page = console.open()
    console.sees(1)
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.locator(".notice-bad")).to_contain_text("was not saved")
    console.sees(2)

    page.context.set_offline(False)
    page.keyboard.press("a")
    console.sees(1)
    expect(page.locator(".stage-warning")).to_contain_text("was not saved")
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    console.settled()
    assert (console.review(1), console.review(2)) == ("confirmed", "confirmed")


def test_a_lost_session_comes_back_to_the_same_picture_and_the_verdict_is_saved(console):
    console.expected = "401"
    for number in (1, 2):
        console.city.report(number)
    page = console.open()
    console.sees(1)
    console.city.api.clock.forward(hours=13)
    page.keyboard.press("a")
    expect(page.get_by_text("Your session ran out")).to_be_visible()
    assert console.review(1) == "pending"

    page.get_by_label("Password").fill(console.city.password)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your session ran out")).to_have_count(0)
    console.sees(2)
    console.settled()
    assert console.review(1) == "confirmed"


def test_what_someone_else_decides_is_told_on_the_picture_and_news_do_not_disturb_it(console):
    console.city.report(1)
    page = console.open()
    console.sees(1)
    console.city.report(2)
    expect(page.get_by_test_id("pending")).to_have_text("2 waiting")
    console.sees(1)

    console.judge_as("maria", 1, kind="reject", reason="permitted")
    expect(page.locator(".stage-warning")).to_contain_text("maria has just decided this: rejected")
    page.keyboard.press("a")
    page.keyboard.press("s")
    console.sees(2)
    assert console.review(1) == "rejected"


def test_an_accepted_finding_is_a_case(console):
    console.city.report(1)
    page = console.open()
    console.sees(1)
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    console.settled()

    page.get_by_role("link", name="Cases").click()
    page.locator(".row").click()
    expect(page.locator(".case-head")).to_contain_text("Illegal ad")
    expect(page.locator(".case-head")).to_contain_text("drawn scene")
    expect(page.locator(".flow-log")).to_contain_text("filed")
    expect(page.locator(".case-picture img")).to_have_js_property("naturalWidth", 960)
    page.get_by_label("State").select_option("void")
    expect(page.get_by_text("No case matches")).to_be_visible()


def test_a_case_is_looked_at_again_when_somebody_asks(console):
    console.city.report(1)
    console.judge_as("maria", 1, kind="confirm")
    page = console.open(f"#/cases/{console.record(1)['case_id']}")
    page.get_by_role("button", name="Look again now").click()
    expect(page.locator(".rechecks")).to_contain_text("waits for the camera")

    (wanted,) = console.city.patrol.get("/api/v1/rechecks/due").json()
    look = {"id": wanted["id"], "look": wanted["look"], "said": "there", "at": wanted["seen_at"]}
    console.city.patrol.post("/api/v1/rechecks/looked", json={"looks": [look]}).raise_for_status()
    expect(page.locator(".rechecks")).to_contain_text("still there")
    expect(page.locator(".flow-log")).to_contain_text("returned to its handler")


def test_a_verdict_is_taken_back_long_after_the_desk_forgot_it(console):
    console.city.report(1)
    console.judge_as("maria", 1, kind="reclass", matter="exposed_garbage")
    page = console.open(f"#/cases/{console.record(1)['case_id']}")
    page.get_by_role("button", name="中文").click()
    expect(page.locator(".flow-log")).to_contain_text("非法小广告 → 暴露垃圾")

    page.get_by_role("button", name="撤销判定").click()
    assert console.review(1) == "confirmed"
    page.get_by_role("button", name="确定撤销").click()
    expect(page.locator(".case-head")).to_contain_text("已作废")
    expect(page.locator(".flow-log")).to_contain_text("判定已撤销")
    assert console.review(1) == "pending"
    page.get_by_role("link", name="审核").click()
    console.sees(1)


def test_a_decided_finding_can_be_opened_and_its_verdict_taken_back(console):
    console.city.report(1)
    console.judge_as("maria", 1, kind="reject", reason="permitted")
    page = console.open(f"#/review/{incident_id(1)}")
    page.get_by_role("button", name="Take the verdict back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".stage-warning")).to_have_count(0)
    assert console.review(1) == "pending"


def test_boxes_lie_on_their_pictures_and_an_undone_merge_shows_each_once(console):
    cell = {"id": console.city.cells[0]["properties"]["id"], "relation": "inside"}
    for number in (1, 2):
        console.city.report(number, feed_id="cam-01", place=console.city.feed(1)["place"], cell=cell)
    page = console.open()
    console.sees(1)
    expect(page.locator(".look")).to_have_count(2)
    page.keyboard.press("m")
    assert _box_and_picture_agree(page.locator(".merge-choice .look-picture"))
    page.keyboard.press("1")
    console.sees(2)
    console.settled()
    page.keyboard.press("u")
    console.sees(1)
    console.settled()
    expect(page.locator(".look")).to_have_count(2)
    expect(page.locator(".look em")).to_have_text("another finding here")
    assert _box_and_picture_agree(page.locator(".look", has=page.locator("em")).locator(".look-picture"))


def _box_and_picture_agree(look) -> bool:
    expect(look.locator("img")).to_have_js_property("naturalWidth", 960)
    box, picture = look.get_by_test_id("box").bounding_box(), look.locator("img").bounding_box()
    return all(abs(box[side] - picture[side]) < 1 for side in ("x", "y", "width", "height"))


def test_what_the_server_refuses_is_told_in_chinese(console):
    console.expected = "422|404"
    page = console.open()
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="设置密码").click()
    page.get_by_label("当前密码").fill("not the password")
    for label in ("新密码（", "再输入一次"):
        page.get_by_label(label).fill(PASSWORD)
    page.get_by_role("button", name="保存密码").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("当前密码不对。")
    page.get_by_role("button", name="取消").click()
    page.goto(f"{console.city.api.server.url}/#/cases/GP-20200101-000001")
    expect(page.get_by_role("alert")).to_contain_text("没有这个案卷")


def test_an_empty_desk_says_loudly_that_the_patrol_is_silent(console):
    console.city.tell_health()
    console.city.api.clock.forward(minutes=5)
    page = console.open()
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    expect(page.locator(".loud")).to_contain_text("silent since")


def test_the_patrols_trouble_stands_on_every_page(console):
    console.city.tell_health(trouble=["the disk is full: no pictures are kept"])
    page = console.open("#/feeds")
    expect(page.get_by_role("alert")).to_contain_text("the disk is full")


def test_a_feed_that_fails_is_listed_with_its_reason(console):
    console.city.show_feed("cam-01", 1)
    page = console.open("#/feeds")
    expect(page.locator(".feed-card")).to_have_count(4)
    expect(page.locator(".feed-card img")).to_have_js_property("naturalWidth", 960)
    page.get_by_role("button", name="unreachable").click()
    card = page.locator(".feed-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(UNREACHABLE)
    expect(card).to_contain_text("failed 6 times in a row")
    expect(card).to_contain_text("schools: every 90 s · main-roads: every 5 min")
    page.get_by_role("searchbox").fill("cam-01")
    expect(page.get_by_text("No feed matches")).to_be_visible()


def test_the_language_is_switched_and_remembered(console):
    page = console.open("#/cases")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="案卷")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="视频源")).to_be_visible()


def test_the_map_is_drawn_and_answers_clicks_without_webgl(console):
    console.city.report(1)
    page = console.open("#/map")
    expect(page.locator(".map-cell")).to_have_count(len(console.city.cells))
    page.locator(".map-kind-incident").click()
    page.get_by_role("link", name="Review it").click()
    console.sees(1)


def test_findings_at_their_cameras_place_lie_above_its_dot_and_all_are_reached(console):
    for number in (1, 2):
        console.city.report(number, place=console.city.feed(2)["place"])
    page = console.open("#/map")
    page.locator(".map-kind-incident").last.click()
    page.locator(".picked .row").click()
    expect(page.locator(".stage-picture img")).to_be_visible()


def test_the_map_is_drawn_with_webgl_under_the_pages_own_policy(chromium, city):
    city.report(1)
    with chromium.launch(executable_path=CHROMIUM, args=WITH_GL) as browser:
        console = Console(browser.new_page(locale="en-US"), city, expected="GPU stall|GL Driver Message")
        page = console.open("#/map")
        expect(page.locator("[data-map=gl]")).to_have_attribute("data-ready", "yes")
        place = page.locator("[data-map=gl]").bounding_box()
        page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        expect(page.locator(".picked h2")).to_have_text(re.compile(r"^\d{15}$"))
    console.assert_clean()


def test_a_camera_that_was_moved_on_purpose_gets_its_new_view_accepted(console):
    turned = console.city.feed(1) | {"outcome": "turned", "detail": "the view has moved 30% left"}
    console.city.tell_health([turned, console.city.feed(2)])
    page = console.open("#/feeds")
    card = page.locator(".feed-card", has_text="cam-01")
    accept = card.get_by_role("button", name="Accept this view")
    expect(page.get_by_role("button", name="Accept this view")).to_have_count(1)

    accept.click()
    expect(card).to_contain_text("What was open under the old one is handed to people.")
    card.get_by_role("button", name="Cancel").click()
    accept.click()
    card.get_by_label("Note").fill("new pole")
    page.keyboard.press("Enter")

    expect(card).to_contain_text(f"by {USER}; it counts from the visit after.")
    expect(card).to_contain_text("new pole")
    expect(accept).to_have_count(0)
    (heard,) = console.city.patrol.get("/api/v1/views/accepted").json()
    assert (heard["feed_id"], heard["by"], heard["note"]) == ("cam-01", USER, "new pole")


def test_a_place_rejected_three_times_is_told_explained_and_raised_again(console):
    for number in (12, 24, 36):  # of one camera, matter and box
        console.city.report(number, look=look_of())
    page = console.open()
    for number in (12, 24, 36):
        console.sees(number)
        page.keyboard.press("r")
        page.keyboard.press("1")
        console.settled()
    told = page.get_by_role("status").filter(has_text="This place is now muted until")
    expect(told).to_contain_text("解放碑路口 1")

    told.get_by_role("link", name="Muted places").click()
    card = page.locator(".mute-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("rejected 3 times: Nothing there ×3")
    expect(card.get_by_test_id("box")).to_be_visible()
    page.goto(f"{console.city.api.server.url}/#/review/{incident_id(36)}")
    expect(page.get_by_test_id("muted-here").last).to_contain_text("This place is now muted until")

    page.goto(f"{console.city.api.server.url}/#/mutes")
    card.get_by_role("button", name="Raise findings here again").click()
    card.get_by_label("Note").fill("the statue is gone")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is muted.")).to_be_visible()
    page.get_by_role("button", name="all", exact=True).click()
    expect(card).to_contain_text("lifted")
    card.get_by_text("history: 2 steps").click()
    expect(card).to_contain_text("the statue is gone")
