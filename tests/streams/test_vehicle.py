"""A vehicle's run: frames by distance, each where it was taken, none that cannot be placed."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from streams.capture import Capture
from streams.errors import NotAnImage, Stale, Unreachable
from streams.feed import Feed, Protocol, TrackFile
from streams.sight import Sight
from streams.source import Limits, Source
from streams.sources import open_source
from streams.track import NoFix, Track
from streams.vehicle import VehicleRun
from streams.visit import Outcome

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 9, 9, 9, tzinfo=UTC)
M_PER_DEGREE = math.radians(1) * 6_371_008.8
FPS = 10


def write_track(path, metres_at):
    """Write a GPX of (second, metres gone north) pairs."""
    points = "".join(
        f'<trkpt lat="{29.5 + metres / M_PER_DEGREE:.9f}" lon="106.5">'
        f"<time>{(START + timedelta(seconds=second)).isoformat()}</time></trkpt>"
        for second, metres in metres_at
    )
    path.write_text(f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>")
    return path


def write_clip(path, seconds: int):
    """Write a video in which a white bar grows by two columns a frame."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (2 * FPS * seconds, 48))
    for number in range(seconds * FPS):
        picture = np.zeros((48, 2 * FPS * seconds, 3), np.uint8)
        picture[:, : 2 * number] = 255
        writer.write(picture)
    writer.release()
    return path


def write_pictures(folder, count: int, *, times=None):
    """Write pictures whose grey level is 5 times their number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number:03d}.png"
        cv2.imwrite(str(path), np.full((48, 64, 3), number * 5, np.uint8))
        if times:
            os.utime(path, (times[number].timestamp(),) * 2)
    return folder


def grey(frame) -> float:
    return float(frame.image.mean())


def media_s(frame) -> float:
    return float((frame.image[24, :, 0] > 127).sum()) / 2 / FPS


def metres(frame) -> float:
    return (frame.fix.lat - 29.5) * M_PER_DEGREE


def feed_of(url, track_path, *, replay=True, protocol=Protocol.VIDEO, **settings) -> Feed:
    track_file = TrackFile(track_path, "wgs84", **settings)
    return Feed("car-1", "car", str(url), protocol, replay=replay, vehicle=True, track=track_file)


def run_of(url, track_path, **settings) -> VehicleRun:
    feed = feed_of(url, track_path, **settings)
    source = open_source(feed, Limits(), now=lambda: NOW)
    return VehicleRun(feed, source, Track.load(track_path), now=lambda: NOW)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 20)


@pytest.fixture
def steady(tmp_path):
    """8 m/s for 20 s."""
    return write_track(tmp_path / "car.gpx", [(second, second * 8) for second in range(21)])


def test_it_is_a_source(clip, steady):
    assert isinstance(run_of(clip, steady), Source)


def test_a_clips_frames_are_taken_each_ten_metres_where_the_vehicle_was(clip, steady):
    frames = list(run_of(clip, steady).frames())
    assert [metres(frame) for frame in frames] == pytest.approx(range(10, 160, 10), abs=1.7)
    for frame in frames:
        assert media_s(frame) * 8 == pytest.approx(metres(frame), abs=0.5)
        assert (frame.captured_at - START).total_seconds() * 8 == pytest.approx(metres(frame), abs=0.01)
    assert [frame.index for frame in frames] == list(range(len(frames)))


def test_clip_offset_says_where_on_the_track_the_clip_begins(clip, tmp_path):
    track = write_track(tmp_path / "car.gpx", [(second, second * 8) for second in range(60)])
    frames = list(run_of(clip, track, clip_offset_s=30).frames())
    assert metres(frames[0]) == pytest.approx(240, abs=12)
    assert media_s(frames[0]) < 1.5


def test_distance_between_frames_follows_every_m(clip, steady):
    gaps = np.diff([metres(frame) for frame in run_of(clip, steady, every_m=40).frames()])
    assert gaps == pytest.approx([40, 40], abs=1.5)


def test_a_standing_vehicle_gives_no_frames_and_says_why(clip, tmp_path):
    track = write_track(tmp_path / "car.gpx", [(second, second % 2) for second in range(21)])
    run = run_of(clip, track)
    assert list(run.frames()) == []
    with pytest.raises(Stale, match=r"car-1: in .*car\.gpx it never moves 10 m"):
        run.look()


def test_no_frames_are_taken_while_it_waits_at_a_light(clip, tmp_path):
    waits = [(s, 8 * s if s <= 5 else 40 if s <= 15 else 40 + 8 * (s - 15)) for s in range(21)]
    frames = list(run_of(clip, write_track(tmp_path / "car.gpx", waits)).frames())
    moments = [(frame.captured_at - START).total_seconds() for frame in frames]
    assert [moment for moment in moments if 5.2 < moment < 15] == []
    assert len(frames) == pytest.approx(8, abs=1)


def test_frames_without_a_fix_are_left_out_and_counted_with_the_reason(clip, tmp_path):
    hole = [(second, second * 8) for second in range(21) if not 5 < second < 15]
    run = run_of(clip, write_track(tmp_path / "car.gpx", hole))
    moments = [(frame.captured_at - START).total_seconds() for frame in run.frames()]
    assert [moment for moment in moments if 8.1 < moment < 11.9] == []
    assert set(run.refused) == {NoFix.TOO_OLD}
    assert run.refused[NoFix.TOO_OLD] == pytest.approx(3, abs=1)


def test_a_clip_that_runs_on_after_the_track_ends_there_and_is_counted(clip, tmp_path):
    run = run_of(clip, write_track(tmp_path / "car.gpx", [(second, second * 8) for second in range(7)]))
    assert len(list(run.frames())) == 4
    assert run.refused == {NoFix.OUTSIDE: 1}


def test_a_clip_that_never_meets_the_track_says_so(clip, steady):
    with pytest.raises(Stale, match=r"car-1: no frame of the recording has a fix .*outside.*check clip_offset_s"):
        run_of(clip, steady, clip_offset_s=500).look()


def test_looks_go_on_by_distance_round_and_round_as_if_taken_now(clip, steady):
    run = run_of(clip, steady)
    once = [metres(frame) for frame in run.frames()]
    looks = [run.look() for _ in range(len(once) + 3)]
    assert [metres(frame) for frame in looks] == pytest.approx(once + once[:3])
    assert {frame.captured_at for frame in looks} == {NOW}


def test_without_replay_the_run_is_over_at_its_end(clip, steady):
    run = run_of(clip, steady, replay=False)
    for frame in run_of(clip, steady).frames():
        assert run.look().captured_at == frame.captured_at
    for _ in range(2):
        with pytest.raises(Stale, match="played to its end; set replay: true"):
            run.look()


def test_a_recorded_drive_of_this_morning_is_patrolled_with_its_own_times(clip, steady):
    """A recording's age says nothing about its frames; its end is told, and what it left out."""
    feed, run = feed_of(clip, steady, replay=False), run_of(clip, steady, replay=False)
    judge = Sight(now=lambda: START + timedelta(hours=4))
    capture, whens, outcomes = Capture(30, now=lambda: NOW), [], []
    for _ in range(40):
        visit, frame = capture.visit(feed, run, due_at=NOW)
        if frame is None:
            break
        whens.append(frame.captured_at)
        outcomes.append(judge.judge(feed, frame)[0])
    assert set(outcomes) == {Outcome.OK}
    assert len(outcomes) == pytest.approx(15, abs=1)
    assert START < min(whens) < max(whens) <= START + timedelta(seconds=20)
    assert visit.outcome is Outcome.STALE


