"""Looks in processes of their own, with real processes that hang, crash, grow and are killed."""

from __future__ import annotations

import mmap
import os
import platform
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import pytest

from streams.capture import Capture
from streams.captureworkers.pool import CaptureWorkers, Recycling
from streams.captureworkers.source import WorkerSource
from streams.errors import Unreachable
from streams.feed import Feed, Protocol
from streams.source import Limits
from streams.visit import Outcome
from tests.e2e.patrol_city import eventually
from tests.servers.breaking import OPENER
from tests.servers.camera import PASSWORD, USER, Camera
from tests.servers.clips import jpeg, scene, write_clip

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIMITS = Limits(open_timeout_s=5, read_timeout_s=5)
FRAME_BYTES = 8_000_000
ONE_LANE = 1


@contextmanager
def workers(processes=ONE_LANE, *, deadline_s=20.0, looks=8, **more):
    made = CaptureWorkers(
        processes, deadline_s=deadline_s, looks=looks, frame_bytes=FRAME_BYTES, opener=OPENER, **more
    )
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def shared():
    with workers(2) as made:
        yield made


def feed(what, file=None, number=1):
    query = f"?file={file}" if file else ""
    return Feed(f"{what}-{number}", what, f"test://{what}{query}", Protocol.RTSP)


def visit(pool, of):
    return Capture(60, now=lambda: START).visit(of, WorkerSource(of, LIMITS, pool), due_at=START)


def pid_in(file):
    return int(eventually(lambda: file.exists() and file.read_text(), what=f"{file} written"))


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_frame_comes_with_its_pixels_and_all_that_is_known_of_it(shared):
    made, frame = visit(shared, feed("picture"))
    assert (made.outcome, made.detail) == (Outcome.OK, "")
    assert frame.image.shape == (64, 64, 3)
    assert (frame.image == 7).all()
    assert (frame.digest, frame.encoded, frame.index) == ("digest", b"encoded", 0)
    assert frame.captured_at.tzinfo is not None
    assert int(frame.name) != os.getpid()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is kept is a setting of the GNU C library alone")
def test_large_pictures_are_made_in_memory_that_is_there(tmp_path):
    """What a picture took is kept for the next one: zeroed pages anew for each cost more than reading it."""
    clip = write_clip(tmp_path / "clip.mp4", [scene(number, width=1920, height=1080) for number in range(4)], gop=1)
    clips = [Feed(f"clip-{number}", "clip", str(clip), Protocol.VIDEO, replay=True) for number in range(4)]
    with workers() as pool, ThreadPoolExecutor(len(clips)) as threads:
        pid = int(visit(pool, feed("picture"))[1].name)
        sizes = list(threads.map(lambda of: visit(pool, of)[1].image.shape, clips * 4))
        before = pages_given(pid)
        sizes += threads.map(lambda of: visit(pool, of)[1].image.shape, clips * 5)
        each = (pages_given(pid) - before) / (len(clips) * 5)
    assert set(sizes) == {(1080, 1920, 3)}
    assert each * mmap.PAGESIZE < 1920 * 1080 * 3 / 3, "a look is given less than a third of one picture"


