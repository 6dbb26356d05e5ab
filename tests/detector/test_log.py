"""The patrol's log: what was put in is read back from Parquet, day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from detector.detection import Detection
from detector.log import ParquetLog
from detector.shadow import ShadowLook
from detector.shadowlog import read_looks
from streams.frame import Fix, Frame
from streams.visit import Kind, Outcome, Visit

AT = datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC)


def visit(at: datetime = AT) -> Visit:
    return Visit("cam", at, at, at, Outcome.OK, cpu_ms=3.5)


def frame(fix: Fix | None = None) -> Frame:
    return Frame(np.zeros((576, 704, 3), np.uint8), AT, "digest", fix=fix)


def rows(folder: Path, table: str) -> list[dict]:
    return [row for file in sorted((folder / table).rglob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def test_visits_keep_their_final_outcome_and_go_under_their_day(tmp_path):
    log = ParquetLog(tmp_path)
    log.visit(visit(), Outcome.DARK, "too dark")
    log.visit(visit(AT + timedelta(seconds=2)), Outcome.OK, "")
    log.flush()

    assert [(row["outcome"], row["detail"], row["finished_at"]) for row in rows(tmp_path, "visits")] == [
        ("dark", "too dark", AT),
        ("ok", "", AT + timedelta(seconds=2)),
    ]
    assert {path.parent.name for path in tmp_path.rglob("*.parquet")} == {"day=2026-07-01", "day=2026-07-02"}


def test_visits_say_why_they_were_made_and_files_of_before_stay_readable(tmp_path):
    log = ParquetLog(tmp_path)
    log.visit(replace(visit(), kind=Kind.FOLLOW_UP, plan=("centre", "schools")), Outcome.OK, "")
    log.flush()
    (new,) = tmp_path.rglob("*.parquet")
    old = new.with_name("old.parquet")
    pq.write_table(pq.read_table(new, partitioning=None).drop_columns(["kind", "plan"]), old)

    both = ds.dataset([str(old), str(new)], schema=pq.read_schema(new)).to_table().to_pylist()

    assert [(row["kind"], row["plan"]) for row in both] == [(None, None), ("follow_up", ["centre", "schools"])]


def test_every_detection_is_kept_with_its_frame_and_place(tmp_path):
    log = ParquetLog(tmp_path)
    log.detections("car", frame(Fix(106.5, 29.5, 5, 0)), [Detection("garbage", 0.07, (1, 2, 3, 4), "m")])
    log.detections("cam", frame(), [])
    log.flush()
    (row,) = rows(tmp_path, "detections")

    assert (row["feed_id"], row["label"], row["x2"], row["y2"], row["width"]) == ("car", "garbage", 3, 4, 704)
    assert (row["lon"], row["lat"], row["captured_at"]) == (106.5, 29.5, AT)


def test_a_full_table_is_written_without_waiting(tmp_path):
    log = ParquetLog(tmp_path, max_rows=3)
    for _ in range(3):
        log.visit(visit(), Outcome.OK, "")

    assert len(rows(tmp_path, "visits")) == 3


def test_a_disk_that_takes_nothing_costs_rows_not_the_patrol(tmp_path):
    (tmp_path / "log").write_text("a file in the way")
    log = ParquetLog(tmp_path / "log")
    log.visit(visit(), Outcome.OK, "")
    log.flush()

    assert log.dropped == 1


def test_old_days_are_removed_whole(tmp_path):
    log = ParquetLog(tmp_path)
    for days in (0, 89, 91):
        log.visit(visit(AT - timedelta(days=days)), Outcome.OK, "")
    log.flush()

    log.prune(90, now=AT)

    assert sorted(path.name for path in (tmp_path / "visits").iterdir()) == ["day=2026-04-03", "day=2026-07-01"]


def test_a_shadow_look_is_kept_apart_and_read_back_whole(tmp_path):
    """Empty looks count too; detections of the candidate never stand among those of the model that acts."""
    found = Detection("garbage", 0.5, (1, 2, 3, 4), "old@1")
    seen = ShadowLook("cam", AT, 704, 576, "old@1", "new@2", (found,), (), shadow_ms=20.0, serving_ms=25.0)
    empty = replace(seen, captured_at=AT + timedelta(days=1), serving=(), serving_ms=None)
    log = ParquetLog(tmp_path)
    log.shadow(seen)
    log.shadow(empty)
    log.flush()

    assert list(read_looks(tmp_path, AT - timedelta(days=1))) == [seen, empty]
    assert list(read_looks(tmp_path, AT + timedelta(seconds=1))) == [empty]
    assert rows(tmp_path, "detections") == []


def test_a_part_of_the_log_that_is_no_parquet_is_named(tmp_path):
    broken = tmp_path / "shadow" / "day=2026-07-01" / "x.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_text("no")

    with pytest.raises(OSError, match=r"x\.parquet is not a part of the log"):
        list(read_looks(tmp_path, AT))
