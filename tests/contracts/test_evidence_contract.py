"""What every evidence store promises, asked of a folder, a folder by URL and a bucket of a server that speaks S3."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.datafolder import DataFolder
from api.errors import NotAPicture, PictureGone
from api.evidence import MAX_JPEG_BYTES, EvidenceStore
from api.retention import Retention
from api.s3evidence import Bucket
from api.wiring.evidence import open_evidence
from configs.settings import EvidenceSettings
from tests.servers.case_api import build, jpeg, post_report, report
from tests.servers.s3 import s3

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def in_bucket() -> EvidenceStore:
    """An empty bucket, over one connection for all tests: making one takes long."""
    store, bucket = _bucket()
    s3().empty(bucket)
    return store


@functools.cache
def _bucket() -> tuple[EvidenceStore, Bucket]:
    bucket = s3().bucket()
    settings = EvidenceSettings(
        store=f"s3://{bucket.path}",
        endpoint=bucket.endpoint,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
    )
    return open_evidence(settings, DataFolder(Path("not used"))), bucket


@pytest.fixture(params=["folder", "file", "s3"])
def store(request, tmp_path):
    if request.param == "s3":
        return in_bucket()
    url = f"file://{tmp_path}/a%20disk" if request.param == "file" else None
    return open_evidence(EvidenceSettings(store=url, min_free_mb=0), DataFolder(tmp_path / "var"))


@pytest.fixture
def now():
    """The moment by the clock that stores date their files with."""
    return datetime.now(UTC)


def test_a_picture_comes_back_as_it_was_and_is_named_after_its_day(store):
    kept = store.put(jpeg(), at=NOON)

    assert store.read(kept.name) == jpeg()
    assert kept.name == f"2026/07/01/{kept.sha256}.jpg"


def test_the_same_picture_of_one_day_is_kept_once(store, now):
    assert store.put(jpeg(), at=NOON) == store.put(jpeg(), at=NOON)
    assert len(list(store.older(now + HOUR))) == 1


def test_a_large_picture_comes_back_whole(store):
    large = jpeg(size=(900, 700))

    assert store.read(store.put(large, at=NOON).name) == large


def test_what_is_no_whole_jpeg_or_too_large_is_refused(store, now):
    for content in (b"", b"<html>", b"\x89PNG\r\n", jpeg()[:-400], jpeg() + b"\0" * MAX_JPEG_BYTES):
        with pytest.raises(NotAPicture):
            store.put(content, at=NOON)
        with pytest.raises(NotAPicture):
            store.put_view("cam-1", content)

    assert list(store.older(now + HOUR)) == []
    assert store.views() == []


def test_a_picture_that_is_not_there_is_told(store):
    with pytest.raises(PictureGone):
        store.read(f"2026/07/01/{'0' * 64}.jpg")
    with pytest.raises(PictureGone):
        store.read_view("cam-1")


def test_a_picture_is_removed_and_doing_so_twice_is_fine(store, now):
    kept = store.put(jpeg(), at=NOON)
    for _ in range(2):
        store.remove(kept.name, unless_put_since=now + HOUR)

    with pytest.raises(PictureGone):
        store.read(kept.name)


def test_a_picture_put_since_is_not_removed(store, now):
    kept = store.put(jpeg(), at=NOON)
    store.remove(kept.name, unless_put_since=now - HOUR)

    assert store.read(kept.name) == jpeg()


def test_pictures_are_listed_by_when_they_were_put_not_by_their_day(store, now):
    names = {store.put(jpeg(number), at=NOON - timedelta(days=40 * number)).name for number in range(4)}
    store.put_view("cam-1", jpeg())

    assert set(store.older(now + HOUR)) == names
    assert list(store.older(now - HOUR)) == []


def test_an_empty_store_has_nothing(store, now):
    assert list(store.older(now + HOUR)) == []
    assert store.views() == []
    store.remove_view("cam-1")


def test_a_feed_has_one_last_picture(store):
    store.put_view("cam-1", jpeg(1))
    digest = store.put_view("cam-1", jpeg(2))
    store.put_view("gate.2_b", jpeg(3))

    assert store.read_view("cam-1") == jpeg(2)
    assert len(digest) == 64
    assert store.views() == ["cam-1", "gate.2_b"]
    store.remove_view("cam-1")
    assert store.views() == ["gate.2_b"]


def test_retention_takes_what_is_past_its_time_and_what_no_record_names(store, tmp_path, now):
    api = build(tmp_path, evidence=store)
    (shown,) = post_report(api.machine(), report(), picture=jpeg(1)).json()["evidence"]
    store.put(jpeg(2), at=NOON)
    soon = Retention(api.deps.store, store, EvidenceSettings(keep_pending_days=10_000)).sweep(now + 2 * HOUR)
    assert (soon.pictures, soon.orphans) == (0, 1)
    viewer = api.person("viewer")
    assert viewer.get(shown["url"]).content == jpeg(1)
    later = Retention(api.deps.store, store, EvidenceSettings()).sweep(now + timedelta(days=400))

    assert later.pictures == 1
    assert list(store.older(now + timedelta(days=400))) == []
    assert viewer.get(shown["url"]).status_code == 410
    api.close()