def pages_given(pid):
    """Return how many pages of memory the system has given a process so far (minor faults, proc(5))."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7])


def test_pixels_stay_as_they_are_while_somebody_has_them_and_many_more_looks_are_made(shared):
    _, kept = visit(shared, feed("picture"))
    part = kept.image[10:20, 10:20]
    del kept
    for number in range(40):
        _, frame = visit(shared, feed("picture", number=number))
        frame.image[:] = 0
    assert (part == 7).all()


def test_frames_that_are_never_let_go_do_not_keep_looks_from_being_made():
    with workers(looks=1) as pool:
        frames = [visit(pool, feed("picture"))[1] for _ in range(20)]
    assert all((frame.image == 7).all() for frame in frames)


def test_a_feed_looks_in_the_same_process_each_time_and_feeds_share_them_out(shared):
    names = {number: {visit(shared, feed("picture", number=number))[1].name for _ in range(3)} for number in range(6)}
    assert all(len(pids) == 1 for pids in names.values())
    assert len(set.union(*names.values())) == 2


def test_a_failure_is_the_sources_own_error_without_credentials(shared):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://admin:s3cret@127.0.0.1:{held.getsockname()[1]}/x.jpg"
        made, frame = visit(shared, Feed("cam", "cam", url, Protocol.SNAPSHOT))
    assert (made.outcome, frame) == (Outcome.UNREACHABLE, None)
    assert "check the address" in made.detail
    assert "s3cret" not in made.detail


def test_it_is_a_source_like_any_other(shared):
    source = WorkerSource(feed("picture"), LIMITS, shared)
    assert source.look().width == 64
    assert [frame.index for frame in source.frames()] == [0]
    with pytest.raises(Unreachable):
        WorkerSource(Feed("cam", "cam", "http://127.0.0.1:1/x.jpg", Protocol.SNAPSHOT), LIMITS, shared).look()


def test_a_picture_larger_than_agreed_is_told_and_the_process_goes_on(shared):
    made, _ = visit(shared, feed("large"))
    assert made.outcome is Outcome.UNREACHABLE
    assert "48000007 bytes are more than the 8000000 of a slot" in made.detail
    assert visit(shared, feed("picture"))[0].outcome is Outcome.OK


def test_a_camera_remembers_its_challenge_between_looks(shared):
    with Camera() as camera:
        guarded = Feed("cam", "cam", camera.url("/digest.jpg", USER, PASSWORD), Protocol.SNAPSHOT)
        for _ in range(3):
            assert visit(shared, guarded)[0].outcome is Outcome.OK
        assert len(camera.requests) == 4


def test_a_look_that_hangs_costs_its_own_visit_and_its_process_when_the_looks_beside_are_done(tmp_path):
    hanging, waiting = feed("hang", tmp_path / "hang"), feed("wait", tmp_path / "go")
    with workers() as pool, ThreadPoolExecutor(1) as threads:
        beside = threads.submit(visit, pool, waiting)
        pid = pid_in(tmp_path / "go.pid")
        answer = pool.look(hanging, LIMITS, within_s=0.5)
        assert answer.error.outcome is Outcome.TIMEOUT
        assert str(answer.error) == f"{hanging.shown_url}: given up after 0.5 s"
        again = pool.look(hanging, LIMITS, within_s=0.5).error
        assert again.outcome is Outcome.TIMEOUT
        eventually(lambda: visit(pool, feed("picture"))[1].name != str(pid), what="another process takes its place")
        (tmp_path / "go").touch()
        made, frame = beside.result()
        assert (made.outcome, frame.name) == (Outcome.OK, str(pid))
        eventually(lambda: gone(pid), what="the process with the hanging look ended")
        assert pool.standing().hung == 1


def test_a_peer_that_accepts_and_never_sends_is_a_timeout_of_the_source_itself(shared):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port, quick = silent.getsockname()[1], Limits(open_timeout_s=0.5, read_timeout_s=0.5)
        for scheme, protocol in (("rtsp", Protocol.RTSP), ("http", Protocol.SNAPSHOT)):
            of = Feed("mute", "mute", f"{scheme}://127.0.0.1:{port}/x", protocol)
            made, _ = Capture(60, now=lambda: START).visit(of, WorkerSource(of, quick, shared), due_at=START)
            assert made.outcome is Outcome.TIMEOUT


def test_a_crash_costs_the_feeds_own_visit_and_the_looks_beside_are_made_again(tmp_path):
    with workers() as pool, ThreadPoolExecutor(4) as threads:
        beside = [threads.submit(visit, pool, feed("wait", tmp_path / f"go-{n}", n)) for n in range(2)]
        for number in range(2):
            pid_in(tmp_path / f"go-{number}.pid")
        crash = threads.submit(visit, pool, feed("abort", tmp_path / "abort"))
        pid_in(tmp_path / "abort.pid")
        for number in range(2):
            (tmp_path / f"go-{number}").touch()
        made, _ = crash.result()
        assert made.outcome is Outcome.UNREACHABLE
        assert "looking at it ends the capture process (signal 6)" in made.detail
        assert [each.result()[0].outcome for each in beside] == [Outcome.OK] * 2
        assert visit(pool, feed("picture"))[0].outcome is Outcome.OK
        assert pool.standing().crashed == 2


def test_a_feed_that_crashes_looks_alone_until_that_goes_well(tmp_path):
    with workers() as pool:
        calm = visit(pool, feed("picture"))[1].name
        once = feed("abort_once", tmp_path / "mark")
        made, frame = visit(pool, once)
        assert made.outcome is Outcome.OK
        fresh = visit(pool, feed("picture"))[1].name
        assert len({calm, fresh, frame.name}) == 3
        for _ in range(3):
            assert visit(pool, feed("abort"))[0].outcome is Outcome.UNREACHABLE
        again = visit(pool, feed("picture"))[1].name
        assert visit(pool, feed("picture"))[1].name == again
        assert pool.standing().crashed == 1 + 2 + 2  # once; twice at first, then only alone


def test_a_process_killed_amid_a_look_costs_nothing_but_time(tmp_path):
    with workers() as pool, ThreadPoolExecutor(1) as threads:
        look = threads.submit(visit, pool, feed("wait", tmp_path / "go"))
        os.kill(pid_in(tmp_path / "go.pid"), signal.SIGKILL)
        (tmp_path / "go").touch()
        assert look.result()[0].outcome is Outcome.OK


def test_a_process_in_which_nothing_runs_any_more_is_ended_and_the_looks_beside_are_made_again(tmp_path):
    with workers(silent_s=2, deadline_s=40) as pool, ThreadPoolExecutor(2) as threads:
        beside = threads.submit(visit, pool, feed("wait", tmp_path / "go"))
        pid_in(tmp_path / "go.pid")
        holding = threads.submit(visit, pool, feed("hold", tmp_path / "hold"))
        pid = pid_in(tmp_path / "hold.pid")
        (tmp_path / "go").touch()
        assert beside.result()[0].outcome is Outcome.OK
        assert "looking at it ends the capture process (nothing ran in it for " in holding.result()[0].detail
        eventually(lambda: gone(pid), what="the process that held the lock ended")


def test_a_process_that_grows_or_grows_old_is_replaced():
    with workers(recycling=Recycling(after_visits=1000, over_mb=150)) as pool:
        names = [visit(pool, feed("grow"))[1].name for _ in range(8)]
        assert 2 <= len(set(names)) < 8
        assert pool.standing().recycled >= 1
        eventually(lambda: gone(int(names[0])), what="the grown process ended")
    with workers(recycling=Recycling(after_visits=2)) as pool:
        assert len({visit(pool, feed("picture"))[1].name for _ in range(4)}) == 2


def test_dead_feeds_do_not_hold_up_the_healthy_ones(shared):
    """Two hundred looks hang in a peer that never answers, and the healthy feeds answer meanwhile."""
    patient = Limits(open_timeout_s=60, read_timeout_s=60)
    with socket.socket() as silent, Camera() as camera, ThreadPoolExecutor(210) as threads:
        silent.bind(("127.0.0.1", 0))
        silent.listen(256)
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"
        dead = [Feed(f"dead-{n}", "dead", url, Protocol.RTSP) for n in range(200)]
        hanging = [threads.submit(shared.look, each, patient, within_s=100) for each in dead]
        camera.picture = jpeg(scene())
        healthy = Feed("alive", "alive", camera.url("/live.jpg"), Protocol.SNAPSHOT)
        answers = [visit(shared, healthy)[0].outcome for _ in range(10)]
        still_hanging = sum(not each.done() for each in hanging)
        silent.close()  # which lets them go
    assert answers == [Outcome.OK] * 10
    assert still_hanging == 200


def test_a_closed_pool_says_so_and_leaves_no_process_behind(tmp_path):
    with workers(2) as pool, ThreadPoolExecutor(1) as threads:
        look = threads.submit(visit, pool, feed("hang", tmp_path / "hang"))
        pid = pid_in(tmp_path / "hang.pid")
        pool.close()
        assert "the patrol is stopping" in look.result()[0].detail
        assert "the patrol is stopping" in visit(pool, feed("picture"))[0].detail
        assert gone(pid)


def pythons_shared_memory():
    """Return what Python has there; databases and browsers of tests beside this one come and go."""
    return {file.name for file in Path("/dev/shm").iterdir() if file.name.startswith(("psm_", "sem."))}


def test_processes_end_with_the_patrol_even_when_it_is_killed(tmp_path):
    """Amid a look that hangs; nothing is left behind, no process and no memory with a name."""
    project = Path(__file__).parents[2]
    script = (
        "from tests.streams.test_capture_workers import *\n"
        "pool = CaptureWorkers(2, deadline_s=60, looks=2, frame_bytes=10**6, opener=OPENER)\n"
        f"visit(pool, feed('hang', {str(tmp_path / 'hang')!r}))\n"
    )
    shared_before = pythons_shared_memory()
    with subprocess.Popen([sys.executable, "-c", script], cwd=project, stderr=subprocess.DEVNULL) as patrol:
        pid_in(tmp_path / "hang.pid")
        children = eventually(
            lambda: [each for each in psutil.Process(patrol.pid).children() if each.is_running()], what="processes"
        )
        assert len(children) == 3
        patrol.kill()
    eventually(lambda: all(gone(child.pid) for child in children), what="its processes ended")
    assert pythons_shared_memory() == shared_before


def test_a_process_starts_light():
    """No model, no log, no schema of settings: nothing but what reaches cameras."""
    script = "import sys, streams.captureworkers.worker, streams.sources; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"openvino", "pyarrow", "pydantic", "structlog", "torch"} & set(loaded)
    assert "av" in loaded


def test_a_large_picture_gives_its_memory_back(shared):
    """What is kept in a free slot is bounded."""
    from streams.captureworkers.arena import Arena, Shape, WorkersArena  # noqa: PLC0415

    arena = Arena(Shape(2, 100_000_000))
    workers_side = WorkersArena(arena.shape, memory_fd=arena.memory_fd, free_fd=arena.free_fd)
    picture = np.ones(60_000_000, np.uint8)
    for _ in range(6):
        view = arena.taken(workers_side.put(picture), picture.size)
        assert view[-1] == 1
        assert arena.held == 1
        del view
    assert os.fstat(arena.memory_fd).st_blocks * 512 < 20_000_000
