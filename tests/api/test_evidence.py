"""Pictures are kept whole, once and only while they are needed."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from api.errors import EvidenceRefused, PictureGone
from api.evidence import MAX_JPEG_BYTES, FolderEvidence
from api.retention import Retention
from configs.settings import EvidenceSettings
from tests.servers.case_api import build, incident_id, jpeg, post_report, report

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


@pytest.fixture
def retention(api):
    keep = EvidenceSettings(keep_pending_days=7, keep_rejected_days=3, keep_confirmed_days=180)
    return Retention(api.deps.store, api.deps.casework.evidence, keep)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def judge(client, number, **verdict):
    return client.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json=verdict)


def aged(folder: Path, moment: datetime) -> None:
    """Let every file look as if it was written at ``moment``."""
    for path in files(folder):
        os.utime(path, (moment.timestamp(), moment.timestamp()))


# the folder


def test_a_picture_comes_back_as_it_was_and_lies_under_its_day(tmp_path):
    store = FolderEvidence(tmp_path)

    kept = store.put(jpeg(), at=NOON)

    assert store.read(kept.name) == jpeg()
    assert kept.name == f"2026/07/01/{kept.sha256}.jpg"
    assert files(tmp_path) == [tmp_path / kept.name]


def test_the_same_picture_of_one_day_is_kept_once(tmp_path):
    store = FolderEvidence(tmp_path)

    assert store.put(jpeg(), at=NOON) == store.put(jpeg(), at=NOON)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x89PNG\r\n"])
def test_what_is_no_jpeg_is_refused(tmp_path, content):
    with pytest.raises(EvidenceRefused, match="no JPEG"):
        FolderEvidence(tmp_path).put(content, at=NOON)


def test_a_picture_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(EvidenceRefused, match="at most"):
        FolderEvidence(tmp_path).put(jpeg() + b"\0" * MAX_JPEG_BYTES, at=NOON)


def test_with_too_little_room_left_pictures_are_refused_and_nothing_is_written(tmp_path):
    store = FolderEvidence(tmp_path, min_free_bytes=500_000_000, free_bytes=lambda _: 499_000_000)

    with pytest.raises(EvidenceRefused, match=r"499 MB left, less than evidence\.min_free_mb"):
        store.put(jpeg(), at=NOON)

    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    store = FolderEvidence(tmp_path / "evidence")
    (tmp_path / "evidence" / "2026").write_text("in the way")

    with pytest.raises(EvidenceRefused, match="until that is mended"):
        store.put(jpeg(), at=NOON)


def test_a_folder_that_is_gone_refuses_pictures_and_not_reports(api, tmp_path):
    (tmp_path / "evidence").rmdir()

    assert post_report(api.machine(), report(), picture=jpeg()).status_code == 201
    assert "cannot be written" in api.machine().get("/api/v1/patrol").json()["trouble"][0]


@pytest.fixture
def tiny_disk(tmp_path):
    """A real disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here: run as root to test a disk that is really full")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_really_full_leaves_no_half_picture_and_keeps_the_record(tmp_path, tiny_disk):
    api = build(tmp_path, evidence_folder=tiny_disk)
    large = jpeg(size=(400, 300))
    assert len(large) > 65_536

    answer = post_report(api.machine(), report(), picture=large)

    assert answer.status_code == 201
    assert answer.json()["evidence"] == []
    assert files(tiny_disk) == []
    assert "the evidence disk is full" in api.machine().get("/api/v1/patrol").json()["trouble"][0]
    api.close()


# over HTTP


def test_trouble_with_the_disk_is_shown_until_it_is_over(tmp_path):
    free = [0]
    api = build(tmp_path, min_free_bytes=1, free_bytes=lambda _: free[0])
    machine = api.machine()

    def trouble():
        return machine.get("/api/v1/patrol").json()["trouble"]

    refused = post_report(machine, report(), picture=jpeg())
    assert (refused.status_code, refused.json()["evidence"]) == (201, [])
    assert "0 MB left" in trouble()[0]
    post_report(machine, report(2))
    assert trouble()

    free[0] = 10
    assert len(post_report(machine, report(3), picture=jpeg()).json()["evidence"]) == 1
    assert trouble() == []
    api.close()


