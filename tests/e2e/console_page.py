"""The console as a test sees it: one page in a browser, and everything it should not have done."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from tests.e2e.console_city import USER, City
from tests.servers.case_api import incident_id

_NOBODY_YET = "/api/v1/session"


@dataclass
class Console:
    """The console in a browser, and what it did that it should not have done."""

    page: Page
    city: City
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected: str = "$^"
    """Pattern of complaints that this test causes on purpose."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(10_000)
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._said)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.city.api.server.url, "blob:")):
            self.outside.append(url)

    def _said(self, message) -> None:
        # The browser itself remarks on every 401: the question who is signed in is answered so before the sign-in.
        if message.type in ("error", "warning") and not message.location.get("url", "").endswith(_NOBODY_YET):
            self.complaints.append(message.text)

    def sign_in(self, password: str | None = None) -> None:
        self.page.get_by_label("User name").fill(USER)
        self.page.get_by_label("Password").fill(password or self.city.password)
        self.page.keyboard.press("Enter")

    def open(self, place: str = "") -> Page:
        """Sign in and go there."""
        self.page.goto(f"{self.city.api.server.url}/{place}")
        self.sign_in()
        expect(self.page.get_by_role("navigation")).to_be_visible()
        return self.page

    def review(self, number: int) -> str:
        """What the API says of incident ``number``."""
        return self.record(number)["review"]

    def record(self, number: int) -> dict:
        return self.city.patrol.get(f"/api/v1/incidents/{incident_id(number)}").json()

    def judge_as(self, username: str, number: int, **verdict: str) -> None:
        """Somebody else decides incident ``number``."""
        other = self.city.api.person(username=username)
        other.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json=verdict).raise_for_status()

    def sees(self, number: int) -> None:
        """Wait until the picture of incident ``number`` is on screen with its box."""
        picture = self.page.locator(f".stage-picture img[src*='{incident_id(number)}']")
        expect(picture).to_be_visible()
        expect(self.page.get_by_test_id("box").first).to_be_visible()

    def settled(self) -> None:
        """Wait until every verdict is saved."""
        expect(self.page.get_by_text(re.compile("saving"))).to_have_count(0)

    def assert_clean(self) -> None:
        assert self.outside == []
        assert [said for said in self.complaints if not re.search(self.expected, said)] == []
