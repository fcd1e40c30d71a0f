# SPDX-License-Identifier: GPL-2.0-only
"""What a run found: the result of a case, the facts of the run, and the verdict over both."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from reports.events import Outcome

# KCIDB's bound on log_excerpt.
MAX_CONSOLE = 16_384


@dataclass(frozen=True)
class Hypervisor:
    name: str
    version: str
    sha256: str
    file: str  # the base name alone: a report tells nothing of the machine it was made on

    @property
    def release(self) -> str:
        """E.g. xen-4.17, of version 4.17.7+13-g2445b30a44."""
        return "-".join([self.name, ".".join(self.version.split(".")[:2])])


@dataclass(frozen=True)
class RunInfo:
    id: str
    board: str
    hypervisor: Hypervisor
    seed: int
    started: str  # ISO 8601, UTC
    guest_sha256: str
    append: str = ""  # what the user added to the hypervisor's command line
    # By board file: its sha256, what it boots, and each variant used: devices, UARTs, what it does not guard.
    capabilities: dict[str, Any] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)  # sha256 of all that is booted, by its part
    command_lines: dict[str, str] = field(default_factory=dict)  # of the hypervisor, by boot
    cases: list[str] = field(default_factory=list)  # all that were asked for
    options: dict[str, Any] = field(default_factory=dict)  # others that say what is played: cpus, nightly, wrong

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "RunInfo":
        return cls(**fields | {"hypervisor": Hypervisor(**fields["hypervisor"])})


@dataclass(frozen=True)
class CaseResult:
    case: str
    outcome: Outcome
    reason: str = ""
    topic: str = ""
    title: str = ""
    invariants: list[str] = field(default_factory=list)
    boot: str = ""
    board: str = ""
    started_s: float = 0.0
    duration_ms: int = 0
    checks: list[dict[str, Any]] = field(default_factory=list)  # {"ok": bool, "text": str}
    data: list[dict[str, Any]] = field(default_factory=list)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)  # the witness's readings
    console: str = ""
    finding: str | None = None  # the entry of suites/known.yaml for this case
    run: str = ""
    seed: int | None = None

    def __post_init__(self) -> None:
        # The end is kept: that is where a crash is.
        object.__setattr__(self, "console", self.console[-MAX_CONSOLE:])

    @property
    def known(self) -> bool:
        """A failure that suites/known.yaml explains. An ERROR is never excused."""
        return self.outcome is Outcome.FAIL and self.finding is not None

    @property
    def fixed(self) -> bool:
        """A known failure that passes now."""
        return self.outcome is Outcome.PASS and self.finding is not None

    @property
    def word(self) -> str:
        """The one word for reports: the outcome, or `known`."""
        return "known" if self.known else self.outcome.value

    @property
    def first_failed(self) -> str | None:
        """The text of the first check that failed."""
        return next((check["text"] for check in self.checks if not check["ok"]), None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"outcome": self.outcome.value}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "CaseResult":
        return cls(**fields | {"outcome": Outcome(fields["outcome"])})


@dataclass(frozen=True)
class Counts:
    passed: int = 0
    failed: int = 0  # without the known ones
    errors: int = 0
    skipped: int = 0
    known: int = 0

    @property
    def cases(self) -> int:
        return self.passed + self.failed + self.errors + self.skipped + self.known


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome  # PASS, FAIL or ERROR
    counts: Counts


def count(results: Iterable[CaseResult]) -> Counts:
    words = [result.word for result in results]
    return Counts(*(words.count(word) for word in ("PASS", "FAIL", "ERROR", "SKIP", "known")))


def complete(results: Sequence[CaseResult], expected_ids: Iterable[str]) -> list[CaseResult]:
    """The results, and an ERROR for every expected case that has none."""
    have = {result.case for result in results}
    never = [
        CaseResult(case, Outcome.ERROR, "never ran", topic=case.partition(".")[0])
        for case in dict.fromkeys(expected_ids)
        if case not in have
    ]
    return [*results, *never]


def verdict(results: Sequence[CaseResult], expected_ids: Iterable[str]) -> Verdict:
    """FAIL before ERROR before PASS; a run that ran nothing at all did not pass."""
    counts = count(complete(results, expected_ids))
    if counts.failed:
        return Verdict(Outcome.FAIL, counts)
    if counts.errors or counts.cases == counts.skipped:
        return Verdict(Outcome.ERROR, counts)
    return Verdict(Outcome.PASS, counts)
