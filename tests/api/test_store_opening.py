"""Opening a store: its tables are made and upgraded, and a URL that cannot work is told in a sentence."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from api.errors import StoreBusy, StoreUnfit
from api.store.engine import engine_for
from api.store.opening import SqlStore, open_store
from api.store.tables import metadata
from tests.servers.postgres import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/cases.db" if request.param == "sqlite" else postgres().database()


def engine_of(url):
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def test_migrations_lead_from_nothing_to_the_tables_the_code_knows(url):
    open_store(url).close()
    engine = engine_of(url)

    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert found == set(metadata.tables) | {"alembic_version"}
    assert differences == []


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_a_database_of_an_older_version_is_brought_up_to_date_with_what_is_in_it(url, version):
    older = SqlStore(engine_for(url, busy_timeout_s=5))
    older.migrate(version)
    with older.writing() as book:
        book.cases.next_number(date(2026, 7, 1))
    older.close()

    store = open_store(url)

    with store.writing() as book:
        assert book.cases.next_number(date(2026, 7, 1)) == 2
        assert book.rechecks.due(datetime(2026, 7, 1, tzinfo=UTC)) == []
    store.close()


def test_opening_again_changes_nothing(url):
    first = open_store(url)
    with first.writing() as book:
        book.cases.next_number(date(2026, 7, 1))
    first.close()

    second = open_store(url)

    with second.writing() as book:
        assert book.cases.next_number(date(2026, 7, 1)) == 2
    second.close()


def test_processes_that_start_together_make_the_tables_once(url):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(url, busy_timeout_s=20), range(4)))

    for store in stores:
        store.check()
        store.close()


def test_a_schema_of_a_newer_version_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/cases.db"
    open_store(url).close()
    with sqlite3.connect(tmp_path / "cases.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(StoreUnfit, match="install the version that made it"):
        open_store(url)


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/db", "nonsense", "sqlite://", "sqlite:///:memory:", "", "oracle://u:secret@h/db"]
)
def test_a_url_that_cannot_work_is_refused_without_showing_its_password(url):
    with pytest.raises(StoreUnfit, match=r"sqlite:///path/to/file\.db") as refused:
        open_store(url)

    assert "secret" not in str(refused.value)


def test_sqlite_makes_its_folder_and_says_when_it_cannot(tmp_path):
    open_store(f"sqlite:///{tmp_path}/new/deep/cases.db").close()
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreUnfit, match=r"folder .*file"):
        open_store(f"sqlite:///{tmp_path}/file/cases.db")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "cases.db").write_text("this is a letter to somebody, and not a database at all" * 50)

    with pytest.raises(StoreUnfit, match="not a database"):
        open_store(f"sqlite:///{tmp_path}/cases.db")


def test_sqlite_keeps_a_write_ahead_log(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/cases.db")

    with sqlite3.connect(tmp_path / "cases.db") as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    store.close()

    assert mode == "wal"


def test_a_database_that_does_not_answer_is_told_in_a_sentence():
    with pytest.raises(StoreBusy, match="cannot be reached") as refused:
        open_store("postgresql://u:secret@127.0.0.1:1/db", busy_timeout_s=1)

    assert "secret" not in str(refused.value)


def test_a_database_that_goes_away_comes_back_without_a_restart():
    server = postgres()
    store = open_store(server.database(), busy_timeout_s=2)
    store.check()

    server.stop()
    try:
        with pytest.raises(StoreBusy, match="cannot be reached"):
            store.check()
    finally:
        server.start()

    store.check()
    store.close()
