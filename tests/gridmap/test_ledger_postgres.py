"""The ledger in PostgreSQL: servers that restart, lines that break, users that may not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from api.store.opening import open_store
from gridmap.errors import Deposed, LedgerError
from gridmap.ledger import OutboxCounts
from gridmap.ledgers.postgres import PostgresLedger
from tests.servers.cut import Cable
from tests.servers.ledgers import incident, report
from tests.servers.postgres import postgres


@pytest.fixture
def url():
    return postgres().database()


@pytest.fixture
def ledger(url):
    ledger = PostgresLedger.open(url)
    yield ledger
    ledger.close()


@pytest.fixture
def cable():
    cable = Cable(postgres().port)
    yield cable
    cable.close()


@pytest.fixture
def far(url, cable):
    """A ledger at the other end of a cable."""
    ledger = PostgresLedger.open(url.replace(f":{postgres().port}/", f":{cable.port}/"), timeout_s=2)
    yield ledger
    ledger.close()


def admin(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_a_server_that_was_restarted_is_not_even_noticed(ledger):
    ledger.commit([incident()], [report()])
    postgres().stop()
    postgres().start()
    assert [one.sequence for one in ledger.commit([incident()], [report(kind="seen")])] == [1]
    assert [one.kind for one in ledger.pending()] == ["confirmed", "seen"]


def test_while_the_server_is_away_every_call_says_so_and_the_next_one_after_works(ledger):
    ledger.commit([incident()], [report()])
    postgres().stop()
    try:
        for call in (lambda: ledger.commit([incident()], [report(kind="seen")]), ledger.counts, ledger.take_over):
            with pytest.raises(LedgerError, match=r"PostgreSQL cannot be reached \(.*\); check that it runs"):
                call()
    finally:
        postgres().start()
    assert ledger.commit([incident()], [report(kind="seen")])[0].sequence == 1


@pytest.mark.parametrize("delivered", [False, True], ids=["lost on the way there", "answer lost on the way back"])
def test_a_commit_whose_line_breaks_at_the_last_word_is_written_once(far, cable, delivered):
    far.commit([incident()], [report()])
    cable.cut_at(b"COMMIT", delivered=delivered)
    twins = [report(kind="seen"), report(kind="seen"), report(kind="ended")]
    assert [one.sequence for one in far.commit([incident(score=0.9)], twins)] == [1, 2, 3]
    assert [one.kind for one in far.pending()] == ["confirmed", "seen", "seen", "ended"]


@pytest.mark.parametrize("delivered", [False, True], ids=["lost on the way there", "answer lost on the way back"])
def test_a_commit_in_doubt_is_written_once_when_it_is_repeated_long_after(far, cable, delivered):
    """The line stays broken, so the caller hears that nothing is known, and repeats later with more to write."""
    far.commit([incident()], [report()])
    cable.cut_at(b"COMMIT", delivered=delivered, for_good=True)
    with pytest.raises(LedgerError, match="cannot be reached"):
        far.commit([incident()], [report(kind="seen")])
    cable.mend()
    far.commit([], [], ())
    without_picture = report(kind="seen", evidence=None)
    again = far.commit([incident()], [without_picture, report(kind="ended")])
    assert [(one.kind, one.sequence) for one in again] == [("seen", 1), ("ended", 2)]
    assert [(one.kind, one.sequence) for one in far.pending()] == [("confirmed", 0), ("seen", 1), ("ended", 2)]
    # What was recognised once is not recognised again: a new report that reads the same is one more.
    assert far.commit([incident()], [without_picture])[0].sequence == 3


def test_a_leader_whose_line_broke_is_still_deposed(url, far, ledger, cable):
    old = far.take_over()
    cable.cut()
    new = ledger.take_over()
    ledger.commit([incident("b")], [report("b")], epoch=new)
    cable.mend()
    with pytest.raises(Deposed):
        far.commit([incident("a")], [report("a")], epoch=old)
    assert [one.id[0] for one in ledger.open_incidents()] == ["b"]


def test_a_leader_that_stops_amid_a_commit_does_not_keep_its_successor_out(url, ledger):
    """Its transaction holds the ledger; the server ends it within seconds, well before a successor gives up."""
    stopped = psycopg.connect(url, options="-c idle_in_transaction_session_timeout=300")
    stopped.execute("SELECT epoch FROM gridpatrol_ledger.reign FOR UPDATE")
    epoch = ledger.take_over()
    assert [one.sequence for one in ledger.commit([incident()], [report()], epoch=epoch)] == [0]
    stopped.close()


def test_a_writer_that_holds_it_for_long_is_told_and_the_commit_can_be_repeated(url):
    hasty = PostgresLedger.open(url, timeout_s=0.05)
    with psycopg.connect(url) as other:
        other.execute("SELECT epoch FROM gridpatrol_ledger.reign FOR UPDATE")
        with pytest.raises(LedgerError, match="another process holds it"):
            hasty.commit([incident()], [report()])
    assert [one.sequence for one in hasty.commit([incident()], [report()])] == [0]
    hasty.close()


def test_processes_that_start_together_make_the_tables_once(url):
    with ThreadPoolExecutor(6) as pool:
        for ledger in pool.map(lambda _: PostgresLedger.open(url), range(6)):
            assert ledger.counts() == OutboxCounts(0, 0)
            ledger.close()


def test_the_cases_may_live_in_the_same_database(url, ledger):
    store = open_store(url)
    ledger.commit([incident()], [report()])
    store.check()
    store.close()
    again = PostgresLedger.open(url)
    assert again.counts() == OutboxCounts(1, 0)
    again.close()


def test_a_ledger_of_a_newer_version_is_refused(url, ledger):
    admin(url, "UPDATE gridpatrol_ledger.reign SET version = 9")
    with pytest.raises(LedgerError, match=r"newer gridpatrol \(its version is 9, this one knows 1\)"):
        PostgresLedger.open(url)


def test_a_lost_table_is_told_with_the_way_out(url, ledger):
    admin(url, "DROP TABLE gridpatrol_ledger.report")
    with pytest.raises(LedgerError, match=r"it is not whole \(.*report.*\); .*DROP SCHEMA gridpatrol_ledger"):
        ledger.counts()


def test_an_incident_that_cannot_be_read_is_told_with_the_way_out(url, ledger):
    ledger.commit([incident()], [])
    admin(url, "UPDATE gridpatrol_ledger.incident SET record = '{}'")
    with pytest.raises(LedgerError, match=r"an incident in it cannot be read .*DROP SCHEMA"):
        ledger.open_incidents()


def test_a_server_that_only_reads_is_told(url, ledger):
    admin(url, f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET default_transaction_read_only = on")
    reopened = PostgresLedger.open(url)
    with pytest.raises(LedgerError, match=r"the server only reads .*name the primary server"):
        reopened.commit([incident()], [])
    assert reopened.open_incidents() == []
    reopened.close()


def test_a_user_who_may_not_make_the_schema_is_told_what_an_administrator_does(url):
    admin(url, "DROP ROLE IF EXISTS patrol_low; CREATE ROLE patrol_low LOGIN")
    theirs = url.replace("gridpatrol@", "patrol_low@")
    with pytest.raises(LedgerError, match="run CREATE SCHEMA gridpatrol_ledger AUTHORIZATION user"):
        PostgresLedger.open(theirs)
    admin(url, "CREATE SCHEMA gridpatrol_ledger AUTHORIZATION patrol_low")
    low = PostgresLedger.open(theirs)
    low.commit([incident()], [report()])
    low.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://u:hunter2@127.0.0.1:no/db", "cannot be reached .*invalid integer value"),
        ("postgresql://u:hunter2@127.0.0.1:1/db?hunter2", "the URL cannot be read"),
        ("postgresql://u:hunter2?@127.0.0.1:1/db", "cannot be|that the settings name"),
        ("mysql://u:hunter2@h/db", "the ledger cannot be kept there; write postgresql://"),
    ],
)
def test_what_cannot_be_opened_is_told_without_the_password(url, told):
    with pytest.raises(LedgerError, match=told) as refused:
        PostgresLedger.open(url, timeout_s=1)
    assert "hunter2" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_threads_of_several_processes_commit_at_once_without_losing_or_doubling(url):
    def work(key: str) -> None:
        ledger = PostgresLedger.open(url)
        for _ in range(10):
            ledger.commit([incident(key)], [report(key, evidence=None)])
        ledger.close()

    writers = [threading.Thread(target=work, args=(key,)) for key in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ledger = PostgresLedger.open(url)
    kept = [(one.incident_id[0], one.sequence) for one in ledger.pending(100)]
    ledger.close()
    assert sorted(kept) == [(key, sequence) for key in "abcd" for sequence in range(10)]
