"""The leader is cut off by the network: another one leads, and the one cut off writes nothing more.

The leader runs in a network namespace of its own, whose only cable is pulled and put back. Over it go bus, cameras
and case API; the ledger, a file, it reaches all the time: what the ledger refuses is what counts here.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import relay
from tests.servers.patrols import Patrols, eventually
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=10)


class Cable:
    """A namespace with one cable to here, over which it reaches our loopback's ``ports`` as its own."""

    def __init__(self) -> None:
        number = os.getpid() % 200 + 20
        self.name, self._end = f"gridpatrol{number}", f"gp{number}"
        self._here, there = f"10.213.{number}.1", f"10.213.{number}.2"
        self._relays: list[subprocess.Popen[bytes]] = []
        ip("netns", "add", self.name)
        ip("link", "add", self._end, "type", "veth", "peer", "name", "far", "netns", self.name)
        ip("addr", "add", f"{self._here}/24", "dev", self._end)
        ip("-n", self.name, "addr", "add", f"{there}/24", "dev", "far")
        ip("-n", self.name, "link", "set", "lo", "up")
        ip("-n", self.name, "link", "set", "far", "up")
        self.put_back()

    def carry(self, *ports: int) -> None:
        """Let the namespace reach these ports of our loopback."""
        program = [sys.executable, str(Path(relay.__file__))]
        numbers = [str(port) for port in ports]
        self._relays = [
            subprocess.Popen([*program, self._here, "127.0.0.1", *numbers]),
            subprocess.Popen([*self.inside, *program, "127.0.0.1", self._here, *numbers]),
        ]

    @property
    def inside(self) -> tuple[str, ...]:
        """What goes before a command that is to run there."""
        return ("ip", "netns", "exec", self.name)

    def pull(self) -> None:
        ip("link", "set", self._end, "down")

    def put_back(self) -> None:
        ip("link", "set", self._end, "up")

    def close(self) -> None:
        for one in self._relays:
            one.kill()
            one.wait()
        ip("netns", "del", self.name)


@contextmanager
def cabled():
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("needs root and `ip` for a network namespace: apt-get install iproute2")
    try:
        cable = Cable()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.strip()}")
    try:
        yield cable
    finally:
        cable.close()


@contextmanager
def running(folder):
    redis = RedisServer()
    city = Patrols(folder, redis, cameras=6)
    try:
        yield city
    except BaseException:
        for process in city.processes:
            sys.stderr.write(city.log(process))
        raise
    finally:
        city.close()
        redis.close()


def test_a_leader_that_the_network_cuts_off_is_followed_by_another_and_starts_afresh(tmp_path):
    with cabled() as cable, running(tmp_path / "city") as city:
        cable.carry(city.redis.port, city.street.port, city.api_port)
        far = city.start(*cable.inside)
        eventually(lambda: city.leader() == far.pid, within_s=60, what="that the far one leads")
        city.start()
        city.ready(2)

        cable.pull()
        cut_at = time.monotonic()

        eventually(lambda: city.leader() not in {None, far.pid}, within_s=30, what="another leader")
        said("another one leads", cut_at)
        city.recovery_s(cut_at)
        said("all cameras visited again", cut_at)
        eventually(lambda: "lead_lost" in city.log(far), within_s=30, what="that the far one notices")
        cable.put_back()
        eventually(lambda: city.log(far).count("patrol_started") >= 2, within_s=60, what="its fresh start")
        city.settled()
        city.assert_nothing_lost_or_doubled()
        far.send_signal(signal.SIGINT)


def said(what: str, since: float) -> None:
    print(f"recovery: the leader was cut off, {what}: {time.monotonic() - since:.1f} s")  # noqa: T201
