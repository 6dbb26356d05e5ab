"""One camera with everything between it and the real case API, visited by hand."""

from __future__ import annotations

import numpy as np

from api.board import Board, Counts
from api.http.feedshapes import FeedReport
from api.lookout import Lookout
from api.mutepost import MutePost
from api.poster import Poster
from api.viewpost import ViewPost
from api.watch import Watch
from configs.feeds import FeedSettings
from configs.settings import EvidenceSettings, MuteSettings, Settings
from detector.detection import Detection
from detector.log import ParquetLog
from detector.model import ModelCard
from gridmap.grouping import IncidentBook
from gridmap.ledgers.sqlite import SqliteLedger
from gridmap.muted import MutedPlaces
from gridmap.scene import SceneRules
from gridmap.view import View
from streams.feed import Feed, Protocol
from streams.feedviews import FeedViews
from streams.frame import Frame
from streams.sight import Sight
from streams.viewguard import ViewGuard, ViewRules
from streams.visit import Outcome, Visit
from tests.servers.case_api import CATALOGUE
from tests.servers.looks import BOX, place
from tests.servers.visiting import Visiting

FEED = Feed("cam", "Gate", "http://x/a.jpg", Protocol.SNAPSHOT)
STATUE, HEAP = 1, 2


class Statue:
    """A model that takes whatever stands in the box for garbage, until told otherwise."""

    card = ModelCard("scripted@1", ("garbage",), 0, "0" * 64, "scripted", synthetic=True)

    def __init__(self) -> None:
        self.sees = True

    def detect(self, images):
        height, width = images[0].shape[:2]
        x1, y1, x2, y2 = BOX
        found = Detection("garbage", 0.8, (x1 * width, y1 * height, x2 * width, y2 * height), "scripted@1")
        return [(found,) if self.sees else () for _ in images]

    def close(self) -> None: ...


class Patrol:
    """A patrol of one camera."""

    def __init__(self, folder, api, *, feed: Feed = FEED) -> None:
        self.api = api
        self.feed = feed
        self.model = Statue()
        self.ledger = SqliteLedger.open(folder / "patrol.db")
        self.numbers = iter(range(1, 99))
        book = IncidentBook(CATALOGUE, new_id=lambda: f"{next(self.numbers):032x}")
        book.restore(self.ledger.open_incidents())
        self.muted = MutedPlaces(MuteSettings())
        line = FeedReport(id="cam", name="Gate", kind="camera", url="http://x/a.jpg")
        self.board = Board([line], model_id="m", synthetic=True, now=api.clock, pid=1)
        self.views = FeedViews()
        self.log = ParquetLog(folder / "log")
        lookout = Lookout(
            model=self.model,
            views={"cam": View.of(FeedSettings(id="cam", url="http://x/a.jpg"), CATALOGUE, "Asia/Shanghai")},
            grid=None,
            sight=Sight(now=api.clock, frozen_after=2, views=ViewGuard(ViewRules())),
            evidence=EvidenceSettings(),
            log=self.log,
            scenes=SceneRules(Settings()),
        )
        remembers = Watch(
            book=book,
            ledger=self.ledger,
            board=self.board,
            evidence=EvidenceSettings(),
            log=self.log,
            muted=self.muted,
            views=self.views,
        )
        self.watch = Visiting(lookout, remembers)
        self.client = api.machine()
        self.poster = Poster(self.ledger, self.client, wait=lambda _: True, tell=lambda _: None, now=api.clock)
        self.mutes = MutePost(self.muted, self.ledger, self.client, wait=lambda _: True)
        self.mutes.restore()
        self.view_post = ViewPost(self.views, self.client, wait=lambda _: True)

    def visit(self, kind=STATUE, *, times=1, light=1.0, sync=True) -> Outcome | None:
        """Visit it so many times, five minutes apart; return how the last visit ended."""
        outcome = None
        for _ in range(times):
            self.api.clock.forward(minutes=5)
            now = self.api.clock()
            view = place(kind, light=light, seed=int(now.timestamp()))
            frame = Frame(np.ascontiguousarray(view), now, str(now))
            outcome = self.watch(self.feed, Visit("cam", now, now, now, Outcome.OK), frame).outcome
            self.poster.post_pending()
            if sync:
                self.mutes.sync()
        return outcome

    def tell_health(self) -> None:
        """Tell the API of the camera."""
        told = self.board.report(Counts(0, 0, 0, 0, 0), last_post_at=None).model_dump(mode="json")
        self.client.post("/api/v1/feeds/health", json=told).raise_for_status()

    def flicker(self):
        """The statue is missed so often that its incident ends."""
        self.model.sees = False
        self.visit(times=3)
        self.model.sees = True

    def close(self) -> None:
        self.ledger.close()