def test_a_picture_that_is_no_jpeg_does_not_refuse_the_report(api):
    answer = post_report(api.machine(), report(), picture=b"not a picture")

    assert (answer.status_code, answer.json()["evidence"]) == (201, [])
    assert "no JPEG" in api.machine().get("/api/v1/patrol").json()["trouble"][0]


def test_the_annotated_picture_shows_the_box_and_the_plain_one_does_not(api):
    viewer = api.person("viewer")
    grey = cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1].tobytes()
    (evidence,) = post_report(api.machine(), report(), picture=grey).json()["evidence"]

    plain, drawn = viewer.get(evidence["url"]), viewer.get(evidence["annotated_url"])

    assert plain.content == grey
    before, after = (cv2.imdecode(np.frombuffer(one.content, np.uint8), cv2.IMREAD_COLOR) for one in (plain, drawn))
    changed = np.abs(before.astype(int) - after.astype(int)).max(axis=2) > 40
    assert before.shape == after.shape
    assert changed[240, 155:165].any(), "the left side of the box at x = 160"
    assert not changed[230:250, 300:340].any(), "the inside of the box"


def test_a_box_with_its_corners_the_wrong_way_round_is_drawn_all_the_same(api):
    (evidence,) = post_report(api.machine(), report(box=[0.9, 0.9, 0.1, 0.1]), picture=jpeg()).json()["evidence"]

    assert api.person("viewer").get(evidence["annotated_url"]).status_code == 200


def test_a_picture_without_a_box_is_shown_as_it_is(api):
    (evidence,) = post_report(api.machine(), report(box=None), picture=jpeg()).json()["evidence"]

    assert api.person("viewer").get(evidence["annotated_url"]).status_code == 200


BROKEN = {
    "only its first bytes": b"\xff\xd8\xff broken",
    "only a start": b"\xff\xd8\xff",
    "cut off": jpeg()[:-400],
    "no size": jpeg().replace(b"\xff\xc0", b"\xff\xe1", 1),
    "no tables": b"\xff\xd8" + jpeg()[jpeg().index(b"\xff\xc0") :],
    "a claim of four gigapixels": jpeg().replace(b"\x08\x00\x30\x00\x40\x03", b"\x08\xff\xff\xff\xff\x03"),
}


