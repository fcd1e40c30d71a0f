# SPDX-License-Identifier: GPL-2.0-only
"""What the page of a run is told beside its results: why a case is asked, what a finding says, what has killed mutants."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from reports.html import KillMatrix
from reports.html.kills import seen
from reports.model import CaseResult, Hypervisor
from suites.matrix import Case

KILLS = "kill-matrix.json"


def rationales(cases: Iterable[Case]) -> dict[str, str]:
    """By the case's name without parameters."""
    return {case.id.partition("[")[0]: case.rationale for case in cases}


def findings(results: Iterable[CaseResult], top: Path) -> dict[str, str]:
    """The titles of those that the results name, by path; of a file that is not there none."""
    found = {}
    for path in sorted({result.finding for result in results if result.finding}):
        try:
            with open(top / path, encoding="utf-8") as file:
                found[path] = file.readline().lstrip("# ").strip()
        except (OSError, UnicodeDecodeError):
            continue
    return found


def kills(folder: Path, hypervisor: Hypervisor) -> KillMatrix | None:
    """Of the newest proof below `folder` (make prove) that has mutants of this kind and version."""
    for path in sorted(folder.glob(f"*/{KILLS}"), reverse=True):
        try:
            matrix = json.loads(path.read_text())
            if matrix["hypervisors"][hypervisor.name]["version"] != hypervisor.version:
                continue
            mutants: Sequence[dict] = matrix["mutants"]
            rows = {mutant["id"]: {case: red for case, red in seen(mutant).items() if red} for mutant in mutants
                    if mutant["hypervisor"] == hypervisor.name and mutant["outcomes"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # one that is being written, or of another version
        if rows:
            return KillMatrix(rows)
    return None
