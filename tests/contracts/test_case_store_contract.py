"""What every case store promises, asked of SQLite and of PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from api.acceptedview import AcceptedView
from api.case import Case, Logged
from api.errors import StoreBusy, Unfit
from api.evidence import Kept, Picture
from api.http.feedshapes import FeedReport, PatrolStatus
from api.http.schemas import CaseState, IncidentReport, RejectReason, Review, VerdictKind
from api.incident import first_record
from api.mute import Deed, Ground, Mute, MuteState, Step
from api.recheck import Recheck, RecheckState, RecheckWhy
from api.store.opening import open_store
from api.store.records import (
    Account,
    CaseQuery,
    Expiry,
    Failures,
    FeedQuery,
    IncidentQuery,
    LoginSession,
    Mark,
    MuteQuery,
    Receipt,
    Token,
)
from api.verdict import Verdict
from gridmap.recheck import Said
from tests.servers.case_api import incident_id, report
from tests.servers.postgres import postgres

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/cases.db" if request.param == "sqlite" else postgres().database(prepared=True)


@pytest.fixture
def store(url):
    store = open_store(url, busy_timeout_s=10)
    yield store
    store.close()


def record(number: int = 1, *, received_at: datetime = NOON, **changes):
    body = IncidentReport.model_validate(report(number))
    return replace(first_record(body, received_at=received_at), **changes)


def a_case(number: int = 1, **changes) -> Case:
    case = Case(
        id=f"GP-20260701-{number:06d}",
        incident_id=incident_id(number),
        matter="exposed_garbage",
        state=CaseState.FILED,
        origin="verdict",
        verdict_id=3,
        voided_by=None,
        filed_at=NOON,
        filed_by="li",
        updated_at=NOON,
    )
    return replace(case, **changes)


def a_picture(number: int = 1, *, days_old: float = 0, name: str = "a.jpg") -> Picture:
    return Picture(
        incident_id=incident_id(number),
        feed_id="cam-1",
        captured_at=NOON - timedelta(days=days_old),
        box=(0.1, 0.2, 0.3, 0.4),
        label="garbage",
        score=0.8,
        kept=Kept(name, "f" * 64),
        model_id="m",
    )


def add(store, *records):
    with store.writing() as book:
        for one in records:
            book.incidents.add(one)


def add_twice(book):
    """A step that fails after it has written."""
    book.incidents.add(record())
    book.incidents.add(record())


def ids(records):
    return [int(one.id, 16) for one in records]


def test_an_incident_comes_back_as_it_was_kept(store):
    kept = record(ended_at=NOON, present=False, box=(0.1, 0.2, 0.3, 0.4), look="1:AAAA")
    bare = record(2, place=None, cell=None)

    add(store, kept, bare)

    with store.reading() as book:
        assert book.incidents.get(kept.id) == kept
        assert book.incidents.get_all([kept.id, bare.id, "unknown"]) == {kept.id: kept, bare.id: bare}
        assert book.incidents.get("unknown") is None


def test_times_come_back_aware_and_in_utc_from_any_zone(store):
    city = NOON.astimezone(tz=datetime.now().astimezone().tzinfo)

    add(store, record(received_at=city))

    with store.reading() as book:
        back = book.incidents.get(incident_id(1)).received_at
    assert back == NOON
    assert back.utcoffset() == timedelta(0)


def test_a_changed_incident_is_changed_in_every_field(store):
    add(store, record())
    changed = record(feed_name="other", review=Review.REJECTED, score=0.99, matter="illegal_ad", place=None)

    with store.writing() as book:
        book.incidents.change(changed)

    with store.reading() as book:
        assert book.incidents.get(changed.id) == changed


def test_nothing_stays_of_a_transaction_that_fails(store):
    with pytest.raises(IntegrityError), store.writing() as book:
        add_twice(book)

    with store.reading() as book:
        assert book.incidents.get(incident_id(1)) is None


@pytest.mark.parametrize(
    ("order", "expected"), [("newest", [4, 3, 2, 1]), ("oldest", [1, 2, 3, 4]), ("score", [2, 4, 1, 3])]
)
def test_pages_follow_their_order_and_lose_nothing(store, order, expected):
    scores = {1: 0.5, 2: 0.9, 3: 0.1, 4: 0.5}
    # Two are received at the same moment and two have the same score: the id decides.
    add(store, *(record(n, score=s, received_at=NOON + timedelta(seconds=n // 2)) for n, s in scores.items()))
    found, after = [], None

    while True:
        with store.reading() as book:
            page = book.incidents.page(IncidentQuery(order=order, after=after, limit=1))
        if not page:
            break
        found += page
        after = Mark(page[0].score if order == "score" else page[0].received_at, page[0].id)

    assert ids(found) == expected


def test_each_filter_keeps_only_what_it_asks_for(store):
    add(
        store,
        record(1),
        record(2, review=Review.REJECTED, matter="illegal_ad", feed_id="cam-2", score=0.2, present=False),
        record(3, cell=None, received_at=NOON + timedelta(hours=1)),
        record(4, matter="other", feed_id="cam-4", cell=None, score=0.1, last_seen=NOON + timedelta(hours=1)),
    )
    expected = {
        IncidentQuery(review=Review.REJECTED): [2],
        IncidentQuery(matter="exposed_garbage"): [3, 1],
        IncidentQuery(feed="cam-2"): [2],
        IncidentQuery(cell="420106001001001"): [2, 1],
        IncidentQuery(present=False): [2],
        IncidentQuery(present=True): [3, 4, 1],
        IncidentQuery(min_score=0.5): [3, 1],
        IncidentQuery(since=NOON + timedelta(hours=1)): [3],
        IncidentQuery(until=NOON + timedelta(hours=1)): [4, 2, 1],
        IncidentQuery(seen_since=NOON + timedelta(hours=1)): [4],
        IncidentQuery(seen_since=NOON + timedelta(hours=2)): [],
    }

    with store.reading() as book:
        found = {query: ids(book.incidents.page(query)) for query in expected}

    assert found == expected


def test_earlier_incidents_are_those_of_the_feed_at_the_place(store):
    here = record().place
    add(
        store,
        record(1),
        record(2, received_at=NOON - timedelta(days=1), place=replace(here, lat=here.lat + 0.0001)),
        record(3, place=replace(here, lat=here.lat + 0.01)),
        record(4, feed_id="cam-2"),
        record(5, place=None),
    )

    with store.reading() as book:
        placed = book.incidents.earlier(book.incidents.get(incident_id(1)), within_m=25, limit=9)
        unplaced = book.incidents.earlier(book.incidents.get(incident_id(5)), within_m=25, limit=9)

    assert ids(placed) == [2]
    assert ids(unplaced) == [3, 1, 2]


def test_merged_incidents_show_their_pictures_on_the_one_they_are_part_of(store):
    add(store, record(1), record(2, root_id=incident_id(1), merged_into=incident_id(1)))
    add(store, record(3, root_id=incident_id(1), merged_into=incident_id(2)))
    with store.writing() as book:
        for number in (1, 2, 3):
            book.pictures.add(a_picture(number, days_old=number))

    with store.reading() as book:
        assert book.incidents.merged_under(incident_id(1)) == {incident_id(2), incident_id(3)}
        shown = book.pictures.of([incident_id(1), incident_id(2)])

    assert ids_of(shown[incident_id(1)]) == [3, 2, 1]
    assert ids_of(shown[incident_id(2)]) == [2]


def ids_of(pictures):
    return [int(picture.incident_id, 16) for picture in pictures]


def test_a_removed_picture_leaves_its_record_and_its_name(store):
    add(store, record(1), record(2))
    with store.writing() as book:
        book.pictures.add(a_picture(1, name="shared.jpg"))
        book.pictures.add(a_picture(2, name="shared.jpg"))
        first, second = (book.pictures.of([incident_id(n)])[incident_id(n)][0] for n in (1, 2))
        book.pictures.mark_removed([first.id], NOON)

    with store.reading() as book:
        assert book.pictures.get(first.id) == replace(first, removed_at=NOON)
        assert book.pictures.of([incident_id(1)]) == {}
        assert book.pictures.live_names(["shared.jpg", "never.jpg"]) == {"shared.jpg"}
    assert second.box == (0.1, 0.2, 0.3, 0.4)


def test_expiry_goes_by_the_review_and_spares_open_cases(store):
    reviews = [Review.PENDING, Review.REJECTED, Review.CONFIRMED, Review.CONFIRMED]
    add(store, *(record(n, review=review) for n, review in enumerate(reviews, start=1)))
    add(store, record(5, review=Review.MERGED, merged_into=incident_id(3), root_id=incident_id(3)))
    add(store, record(6, review=Review.MERGED, merged_into=incident_id(4), root_id=incident_id(4)))
    with store.writing() as book:
        book.cases.add(a_case(3))
        book.cases.add(a_case(4, state=CaseState.VOID))
        for number in range(1, 7):
            book.pictures.add(a_picture(number, days_old=10))
            book.pictures.add(a_picture(number, days_old=1))

    def expired(**days):
        limits = {"pending": 99, "rejected": 99, "confirmed": 99} | days
        expiry = Expiry(**{name: NOON - timedelta(days=span) for name, span in limits.items()})
        with store.reading() as book:
            return sorted(ids_of(book.pictures.expired(expiry, limit=50)))

    assert expired() == []
    assert expired(pending=5) == [1]
    assert expired(rejected=5) == [2]
    assert expired(confirmed=5) == [4, 6]
    assert expired(confirmed=0.5) == [4, 4, 6, 6]


def test_a_verdict_stands_until_it_is_undone(store):
    add(store, record())
    said = Verdict(
        0,
        incident_id(1),
        VerdictKind.REJECT,
        RejectReason.PERMITTED,
        "stall 4",
        None,
        None,
        "exposed_garbage",
        "li",
        NOON,
    )

    with store.writing() as book:
        kept = book.verdicts.add(said)
        assert book.verdicts.standing(incident_id(1)) == kept
        book.verdicts.undo(kept.id, by="wang", at=NOON)

    with store.reading() as book:
        assert book.verdicts.standing(incident_id(1)) is None
        undone = replace(kept, undone_by="wang", undone_at=NOON)
        assert book.verdicts.of([incident_id(1)]) == {incident_id(1): [undone]}


def a_mute(feed_id: str = "cam-1", **changes) -> Mute:
    ground = Ground(incident_id(1), 7, "not_there", "li", NOON, (0.1, 0.2, 0.3, 0.4), "1:AAAA")
    mute = Mute(
        feed_id=feed_id,
        matter="exposed_garbage",
        grounds=(ground, replace(ground, verdict_id=8)),
        since=NOON,
        expires_at=NOON + timedelta(days=30),
        history=(Step(NOON, Deed.MUTED, "li", "垃圾箱旁的雕像"),),
    )
    return replace(mute, **changes)


def test_a_mute_comes_back_as_it_was_kept_and_changed(store):
    with store.writing() as book:
        kept = book.mutes.add(a_mute())
        other = book.mutes.add(a_mute("cam-2", unlike=0.25, unlike_at=NOON))
        lifted = kept.with_step(Step(NOON, Deed.LIFTED, "wang"), MuteState.LIFTED)
        book.mutes.change(replace(lifted, held_back=5))

    with store.reading() as book:
        assert book.mutes.get(kept.id) == replace(lifted, held_back=5)
        assert book.mutes.get(other.id) == other
        assert book.mutes.get(99) is None


def a_recheck(case_id: str = "GP-20260701-000001", **changes) -> Recheck:
    recheck = Recheck(0, case_id, RecheckWhy.HANDLED, RecheckState.OPEN, NOON, "li", NOON)
    return replace(recheck, **changes)


def test_a_recheck_comes_back_as_it_was_kept_and_changed(store):
    add(store, record(1), record(2))
    with store.writing() as book:
        for number in (1, 2):
            book.cases.add(a_case(number))
        first = book.rechecks.add(a_recheck())
        second = book.rechecks.add(a_recheck(why=RecheckWhy.DEADLINE))
        other = book.rechecks.add(a_recheck("GP-20260701-000002"))
        looked = replace(
            second, looks=3, missed=1, blind=2, looked_at=NOON, reason=Said.BLIND, detail="too dark", due_at=NOON
        )
        book.rechecks.change(looked)

    with store.reading() as book:
        assert book.rechecks.get(looked.id) == looked
        assert book.rechecks.get(99) is None
        assert book.rechecks.of([looked.case_id, other.case_id, "unknown"]) == {
            looked.case_id: [first, looked],
            other.case_id: [other],
        }


def test_rechecks_are_due_by_the_clock_while_they_and_their_case_are_open(store):
    add(store, record(1), record(2))
    with store.writing() as book:
        book.cases.add(a_case(1))
        book.cases.add(a_case(2, state=CaseState.VOID))
        now = book.rechecks.add(a_recheck())
        later = book.rechecks.add(a_recheck(due_at=NOON + timedelta(hours=1)))
        book.rechecks.add(a_recheck(state=RecheckState.CLEAN))
        book.rechecks.add(a_recheck("GP-20260701-000002"))

    with store.reading() as book:
        assert book.rechecks.due(NOON - timedelta(seconds=1)) == []
        assert book.rechecks.due(NOON) == [(now, incident_id(1))]
        assert book.rechecks.due(later.due_at) == [(now, incident_id(1)), (later, incident_id(1))]


def test_mutes_are_asked_for_by_place_and_by_how_they_stand_at_a_moment(store):
    with store.writing() as book:
        book.mutes.add(a_mute())
        book.mutes.add(a_mute("cam-2", matter="illegal_ad"))
        book.mutes.add(a_mute("cam-3", state=MuteState.LIFTED))
    later = NOON + timedelta(days=30)
    expected = {
        MuteQuery(): [3, 2, 1],
        MuteQuery(limit=1, after=3): [2],
        MuteQuery(feed="cam-1"): [1],
        MuteQuery(matter="illegal_ad"): [2],
        MuteQuery(state=MuteState.ACTIVE, now=NOON): [2, 1],
        MuteQuery(state=MuteState.ACTIVE, now=later): [],
        MuteQuery(state=MuteState.EXPIRED, now=later): [2, 1],
        MuteQuery(state=MuteState.EXPIRED, now=NOON): [],
        MuteQuery(state=MuteState.LIFTED, now=later): [3],
    }

    with store.reading() as book:
        found = {query: [mute.id for mute in book.mutes.page(query)] for query in expected}

    assert found == expected


def test_accepted_views_are_all_kept_and_the_last_of_each_feed_counts(store):
    earlier = AcceptedView("cam-2", NOON, "li", "换了杆子")
    first, second = AcceptedView("cam-1", NOON, "li"), AcceptedView("cam-1", NOON + timedelta(days=1), "wang")
    with store.reading() as book:
        assert book.views.last() == {}
    with store.writing() as book:
        for accepted in (earlier, first, second):
            book.views.add(accepted)

    with store.reading() as book:
        assert book.views.last() == {"cam-1": second, "cam-2": earlier}
        assert book.views.of("cam-1") == [second, first]
        assert book.views.of("cam-3") == []


def test_what_stands_of_a_feeds_findings_is_told_oldest_first(store):
    add(store, record(1), record(2, feed_id="cam-2"), record(3))
    said = Verdict(
        0,
        incident_id(1),
        VerdictKind.CONFIRM,
        None,
        "",
        None,
        None,
        "exposed_garbage",
        "li",
        NOON - timedelta(days=1),
    )
    with store.writing() as book:
        old = book.verdicts.add(said)
        undone = book.verdicts.add(replace(said, at=NOON))
        book.verdicts.undo(undone.id, by="li", at=NOON)
        new = book.verdicts.add(replace(said, incident_id=incident_id(3), at=NOON))
        book.verdicts.add(replace(said, incident_id=incident_id(2), at=NOON))
        book.verdicts.add(replace(said, previous_matter="illegal_ad", at=NOON))

        def standing(since):
            return book.verdicts.standing_of_feed("cam-1", "exposed_garbage", since=since)

        assert standing(NOON - timedelta(days=9)) == [old, new]
        assert standing(NOON) == [new]


def test_cases_are_listed_newest_first_and_filtered(store):
    add(store, record(1), record(2, cell=None), record(3))
    with store.writing() as book:
        book.cases.add(a_case(1))
        book.cases.add(a_case(2, matter="illegal_ad", filed_at=NOON + timedelta(days=1)))
        book.cases.add(a_case(3, state=CaseState.VOID))
    day = timedelta(days=1)
    expected = {
        CaseQuery(): [3, 2, 1],
        CaseQuery(limit=2): [3, 2],
        CaseQuery(after="GP-20260701-000002"): [1],
        CaseQuery(state=CaseState.VOID): [3],
        CaseQuery(matter="illegal_ad"): [2],
        CaseQuery(cell="420106001001001"): [3, 1],
        CaseQuery(since=NOON + day): [2],
        CaseQuery(until=NOON + day): [3, 1],
    }

    with store.reading() as book:
        found = {query: [int(case.id[-6:]) for case in book.cases.page(query)] for query in expected}
        assert book.cases.of_incidents([incident_id(1)]) == {incident_id(1): a_case(1)}

    assert found == expected


def test_the_flow_log_keeps_its_order(store):
    add(store, record())
    with store.writing() as book:
        book.cases.add(a_case())
        book.cases.log(Logged(a_case().id, NOON, "filed", "li", "看见了"))
        book.cases.log(Logged(a_case().id, NOON, "gone", "patrol"))

    with store.reading() as book:
        lines = book.cases.lines(a_case().id)

    assert [(line.kind, line.by, line.note) for line in lines] == [("filed", "li", "看见了"), ("gone", "patrol", "")]
    assert lines[0].id < lines[1].id


def test_case_numbers_of_concurrent_writers_have_no_gap_and_no_duplicate(store, url):
    other = open_store(url, busy_timeout_s=20)  # as another process would

    def number(turn):
        with (store, other)[turn % 2].writing() as book:
            return book.cases.next_number(date(2026, 7, 1))

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(number, range(40)))
    other.close()

    assert sorted(numbers) == list(range(1, 41))


def test_case_numbers_begin_anew_each_day_and_are_not_used_up_by_a_failure(store):
    with pytest.raises(IntegrityError), store.writing() as book:
        add_twice(book) if book.cases.next_number(date(2026, 7, 1)) else None

    with store.writing() as book:
        assert [book.cases.next_number(date(2026, 7, 1)) for _ in range(2)] == [1, 2]
        assert book.cases.next_number(date(2026, 7, 2)) == 1


def feed(key: str, **changes) -> FeedReport:
    return FeedReport.model_validate({"id": key, "name": key, "kind": "camera", "url": "rtsp://***@h/1", **changes})


def test_feeds_are_kept_changed_and_forgotten(store):
    with store.writing() as book:
        book.feeds.put([feed("a"), feed("b", outcome="ok", last_visit_at=NOON)])
        book.feeds.set_picture("b", sha256="f" * 64, at=NOON)
        book.feeds.put([feed("b", outcome="dark"), feed("c")])
        book.feeds.keep_only(["b", "c"])

    with store.reading() as book:
        kept = book.feeds.get("b")
        assert book.feeds.get("a") is None
        assert [one.report.id for one in book.feeds.page(FeedQuery())] == ["b", "c"]
    assert kept.report.outcome == "dark"
    assert (kept.picture_sha256, kept.picture_at) == ("f" * 64, NOON)


def test_a_picture_of_a_feed_that_was_not_reported_yet_is_kept(store):
    with store.writing() as book:
        book.feeds.set_picture("early", sha256="f" * 64, at=NOON)
        book.feeds.put([feed("early", name="East gate")])

    with store.reading() as book:
        kept = book.feeds.get("early")
    assert (kept.report.name, kept.picture_at) == ("East gate", NOON)


def test_feeds_are_found_by_outcome_and_by_any_part_of_id_or_name(store):
    with store.writing() as book:
        book.feeds.put(
            [feed("a1", name="100% East"), feed("b1", name="东门", outcome="ok"), feed("b2", outcome="dark")]
        )
    expected = {
        FeedQuery(outcome="ok"): ["b1"],
        FeedQuery(outcome="waiting"): ["a1"],
        FeedQuery(text="东"): ["b1"],
        FeedQuery(text="EAST"): ["a1"],
        FeedQuery(text="%"): ["a1"],
        FeedQuery(text="1", after="a1"): ["b1"],
        FeedQuery(limit=1): ["a1"],
    }

    with store.reading() as book:
        found = {query: [one.report.id for one in book.feeds.page(query)] for query in expected}

    assert found == expected


def test_the_patrols_last_word_is_kept(store):
    status = PatrolStatus(
        at=NOON, started_at=NOON, pid=1, feeds=2, outcomes={"ok": 2}, visits=3, visits_per_s=0.5, late=0,
        suspects=0, incidents=0, outbox=0, model_id="m", synthetic=True,
    )  # fmt: skip
    with store.writing() as book:
        assert book.feeds.patrol() is None
        book.feeds.put_patrol(status, received_at=NOON)
        book.feeds.put_patrol(status.model_copy(update={"visits": 4}), received_at=NOON + timedelta(seconds=5))

    with store.reading() as book:
        kept, received_at = book.feeds.patrol()
    assert (kept.visits, received_at) == (4, NOON + timedelta(seconds=5))


def test_receipts_are_found_by_key_and_pruned_by_age(store):
    receipts = [Receipt(f"k{n}", "f", "{}", NOON + timedelta(days=n)) for n in range(3)]
    with store.writing() as book:
        for receipt in receipts:
            book.receipts.add(receipt)
        assert book.receipts.prune(NOON + timedelta(days=2), limit=1) == 1
        assert book.receipts.prune(NOON + timedelta(days=2), limit=9) == 1

    with store.reading() as book:
        assert [book.receipts.get(f"k{n}") for n in range(3)] == [None, None, receipts[2]]


def test_counts_speak_of_what_came_since(store):
    add(store, record(1), record(2, review=Review.CONFIRMED, cell=None), record(3, review=Review.REJECTED))
    add(store, record(4, received_at=NOON - timedelta(days=1)))
    with store.writing() as book:
        book.cases.add(a_case(2))

    with store.reading() as book:
        counts = book.incidents.counts(NOON)
        assert book.incidents.pending() == 2

    assert counts.by_review == {Review.PENDING: 1, Review.CONFIRMED: 1, Review.REJECTED: 1}
    assert (counts.cases, counts.by_feed, counts.by_cell) == (1, {"cam-1": 3}, {"420106001001001": 2})


def test_accounts_sessions_tokens_and_failures_are_kept_and_dropped(store):
    account = Account("li", "hash", "operator", one_time=True, created_at=NOON)
    sessions = [LoginSession(letter * 64, "li", NOON + timedelta(hours=n)) for n, letter in enumerate("abc")]
    token = Token("patrol", "d" * 64, "machine", NOON)
    failures = Failures("li", 3, NOON, None)
    with store.writing() as book:
        book.accounts.put(account)
        book.accounts.put(replace(account, role="admin"))
        for session in sessions:
            book.accounts.put_session(session)
        book.accounts.put_token(token)
        book.accounts.put_failures(failures)
        book.accounts.drop_expired(NOON)

    with store.writing() as book:
        assert book.accounts.all() == [replace(account, role="admin")]
        assert book.accounts.session("a" * 64) is None
        assert book.accounts.session("b" * 64) == sessions[1]
        book.accounts.drop_sessions("li", but="c" * 64)
        assert book.accounts.session("b" * 64) is None
        assert book.accounts.session("c" * 64) == sessions[2]
        assert book.accounts.token("d" * 64) == token
        assert book.accounts.tokens() == [token]
        assert (book.accounts.drop_token("patrol"), book.accounts.drop_token("patrol")) == (True, False)
        assert book.accounts.failures("li") == failures
        book.accounts.drop_failures(None, before=NOON + timedelta(seconds=1))
        assert book.accounts.failures("li") is None


def test_readers_go_on_while_somebody_writes(store):
    add(store, record())

    with store.writing() as writer, store.reading() as reader:
        writer.incidents.change(record(review=Review.REJECTED))
        assert reader.incidents.get(incident_id(1)).review is Review.PENDING


def test_a_writer_that_waits_too_long_is_told_so(url):
    patient, hasty = open_store(url, busy_timeout_s=10), open_store(url, busy_timeout_s=0.2)

    with patient.writing(), pytest.raises(StoreBusy, match="try again"), hasty.writing():
        pass

    with hasty.writing() as book:  # and may try again
        book.incidents.add(record())
    patient.close()
    hasty.close()


def test_writers_take_turns(store):
    """What a writer has read stays true until it commits: no count is lost."""
    add(store, record(sightings=0))
    begin = threading.Barrier(4)

    def count(_):
        begin.wait(10)
        for _turn in range(5):
            with store.writing() as book:
                seen = book.incidents.get(incident_id(1))
                book.incidents.change(replace(seen, sightings=seen.sightings + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))

    with store.reading() as book:
        assert book.incidents.get(incident_id(1)).sightings == 20


def test_a_value_that_no_database_keeps_is_refused_in_a_sentence(store):
    with pytest.raises(Unfit, match="out of range"), store.writing() as book:
        book.incidents.add(record(sightings=2**70))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_outside_the_calendar_is_refused_in_a_sentence(store, moment):
    far = datetime.fromisoformat(moment)

    with pytest.raises(Unfit, match="year"), store.writing() as book:
        book.incidents.add(record(received_at=far))
    with pytest.raises(Unfit, match="year"), store.reading() as book:
        book.incidents.page(IncidentQuery(since=far))


def test_half_a_character_is_refused_in_a_sentence(store):
    with pytest.raises(Unfit, match="half a character"), store.reading() as book:
        book.accounts.get("\ud800")


def test_the_store_gives_a_sign_of_life(store):
    store.check()