@pytest.mark.parametrize("picture", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_jpeg_is_not_kept_and_does_not_refuse_the_report(api, picture, tmp_path):
    machine = api.machine()

    answer = post_report(machine, report(), picture=picture)
    view = machine.put("/api/v1/feeds/cam-1/picture", content=picture, headers={"Content-Type": "image/jpeg"})

    assert (answer.status_code, answer.json()["evidence"]) == (201, [])
    assert len(machine.get("/api/v1/patrol").json()["trouble"]) == 2
    assert (view.status_code, view.headers["content-type"]) == (422, "application/problem+json")
    assert files(tmp_path / "evidence") == []


def test_a_jpeg_with_padding_after_its_end_is_kept(api):
    padded = jpeg() + bytes(16)

    assert len(post_report(api.machine(), report(), picture=padded).json()["evidence"]) == 1


def test_a_picture_that_cannot_be_drawn_on_is_told_so(api, tmp_path):
    (evidence,) = post_report(api.machine(), report(), picture=jpeg()).json()["evidence"]
    files(tmp_path / "evidence")[0].write_bytes(b"\xff\xd8\xff broken")

    answer = api.person("viewer").get(evidence["annotated_url"])

    assert answer.status_code == 410
    assert "cannot be decoded" in answer.json()["detail"]


def test_pictures_are_cached_by_their_content(api):
    viewer = api.person("viewer")
    (evidence,) = post_report(api.machine(), report(), picture=jpeg()).json()["evidence"]

    for url in (evidence["url"], evidence["annotated_url"]):
        first = viewer.get(url)
        again = viewer.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert "private" in first.headers["cache-control"]
        assert "max-age" in first.headers["cache-control"]
        assert viewer.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_picture_of_another_incident_is_not_shown_here(api):
    machine, viewer = api.machine(), api.person("viewer")
    (evidence,) = post_report(machine, report(), picture=jpeg()).json()["evidence"]
    post_report(machine, report(2))

    assert viewer.get(f"/api/v1/incidents/{incident_id(2)}/evidence/{evidence['id']}.jpg").status_code == 404


def test_a_file_that_was_lost_is_told_so(api, tmp_path):
    (evidence,) = post_report(api.machine(), report(), picture=jpeg()).json()["evidence"]
    files(tmp_path / "evidence")[0].unlink()

    answer = api.person("viewer").get(evidence["url"])

    assert answer.status_code == 410
    assert "cannot be read from the evidence folder" in answer.json()["detail"]


# retention


def test_pictures_go_by_review_and_age_and_records_stay(api, retention, tmp_path):
    machine, operator = api.machine(), api.person("operator")
    for number in (1, 2, 3):
        post_report(machine, report(number), picture=jpeg(number))
    judge(operator, 2, kind="reject", reason="other")
    judge(operator, 3, kind="confirm")
    aged(tmp_path / "evidence", NOON)

    def left(days):
        retention.sweep(NOON + timedelta(days=days))
        with api.deps.store.reading() as book:
            return sorted(book.pictures.of([incident_id(n) for n in (1, 2, 3)])), len(files(tmp_path / "evidence"))

    assert left(days=2) == ([incident_id(1), incident_id(2), incident_id(3)], 3)
    assert left(days=4) == ([incident_id(1), incident_id(3)], 2)
    assert left(days=8) == ([incident_id(3)], 1)
    assert left(days=1000) == ([incident_id(3)], 1), "its case is open"


def test_a_removed_picture_is_told_so(api, retention, tmp_path):
    (evidence,) = post_report(api.machine(), report(), picture=jpeg()).json()["evidence"]
    aged(tmp_path / "evidence", NOON)

    retention.sweep(NOON + timedelta(days=8))

    viewer = api.person("viewer")
    answer = viewer.get(evidence["url"])
    assert answer.status_code == 410
    assert "removed by retention" in answer.json()["detail"]
    assert viewer.get(f"/api/v1/incidents/{incident_id(1)}").json()["evidence"] == []


def test_a_file_that_two_incidents_share_stays_until_the_last_needs_it_no_more(api, retention, tmp_path):
    machine, operator = api.machine(), api.person("operator")
    for number in (1, 2):
        post_report(machine, report(number), picture=jpeg())
    judge(operator, 1, kind="reject", reason="other")
    aged(tmp_path / "evidence", NOON)

    first = retention.sweep(NOON + timedelta(days=4))
    assert (first.pictures, len(files(tmp_path / "evidence"))) == (1, 1)
    second = retention.sweep(NOON + timedelta(days=8))

    assert (second.pictures, files(tmp_path / "evidence")) == (1, [])


def test_many_pictures_go_in_batches(api, retention, tmp_path):
    machine = api.machine()
    for sequence in range(5):
        post_report(machine, report(sequence=sequence), picture=jpeg(sequence))
    with api.deps.store.writing() as book:
        one = book.pictures.of([incident_id(1)])[incident_id(1)][0]
        for _ in range(450):
            book.pictures.add(one)
    aged(tmp_path / "evidence", NOON)

    swept = retention.sweep(NOON + timedelta(days=8))

    assert (swept.pictures, files(tmp_path / "evidence")) == (455, [])


def test_files_without_a_record_go_but_not_young_ones(api, retention, tmp_path):
    folder = api.deps.casework.evidence
    post_report(api.machine(), report(), picture=jpeg(1))
    orphan = folder.put(jpeg(2), at=NOON)
    half = tmp_path / "evidence" / "2026/07/01/x.jpg.abc.part"
    half.write_bytes(b"half")
    aged(tmp_path / "evidence", NOON - timedelta(hours=2))
    young = folder.put(jpeg(3), at=NOON)
    os.utime(tmp_path / "evidence" / young.name, (NOON.timestamp(), NOON.timestamp()))

    swept = retention.sweep(NOON)

    assert swept.orphans == 2
    assert not half.exists()
    assert folder.read(young.name) == jpeg(3)
    with pytest.raises(PictureGone):
        folder.read(orphan.name)
    assert len(files(tmp_path / "evidence")) == 2
    assert retention.sweep(NOON + timedelta(hours=2)).orphans == 0, "the folder is walked daily"
    assert retention.sweep(NOON + timedelta(hours=21)).orphans == 1


def test_a_file_with_a_name_that_is_no_text_goes_and_stops_nothing(api, retention, tmp_path):
    post_report(api.machine(), report(), picture=jpeg())
    foreign = tmp_path / "evidence/2026/07/01" / os.fsdecode(b"\xff\xfe.jpg")
    foreign.write_bytes(b"x")
    aged(tmp_path / "evidence", NOON - timedelta(days=1))

    assert retention.sweep(NOON).orphans == 1

    assert not foreign.exists()
    assert len(files(tmp_path / "evidence")) == 1


def test_a_step_that_is_stopped_is_logged_and_the_others_are_taken(api, retention, tmp_path):
    post_report(api.machine(), report())
    stubborn = tmp_path / "evidence/2026/07/01/a folder.jpg"
    stubborn.mkdir(parents=True)
    aged(tmp_path / "evidence", NOON - timedelta(days=1))
    os.utime(stubborn, (0, 0))

    with structlog.testing.capture_logs() as logged:
        swept = retention.sweep(NOON + timedelta(days=31))

    assert (swept.orphans, swept.receipts) == (0, 1)
    assert [(event["event"], event["step"]) for event in logged] == [("sweep_put_off", "walked")]


def test_a_step_that_fails_in_an_unknown_way_is_logged_and_nothing_comes_out(api, tmp_path):
    post_report(api.machine(), report())
    endless = EvidenceSettings(keep_pending_days=10**9)
    retention = Retention(api.deps.store, api.deps.casework.evidence, endless)

    with structlog.testing.capture_logs() as logged:
        swept = retention.sweep(NOON + timedelta(days=31))

    assert (swept.pictures, swept.receipts) == (0, 1)
    assert [(event["event"], event["step"]) for event in logged] == [("sweep_failed", "expired")]


def test_old_idempotency_keys_are_forgotten(api, retention):
    post_report(api.machine(), report())

    assert retention.sweep(NOON + timedelta(days=29)).receipts == 0
    assert retention.sweep(NOON + timedelta(days=31)).receipts == 1


def test_the_last_picture_of_a_feed_stays_as_long_as_the_feed(api, retention, tmp_path):
    as_jpeg = {"Content-Type": "image/jpeg"}
    for feed in ("cam-1", "cam-2"):
        assert api.machine().put(f"/api/v1/feeds/{feed}/picture", content=jpeg(), headers=as_jpeg).status_code == 204
    aged(tmp_path / "evidence", NOON - timedelta(days=100))
    with api.deps.store.writing() as book:
        book.feeds.keep_only(["cam-1"])

    assert retention.sweep(NOON).orphans == 1

    assert api.person("viewer").get("/api/v1/feeds/cam-1/picture.jpg").content == jpeg()
    assert files(tmp_path / "evidence") == [tmp_path / "evidence/feeds/cam-1.jpg"]
