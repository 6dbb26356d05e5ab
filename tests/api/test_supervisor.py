"""The supervisor keeps real child processes running and ends them when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.supervisor import Child, Supervisor

_BEATS = "import os, sys, time\nwhile True:\n    os.write(int(sys.argv[-1]), b'.'); time.sleep(0.05)\n"
_BEATS_ONCE = "import os, sys, time; os.write(int(sys.argv[-1]), b'.'); time.sleep(60)"
_IGNORES_TERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def eventually(true: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Wait on a real process: nothing else tells when the system has ended or started one."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        if true():
            return True
        pause.wait(0.02)
    return False


@pytest.fixture
def supervise():
    started: list[tuple[Supervisor, threading.Thread]] = []

    def start(*children: Child) -> Supervisor:
        supervisor = Supervisor(children)
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        started.append((supervisor, thread))
        return supervisor

    yield start
    for supervisor, thread in started:
        supervisor.interrupt()
        supervisor.interrupt()
        thread.join(10)
        assert not thread.is_alive()


def test_a_child_that_ends_is_started_again(supervise, tmp_path):
    runs = tmp_path / "runs"
    child = Child("short", python(f"open({str(runs)!r}, 'a').write('x')"))
    supervise(child)

    assert eventually(lambda: runs.exists() and len(runs.read_text()) >= 2)


def test_a_killed_child_is_started_again_with_another_pid(supervise):
    child = Child("long", python("import time; time.sleep(60)"))
    supervise(child)
    assert eventually(lambda: child.process is not None)
    first = child.process.pid

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: child.process is not None and child.process.pid != first)


def test_a_child_whose_heartbeat_stops_is_killed_and_started_again(supervise):
    child = Child("hung", python(_BEATS_ONCE), beats=True, silent_limit_s=0.7)
    supervise(child)

    assert eventually(lambda: child.restarts >= 1)


def test_a_child_that_never_beats_is_killed_too(supervise):
    child = Child("hung", python("import time; time.sleep(60)"), beats=True, silent_limit_s=0.7)
    supervise(child)

    assert eventually(lambda: child.restarts >= 1)


def test_a_beating_child_is_left_alone(supervise):
    child = Child("well", python(_BEATS), beats=True, silent_limit_s=1.0)
    supervise(child)
    assert eventually(lambda: child.process is not None)
    pid = child.process.pid

    assert not eventually(lambda: child.restarts > 0 or child.process.pid != pid, within_s=2.5)


def test_one_interrupt_asks_and_a_second_one_kills():
    child = Child("stubborn", [sys.executable, "-u", "-c", _IGNORES_TERM])
    supervisor = Supervisor([child])
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    assert eventually(lambda: child.process is not None)
    process = child.process
    threading.Event().wait(0.5)  # lets the child install its handler; a shorter wait only makes the test weaker

    supervisor.interrupt()
    assert process.poll() is None
    supervisor.interrupt()
    thread.join(5)

    assert process.poll() == -signal.SIGKILL
    assert not thread.is_alive()


def test_children_end_when_the_supervisor_is_killed(tmp_path):
    """kill -9 of the parent leaves no orphan: its end of the child's standard input closes."""
    pid_file = tmp_path / "pid"
    child = (
        "import os, pathlib, threading\n"
        "from api.supervisor import stop_with_parent\n"
        "stop = threading.Event(); stop_with_parent(stop.set)\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\n"
        "stop.wait()\n"
    )
    parent = subprocess.Popen(
        python(
            "import sys\nfrom api.supervisor import Child, Supervisor\n"
            f"Supervisor([Child('c', [sys.executable, '-c', {child!r}])]).run()\n"
        ),
        cwd=Path(__file__).parents[2],
    )
    assert eventually(lambda: pid_file.exists() and pid_file.read_text() != "")
    orphan = int(pid_file.read_text())

    parent.kill()
    parent.wait()

    assert eventually(lambda: not Path(f"/proc/{orphan}").exists() or _is_zombie(orphan))


def _is_zombie(pid: int) -> bool:
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
