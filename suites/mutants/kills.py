# SPDX-License-Identifier: GPL-2.0-only
"""The kill matrix: which case turned which mutant red, when and by what; as a table, as JSON and as a page."""

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reports.html.kills import page
from reports.model import RunInfo
from reports.text import plain
from suites.matrix import INVARIANTS
from suites.mutants.catalogue import Mutant

JSON = "kill-matrix.json"
PAGE = "kill-matrix.html"
VERSION = 1
STATUSES = ("killed", "equivalent", "survived", "error")


@dataclass(frozen=True)
class Proof:
    """What became of one mutant."""

    id: str
    hypervisor: str
    invariants: Sequence[str]
    mechanism: str
    shows: str
    replays: str
    status: str  # one of STATUSES; error: it could not be played, which is no kill
    killer: str = ""  # the case that turned red first
    expected: bool = False  # by one of the mutant's own `reds`, in the words that stand there
    evidence: str = ""  # what failed; of an equivalent one the proof; of an error its reason
    seconds: float = 0.0  # from the making of the image to the end of the gate that had the red case
    outcomes: Mapping[str, str] = field(default_factory=dict)  # of all cases that were played

    @classmethod
    def of(cls, mutant: Mutant, status: str, killer: str = "", evidence: str = "", seconds: float = 0.0,
           outcomes: Mapping[str, str] | None = None) -> "Proof":
        wanted = mutant.reds.get(killer)
        return cls(mutant.id, mutant.hypervisor, mutant.invariants, mutant.mechanism, mutant.shows, mutant.replays,
                   status, killer, bool(wanted and re.search(wanted, evidence)), evidence, round(seconds, 1),
                   dict(outcomes or {}))


@dataclass(frozen=True)
class Matrix:
    proofs: Sequence[Proof]
    subjects: Mapping[str, RunInfo]  # by kind of hypervisor: what was mutated, as a gate names it
    seconds: float
    boards: int
    left: int = 0  # mutants that were not played: somebody stopped it

    def count(self, status: str, hypervisor: str = "", invariant: str = "") -> int:
        return sum(proof.status == status and hypervisor in ("", proof.hypervisor)
                   and invariant in ("", proof.invariants[0]) for proof in self.proofs)

    @property
    def score(self) -> float:
        """Share of the mutants that are not equivalent which a case has killed."""
        able = len(self.proofs) - self.count("equivalent")
        return self.count("killed") / able if able else 0.0

    @property
    def good(self) -> bool:
        return bool(self.proofs) and not (self.left or self.count("survived") or self.count("error"))

    @property
    def median_s(self) -> float:
        return statistics.median([proof.seconds for proof in self.proofs if proof.status == "killed"] or [0.0])


def line(proof: Proof, number: int, total: int) -> str:
    """As one is known, at most 80 columns but for what went wrong."""
    told = {"killed": proof.killer, "equivalent": "proof in its data", "survived": "no case saw it"}.get(proof.status)
    head = f"[{number:3}/{total}] {proof.status:<10} {proof.id[:24]:<24} {proof.seconds:5.1f} s "
    if told is None:
        return f"{head}\n      {plain(proof.evidence)}"
    return f"{head} {told if len(head) + len(told) < 80 else told[: 78 - len(head)] + '~'}"


def table(matrix: Matrix) -> str:
    """The sums, by the invariant that is broken first."""
    rows = [f"\n{'':<12}{'mutants':>9}" + "".join(f"{status:>12}" for status in STATUSES)]
    for hypervisor in sorted({proof.hypervisor for proof in matrix.proofs}):
        for invariant in INVARIANTS:
            numbers = [matrix.count(status, hypervisor, invariant) for status in STATUSES]
            if any(numbers):
                rows.append(_row(f"{hypervisor:<6}{invariant}", numbers))
    rows.append(_row("all", [matrix.count(status) for status in STATUSES]))
    for status in ("survived", "error"):
        rows += [f"{status}: {proof.id} ({', '.join(proof.invariants)}) {proof.mechanism}"
                 for proof in matrix.proofs if proof.status == status]
    strange = [proof for proof in matrix.proofs if proof.status == "killed" and not proof.expected]
    rows += [f"killed otherwise than its data says: {proof.id} by {proof.killer}: {plain(proof.evidence)}"
             for proof in strange]
    rows.append(f"\n{'PROVED' if matrix.good else 'NOT PROVED'}  {100 * matrix.score:.1f} % of the mutants that can be "
                f"seen are killed, median {matrix.median_s:.1f} s each  ({matrix.seconds:.0f} s)")
    return "\n".join(rows)


def _row(name: str, numbers: Sequence[int]) -> str:
    return f"{name:<12}{sum(numbers):>9}" + "".join(f"{number or '':>12}" for number in numbers)


def record(matrix: Matrix) -> dict[str, Any]:
    return {
        "version": VERSION, "seconds": round(matrix.seconds, 1), "boards": matrix.boards,
        "hypervisors": {kind: {"version": info.hypervisor.version, "guest_sha256": info.guest_sha256}
                        for kind, info in matrix.subjects.items()},
        "totals": {status: matrix.count(status) for status in STATUSES} | {"score": round(matrix.score, 4)},
        "median_seconds": matrix.median_s,
        "mutants": [asdict(proof) | {"invariants": list(proof.invariants)} for proof in matrix.proofs]}


def write(matrix: Matrix, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    whole = record(matrix)
    (folder / JSON).write_text(json.dumps(whole, indent=1) + "\n")
    (folder / PAGE).write_text(page(whole), encoding="utf-8")