def test_the_end_of_a_run_tells_how_many_frames_were_left_out_and_why(clip, tmp_path):
    hole = [(second, second * 8) for second in range(18) if not 5 < second < 15]
    run = run_of(clip, write_track(tmp_path / "car.gpx", hole), replay=False)
    with pytest.raises(Stale) as caught:
        list(iter(run.look, None))
    told = "3 too long before or after a recorded position, 1 outside the track's time"
    assert str(caught.value) == (
        f"car-1: the recording has been played to its end; left out: {told}; set replay: true to play it again"
    )


def test_pictures_of_a_folder_are_taken_by_their_own_times_when_these_are_the_tracks(tmp_path, steady):
    times = [START + timedelta(seconds=second) for second in range(21)]
    folder = write_pictures(tmp_path / "pictures", 21, times=times)
    frames = list(run_of(folder, steady, protocol=Protocol.FOLDER).frames())
    assert all(metres(frame) == pytest.approx(grey(frame) / 5 * 8, abs=0.01) for frame in frames)
    assert min(np.diff([metres(frame) for frame in frames])) >= 7.9
    assert [frame.name for frame in frames][:3] == ["002.png", "003.png", "004.png"]


def test_pictures_without_times_of_the_track_are_spread_over_it(tmp_path, steady):
    folder = write_pictures(tmp_path / "pictures", 5)
    frames = list(run_of(folder, steady, protocol=Protocol.FOLDER).frames())
    assert [grey(frame) for frame in frames] == [5, 10, 15, 20]
    assert [metres(frame) for frame in frames] == pytest.approx([40, 80, 120, 160], abs=0.1)


def test_more_pictures_than_places_are_thinned_out(tmp_path, steady):
    folder = write_pictures(tmp_path / "pictures", 50)
    frames = list(run_of(folder, steady, protocol=Protocol.FOLDER).frames())
    assert len(frames) == pytest.approx(15, abs=1)


def test_a_single_picture_stands_at_the_start_and_is_not_taken(tmp_path, steady):
    folder = write_pictures(tmp_path / "pictures", 1)
    with pytest.raises(Stale, match="no frame of the recording has a fix"):
        run_of(folder, steady, protocol=Protocol.FOLDER).look()


def test_a_bad_picture_is_told_after_the_good_ones_and_the_run_begins_again(tmp_path, steady):
    folder = write_pictures(tmp_path / "pictures", 5)
    (folder / "002.png").write_bytes(b"no picture")
    run = run_of(folder, steady, protocol=Protocol.FOLDER)
    assert [grey(run.look()) for _ in range(3)] == [5, 15, 20]
    with pytest.raises(NotAnImage, match=r"002\.png"):
        run.look()
    assert grey(run.look()) == 5


def test_a_missing_clip_is_told_at_each_look_until_it_is_there(tmp_path, steady):
    run = run_of(tmp_path / "later.mp4", steady)
    for _ in range(2):
        with pytest.raises(Unreachable, match=r"later\.mp4"):
            run.look()
    write_clip(tmp_path / "later.mp4", 20)
    assert metres(run.look()) == pytest.approx(10, abs=1.7)


def test_a_feed_without_a_track_is_no_vehicle(clip, steady):
    feed = Feed("car-1", "car", str(clip), Protocol.VIDEO)
    with pytest.raises(ValueError, match="car-1 has no track"):
        VehicleRun(feed, open_source(feed, Limits(), now=lambda: NOW), Track.load(steady), now=lambda: NOW)
