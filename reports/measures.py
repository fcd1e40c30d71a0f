# SPDX-License-Identifier: GPL-2.0-only
"""What a case measured, as one figure a name: for formats that have a place for a number."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reports.events import Outcome
from reports.model import CaseResult

# Name in a `# data` line, ours, unit, and how the rows of a case become one figure.
MEASURES: tuple[tuple[str, str, str, Callable[[Iterable[int]], int]], ...] = (
    ("gap_us", "gap", "us", max),
    ("p50_us", "p50", "us", max),
    ("p99_us", "p99", "us", max),
    ("lost", "lost", "interrupts", sum),
    ("cost_us", "rescue", "us", max),
    ("round_p99_us", "round", "us", max),
    ("mean_us", "mean", "us", max),
    ("max_us", "longest", "us", max),
)


@dataclass(frozen=True)
class Measure:
    name: str
    value: int
    unit: str  # "us", or what is counted


def figure(value: Any) -> int | None:
    """A figure as the guest printed it: a string, and perhaps not a number at all."""
    return int(value) if re.fullmatch(r"[0-9]{1,15}", str(value)) else None


def measures(result: CaseResult) -> Iterator[Measure]:
    """The worst of each figure; nothing of a case that did not come to its end."""
    if result.outcome not in (Outcome.PASS, Outcome.FAIL):
        return
    for key, name, unit, fold in MEASURES:
        values = [value for row in result.data if (value := figure(row.get(key))) is not None]
        if values:
            yield Measure(name, fold(values), unit)
