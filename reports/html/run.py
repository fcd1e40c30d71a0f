# SPDX-License-Identifier: GPL-2.0-only
"""A run as the page tells it. What the journal does not know of it is kept in page.json, so that the page can be made again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reports.files import write_atomically
from reports.journal import read_journal
from reports.model import CaseResult, RunInfo, complete

KEPT = "page.json"


@dataclass(frozen=True)
class KillMatrix:
    """Which mutants which cases have turned red: {mutant: {case, without parameters: number of instances}}."""

    rows: Mapping[str, Mapping[str, int]]

    @property
    def columns(self) -> list[str]:
        return sorted({case for row in self.rows.values() for case in row})


@dataclass(frozen=True)
class Extras:
    """What other records know about the run. What is not known is not shown."""

    compared: Mapping[str, str] = field(default_factory=dict)  # case -> REGRESSION, like, never pass, fixed, flaky
    baseline: str = ""  # which run that was
    verdict: str = ""  # with it; "" if nothing was compared
    findings: Mapping[str, str] = field(default_factory=dict)  # path of a finding -> its title
    rationales: Mapping[str, str] = field(default_factory=dict)  # case, without parameters -> why it is asked
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)  # case -> longest gaps, us, oldest first
    kills: KillMatrix | None = None


@dataclass(frozen=True)
class Run:
    """`results` are complete (see model.complete); `command` runs the gate again as it ran, but for the cases."""

    info: RunInfo
    results: Sequence[CaseResult]
    duration_s: float
    extras: Extras = field(default_factory=Extras)
    command: str = ""


def keep(folder: Path, run: Run) -> None:
    write_atomically(folder / KEPT, json.dumps({
        "duration_s": run.duration_s, "command": run.command, "cases": [result.case for result in run.results],
        "extras": asdict(run.extras)}) + "\n")


def read(folder: Path) -> Run:
    """The run in its folder; of one that was cut short, what the journal knows. Raises ReportError without a journal."""
    info, results = read_journal(folder / "results.jsonl")
    ended_s = max((result.started_s + result.duration_ms / 1000 for result in results), default=0.0)
    kept = _kept(folder)
    try:
        return Run(info, complete(results, map(str, kept["cases"])), float(kept["duration_s"]), _extras(kept["extras"]),
                   str(kept["command"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Run(info, complete(results, info.cases), ended_s)


def _kept(folder: Path) -> Any:
    try:
        return json.loads((folder / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _extras(found: Mapping[str, Any]) -> Extras:
    def words(name: str) -> dict[str, str]:
        return {str(key): str(value) for key, value in found[name].items()}
    kills = found["kills"]
    return Extras(
        words("compared"), str(found["baseline"]), str(found["verdict"]), words("findings"), words("rationales"),
        {str(case): [float(gap) for gap in gaps] for case, gaps in found["history"].items()},
        KillMatrix({str(mutant): {str(case): int(number) for case, number in row.items()}
                    for mutant, row in kills["rows"].items()}) if kills else None)
