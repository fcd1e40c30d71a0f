# SPDX-License-Identifier: GPL-2.0-only
"""make bench: runs whole gates one after another and prints what they cost, as a table and as JSON."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab.boardfile import EXERCISED
from reports.html import page
from reports.model import CaseResult, Hypervisor, RunInfo
from reports.tests.pages import large_run
from reports.ktap import Reader
from suites.play import BOARDS, Played, PlayError, differing, play
from tests.bench_history import measured

TOP = Path(__file__).parent.parent
PROBE_RUNS = 3


def by_injectors(results: Sequence[CaseResult]) -> list[CaseResult]:
    """The cases without a real controller: those take their time to start, up to a second (82540EM)."""
    others = [model for model in EXERCISED if model != "edu"]
    return [result for result in results
            if {row["model"] for row in result.data if "model" in row} <= {"edu"}
            and not any(model in result.case for model in [*others, "message", "nic"])]


def build_times(results: Sequence[CaseResult]) -> list[float]:
    """Of each case the slowest sibling, ms."""
    return [int(row["build_us"]) / 1000 for result in results for row in result.data if "build_us" in row]


def board_times(results: Sequence[CaseResult]) -> list[tuple[int, int, int]]:
    """Of each case: board time, of this in windows or waiting for the witness, and wall time; ms.

    A board that counts instructions lets its clock run ahead while it waits for the host, so the
    witness's share says nothing in board time; it is 1 to 2 ms of wall time a mark.
    """
    return [(int(row["board_ms"]), int(row["windows_ms"]) + int(row["witness_ms"]),
             result.duration_ms)
            for result in results for row in result.data
            if int(row.get("windows_ms", 0))]  # a case without windows is not meant


def apart_from_windows(runs: Sequence[Played]) -> list[float]:
    """Of each board that started from a snapshot, for a case with windows: power-on to verdict without these, s."""
    found = []
    for run in runs:
        boots = {boot["name"]: boot for boot in run.summary["boots"]}
        for result in run.results:
            windows = sum(int(row.get("windows_ms", 0)) for row in result.data) / 1000
            if windows and result.boot in boots:
                found.append(boots[result.boot]["verdict_s"] - windows)
    return found


def probe_cost(folder: Path) -> list[float]:
    """What it costs a disk to be watched, %; a case of its own, as it is no question to Linux."""
    runs = [play("kvm", folder / f"probe{number}", ["--nightly", "--case", "kvm.sharing.probe[iommu=intel]"])
            for number in range(PROBE_RUNS)]
    return [int(row["cost_permille"]) / 10 for run in runs for result in run.results for row in result.data
            if "cost_permille" in row]


def kvm_figures(runs: Sequence[Played], cost: list[float]) -> list[tuple[str, str, float, float, float]]:
    """The same for Linux as hypervisor. The first board of a kind boots, which is the worst of these times."""
    rows = [
        ("cases in the gate (least 50)", "", [float(len(run.results)) for run in runs], 0.0),
        ("whole gate", "s", [run.wall_s for run in runs], 150.0),
        ("cases a minute", "", [60 * len(run.results) / run.wall_s for run in runs], 0.0),
        ("snapshot to first KTAP line", "s", [boot["ktap_s"] for run in runs for boot in run.summary["boots"]], 0.0),
        ("snapshot to verdict, no windows", "s", apart_from_windows(runs), 0.0),
        ("the probe costs a disk", "%", cost, 2.0),
    ]
    return [(what, unit, statistics.median(values), max(values), limit)
            for what, unit, values, limit in rows]


def reading(folder: Path) -> list[tuple[str, str, float, float, float]]:
    """The reader of consoles, by the CPU's time: on the bench's own consoles, and on nothing but results."""
    count = 20_000
    stream = b"KTAP version 1\n1..%d\n" % count + b"".join(
        b"# case t.c[n=%d]\n  ok 1 LI lost 0\nok %d t.c[n=%d] # checks=1 ms=1\n" % (number, number, number)
        for number in range(1, count + 1))
    consoles = b"".join(path.read_bytes() for path in folder.glob("*/consoles/*.log"))[:2**25]
    rows = [("reading 1 MB of console", "ms", consoles, len(consoles) / 1e9, 0.0),
            ("reading a result (100,000 a s)", "us", stream, count / 1e6, 10.0)]
    found = []
    for what, unit, data, share, limit in rows:
        took = []
        for _ in range(5):
            reader, began = Reader(), time.process_time()
            for at in range(0, len(data), 2**16):
                reader.feed(data[at : at + 2**16])
            took.append((time.process_time() - began) / max(share, 1e-9))
        found.append((what, unit, statistics.median(took), max(took), limit))
    return found


def figures(runs: Sequence[Played]) -> list[tuple[str, str, float, float, float]]:
    """(what, unit, median, worst, limit); a limit of 0: none."""
    boots = [boot for run in runs for boot in run.summary["boots"]]
    results = [result for run in runs for result in run.results]
    injected = by_injectors(results)
    times = board_times(results)
    rows = [
        ("cases in the gate (least 60)", "", [float(len(run.results)) for run in runs], 0.0),
        ("whole gate", "s", [run.wall_s for run in runs], 150.0),
        ("cases a minute", "", [60 * len(run.results) / run.wall_s for run in runs], 0.0),
        ("power-on to first KTAP line", "s", [boot["ktap_s"] for boot in boots], 2.0),
        ("power-on to first verdict", "s", [boot["verdict_s"] for boot in boots], 4.0),
        ("a case outside windows, injector", "ms",
         [float(board - apart) for board, apart, _ in board_times(injected)], 150.0),
        ("a case outside windows, all", "ms", [float(board - apart) for board, apart, _ in times], 0.0),
        ("a case on the wall", "ms", [float(wall) for _, _, wall in times], 0.0),
        ("building a sibling, injector", "ms", build_times(injected), 100.0),
        ("building a sibling, all", "ms", build_times(results), 0.0),
    ]
    return [(what, unit, statistics.median(values), max(values), limit)
            for what, unit, values, limit in rows]


def latencies(runs: Sequence[Played]) -> list[tuple[str, str, float, float, int]]:
    """(controller, kind of interrupt, p50, p99, rounds): trigger to served, us of board time; the median of all
    cases that measured it."""
    found: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for row in (row for run in runs for result in run.results for row in result.data if "exercise" in row):
        found.setdefault((row["exercise"], row["irq"]), []).append(
            (int(row["round_p50_us"]), int(row["round_p99_us"]), int(row["served"])))
    return [(model, irq, statistics.median(row[0] for row in rows), statistics.median(row[1] for row in rows),
             sum(row[2] for row in rows)) for (model, irq), rows in sorted(found.items())]


def html_figure() -> tuple[str, str, float, float, float]:
    """What the page of a thousand cases takes to be made."""
    results = large_run(1000)
    info = RunInfo("bench", "q35", Hypervisor("xen", "4.17", "", ""), 0, "", "")
    began = time.monotonic()
    page(info, results, 0.0)
    took = time.monotonic() - began
    return "report.html of 1,000 cases", "s", took, took, 10.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--out", type=Path, default=TOP / "build" / "bench")
    parser.add_argument("--hv", choices=BOARDS, default="xen")
    parser.add_argument("gate", nargs="*", help="further arguments of the gate, e.g. -k sharing")
    options = parser.parse_args()
    folder = options.out / time.strftime("%Y%m%d-%H%M%S")
    runs: list[Played] = []
    for number in range(1, options.runs + 1):
        try:
            run = play(options.hv, folder / f"{number:02}", options.gate)
        except PlayError as error:
            sys.exit(f"bench: {error}")
        runs.append(run)
        print(f"gate {number:2}/{options.runs}  {run.wall_s:5.1f} s  {run.summary['verdict']}  "
              f"{run.summary['passed']} pass", flush=True)
    rows = kvm_figures(runs, probe_cost(folder)) if options.hv == "kvm" else figures(runs)
    return report(runs, [*rows, *reading(folder), html_figure(), *measured()], folder)


def report(runs: Sequence[Played], rows: list[tuple[str, str, float, float, float]], folder: Path) -> int:
    changed = differing([run.verdicts for run in runs])
    print(f"\n{'figure':<34}{'median':>12}{'worst':>12}{'limit':>12}")
    for what, unit, median, worst, limit in rows:
        told = f"{limit:g} {unit}" if limit else ""
        print(f"{what:<34}{median:>10.4g} {unit:<2}{worst:>9.4g} {unit:<2}{told:>12}")
    by_controller = latencies(runs)
    if by_controller:
        print(f"\n{'trigger to served, board time':<34}{'p50':>12}{'p99':>12}{'rounds':>12}")
    for model, irq, p50, p99, rounds in by_controller:
        print(f"{f'{model} by {irq}':<34}{p50:>9.4g} us{p99:>9.4g} us{rounds:>12}")
    print(f"\nverdicts that differed in {len(runs)} gates: {len(changed)}"
          + "".join(f"\n  {case}" for case in changed))
    (folder / "bench.json").write_text(json.dumps({
        "figures": [dict(zip(("what", "unit", "median", "worst", "limit"), row)) for row in rows],
        "latencies": [dict(zip(("model", "irq", "p50_us", "p99_us", "rounds"), row)) for row in by_controller],
        "runs": [{"wall_s": run.wall_s, "status": run.status, "verdict": run.summary["verdict"]}
                 for run in runs],
        "differed": changed}, indent=2) + "\n")
    print(f"JSON: {(folder / 'bench.json').relative_to(TOP)}")
    late = [row[0] for row in rows if row[4] and row[3] > row[4]]
    for what in late:
        print(f"over its limit: {what}")
    return 1 if changed or any(run.status for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
