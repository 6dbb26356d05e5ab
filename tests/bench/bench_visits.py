"""CPU per visit by kind of feed, against the floor measured in the same run: ``gridpatrol bench visits``.

    .venv/bin/python tests/bench/bench_visits.py [--seconds 60] [--peers]

Prints a table and writes var/bench/visits.json. With ``--peers`` also the other programs, two minutes more
for each kind.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.results import command, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    peers = "--peers" if told.peers else "--no-peers"
    rows = command("bench", "visits", "--all", "--seconds", str(told.seconds), peers, "--json")
    write("visits", {"rows": rows}, as_json=told.json)


if __name__ == "__main__":
    main()
