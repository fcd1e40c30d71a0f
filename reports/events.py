# SPDX-License-Identifier: GPL-2.0-only
"""What a console can tell: the events that reports.ktap makes of its lines. All text is clean.

They are made by the hundred thousand, and nobody changes one; frozen, each would take a third longer to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from reports.text import clean


class Outcome(str, Enum):
    """As in kselftest and KCIDB: FAIL is the subject's, ERROR is the test's or the board's."""

    PASS = "PASS"
    FAIL = "FAIL"
    ERROR = "ERROR"
    SKIP = "SKIP"


@dataclass(slots=True)
class Version:
    text: str


@dataclass(slots=True)
class Plan:
    count: int


@dataclass(slots=True)
class Fact:
    """A run-level line `# <word> key=value ...`."""

    fields: Mapping[str, str]


@dataclass(slots=True)
class CaseStart:
    case: str


@dataclass(slots=True)
class Mark:
    """The guest stands still here and waits for the witness."""

    case: str
    label: str
    fields: Mapping[str, str]


@dataclass(slots=True)
class Data:
    """`kind` is "data" (figures), "time" (a timeline, in `text`) or "audit" (what the next mark tells)."""

    case: str
    kind: str
    fields: Mapping[str, str]
    text: str


@dataclass(slots=True)
class Check:
    case: str
    number: int
    ok: bool
    text: str


@dataclass(slots=True)
class Note:
    case: str | None
    text: str


@dataclass(slots=True)
class Result:
    """The end of a case. A second Result for a case is always an ERROR, and replaces the first."""

    case: str
    number: int
    outcome: Outcome
    reason: str
    fields: Mapping[str, str]
    checks: tuple[Check, ...]


@dataclass(slots=True)
class Bail:
    reason: str


@dataclass(slots=True)
class Damage:
    """Something of ours that did not arrive whole. A case without a Result is an ERROR."""

    case: str | None
    what: str


@dataclass(slots=True)
class Noise:
    """A line that is not ours. Decoded only when asked for: consoles carry megabytes of them."""

    raw: bytes

    @property
    def line(self) -> str:
        return clean(self.raw.rstrip(b"\r"))


Event = (Version | Plan | Fact | CaseStart | Mark | Data | Check | Note | Result | Bail | Damage
         | Noise)
