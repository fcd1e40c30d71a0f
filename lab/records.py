# SPDX-License-Identifier: GPL-2.0-only
"""What the engine is given and what it gives back: boots and cases in, records out."""

from dataclasses import dataclass, field
from pathlib import Path

from reports.ktap import Check, Data, Outcome

CONSOLE_HEAD = 4096
CONSOLE_TAIL = 12000  # together with the note between them below 16,384 characters


@dataclass(frozen=True, slots=True)
class PlannedCase:
    id: str
    plan_line: str  # "case <id> ...", as the guest reads it
    limit_s: float  # of board time, from the case's start to its result


@dataclass(frozen=True, slots=True)
class Boot:
    """Cases that share a power-on, and how the board is powered on."""

    name: str
    cmdline: str
    smp: int | None = None
    icount: str | None = None
    variant: str | None = None
    board: str | None = None  # another board file than the run's, by its name
    warm: bool = False  # from a snapshot of a board that has booted
    cases: tuple[PlannedCase, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkRecord:
    label: str
    rte: str  # the witness's view of the pin, in words; "" if the mark names none
    disagreements: tuple[str, ...]
    vectors: dict[str, dict[str, str]] = field(default_factory=dict)  # see lab.ownership


class Slice:
    """The beginning and the end of a console that may be megabytes long."""

    def __init__(self) -> None:
        self._head, self._tail, self._cut = bytearray(), bytearray(), 0

    def add(self, data: bytes) -> None:
        room = CONSOLE_HEAD - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room else data
        if len(self._tail) > 2 * CONSOLE_TAIL:
            self._trim()

    def _trim(self) -> None:
        if (over := len(self._tail) - CONSOLE_TAIL) > 0:
            del self._tail[:over]
            self._cut += over

    def text(self) -> str:
        self._trim()
        gap = f"\n[... {self._cut} bytes cut ...]\n".encode() if self._cut else b""
        return bytes(self._head + gap + self._tail).decode("utf-8", "replace")


@dataclass(slots=True)
class CaseRecord:
    """How a case ended. A later record of the same id replaces an earlier one.

    `ended` is "result" if the guest itself said how it went; otherwise why it could not:
    see BootRecord.
    """

    id: str
    boot: str
    attempt: int
    board: str
    outcome: Outcome = Outcome.ERROR
    reason: str = ""
    ended: str = "result"
    started: bool = False  # False: the board never came to it
    started_s: float = 0.0  # since the engine started
    duration_ms: int = 0
    fields: dict[str, str] = field(default_factory=dict)  # of the result line
    checks: list[Check] = field(default_factory=list)
    data: list[Data] = field(default_factory=list)
    timeline: list[Data] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    marks: list[MarkRecord] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    console: str = ""


@dataclass(slots=True)
class BootRecord:
    """How a power-on went; comes after the records of its cases.

    `ended`: "end" (the guest was through), "panic", "crash" (of the control domain), "exit" (the
    board powered off or died in the middle), "hung", "slow" (the host, not the board), "damage",
    "bail", "start" (no power-on), "stopped" (by stop()).
    """

    boot: str
    attempt: int
    board: str
    console: Path
    ended: str = ""
    reason: str = ""
    started_s: float = 0.0
    duration_s: float = 0.0
    first_byte_s: float | None = None  # since power-on, as the next two
    ktap_s: float | None = None  # the guest's first line
    verdict_s: float | None = None  # the first result of a case
    banner: str = ""  # "Xen version ..." as the console has it
    facts: dict[str, str] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)
    finished: int = 0  # cases that this power-on has used up


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """A board begins with a case; its CaseRecord follows, unless the run is stopped."""

    id: str
    board: str


Record = CaseRecord | BootRecord | CaseStarted
