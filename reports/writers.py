# SPDX-License-Identifier: GPL-2.0-only
"""All report files of a run from one list of results."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.baseline import Comparison, Word
from reports.files import ReportError, explain, write_atomically
from reports.html import Extras, Run, pages
from reports.html.run import keep
from reports.junit import junit
from reports.kcidb import kcidb
from reports.ktap_writer import ktap
from reports.lava import lava
from reports.markdown import markdown
from reports.model import CaseResult, RunInfo, complete, verdict

# A file of the run each; all are pure functions of the run, its results, the time it took and what a baseline says.
WRITERS = {"junit.xml": junit, "kcidb.json": kcidb, "lava.txt": lava}


def summary(info: RunInfo, results: Sequence[CaseResult], duration_s: float,
            boots: Sequence[dict[str, Any]] = (), comparison: Comparison | None = None) -> str:
    """summary.json: what a script needs to decide, and to find the run again. With a baseline the verdict is about
    regressions."""
    found = verdict(results, ())
    counts = found.counts
    return json.dumps({
        "verdict": (comparison or found).outcome.value,
        "cases": counts.cases,
        "passed": counts.passed,
        "failed": counts.failed,
        "errors": counts.errors,
        "skipped": counts.skipped,
        "known": counts.known,
        "regressions": comparison.regressions if comparison else None,  # unknown, not 0, without a baseline
        "baseline": comparison.to_dict() if comparison else None,
        "duration_s": round(duration_s, 3),
        "seed": info.seed,
        "board": info.board,
        "hypervisor": {
            "name": info.hypervisor.name,
            "version": info.hypervisor.version,
            "sha256": info.hypervisor.sha256,
        },
        "append": info.append,
        "run": info.id,
        "started": info.started,
        "boots": list(boots),
    }, indent=2) + "\n"


def told_of(comparison: Comparison, extras: Extras) -> Extras:
    """With what the page is told of a baseline."""
    words = {one.case: one.word.value for one in comparison.judgements if one.word is not Word.SAME}
    return replace(extras, compared=words, baseline=comparison.name, verdict=comparison.outcome.value)


def write_reports(folder: Path, info: RunInfo, results: Sequence[CaseResult],
                  expected_ids: Iterable[str], duration_s: float,
                  boots: Sequence[dict[str, Any]] = (), command: str = "",
                  comparison: Comparison | None = None, extras: Extras | None = None) -> None:
    """Write all of them and, last, summary.json: where it stands, the others do. `command` runs the gate again, `extras`
    are for report.html."""
    whole = complete(results, expected_ids)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(explain(folder, error)) from error
    write_atomically(folder / "results.ktap", ktap(info, whole, duration_s))
    for name, writer in WRITERS.items():
        write_atomically(folder / name, writer(info, whole, duration_s, comparison))
    extras = extras or Extras()
    run = Run(info, whole, duration_s, told_of(comparison, extras) if comparison else extras, command)
    keep(folder, run)
    write_atomically(folder / "report.html", pages([run]))
    write_atomically(folder / "summary.md", markdown(info, whole, duration_s, command or "make gate", comparison))
    write_atomically(folder / "summary.json", summary(info, whole, duration_s, boots, comparison))
