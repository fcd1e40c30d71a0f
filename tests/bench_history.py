# SPDX-License-Identifier: GPL-2.0-only
"""What a history of a million results costs: python3 -m tests.bench_history [results]."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reports.history import History, Row
from reports.trends import LAST, show
from reports.transfer import bring_in, write_export

CASES = 1000
MILLION = 1_000_000
BUILD_RUNS = 20  # of each hypervisor
Figure = tuple[str, str, float, float, float]  # as in tests.bench


def runs(count: int) -> Iterator[tuple[dict[str, Any], Iterator[Row]]]:
    for number in range(count):
        day = f"20{10 + number // 336:02}-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
        yield {"name": f"run{number}", "started": f"{day}T03:00:00+00:00", "board": "q35-xen", "seed": number,
               "sha256": f"{number // BUILD_RUNS:064x}", "kind": "xen", "version": "4.17.7", "file": "xen.gz",
               "guest_sha256": "0" * 64, "append": ""}, results(number)


def results(number: int) -> Iterator[Row]:
    """As of the gate: on average four sharers' windows, with gap and median of each."""
    for case in range(CASES):
        gap = 2000 + (case * 7 + number * 13) % 500
        figures = {f"sharer {at} {window} {what}": gap + at for at in (0, 1) for window in ("before", "during")
                   for what in ("gap_us", "p50_us")}
        yield Row(f"hung.mask[ack=new,cast=edu,number={case},pos=first]", "PASS" if (case + number) % 50 else "FAIL", None,
                  300, gap, 6600, 0, figures)


def measured(count: int = MILLION) -> list[Figure]:
    """The same results as exported, so with the reading of their JSON; then the questions that people and gates ask."""
    with tempfile.TemporaryDirectory() as folder:
        exported, path = Path(folder) / "e.jsonl", Path(folder) / "history.db"
        with History(Path(folder) / "first.db", create=True) as history:
            into = timed(lambda: history.add(runs(count // CASES)))
            out = timed(lambda: write_export(history, exported))
        with History(path, create=True) as history:
            back = timed(lambda: list(bring_in(history, [exported])))
            asked = timed(lambda: list(show(history, "", LAST, lambda case: True)))
            everything = timed(lambda: list(show(history, "", 0, lambda case: True)))
            like = {"name": "", "started": "", "seed": 0, "board": "q35-xen", "kind": "xen", "append": ""}
            cases = [row.case for row in results(0)]
            gate = timed(lambda: [history.seen(case, like, 48) for case in cases])
            trends = timed(lambda: history.trends(like, cases))
            size = path.stat().st_size / 1e6
    told = f"{count:,} results"
    return [(f"{told} into the history", "s", into, into, 20.0), ("  exported", "s", out, out, 20.0),
            ("  imported as JSON lines", "s", back, back, 40.0), ("  make history", "s", asked, asked, 1.0),
            ("  make history LAST=0", "s", everything, everything, 10.0), ("  a baseline's questions", "s", gate, gate, 5.0),
            ("  a report's trends", "s", trends, trends, 1.0),
            ("  the file", "MB", size, size, 0.0)]


def timed(what: Any) -> float:
    began = time.monotonic()
    what()
    return time.monotonic() - began


if __name__ == "__main__":
    for name, unit, value, _, limit in measured(int(sys.argv[1]) if sys.argv[1:] else MILLION):
        print(f"{name:<34}{value:>10.4g} {unit}" + (f"  (limit {limit:g} {unit})" if limit else ""))
