# SPDX-License-Identifier: GPL-2.0-only
"""A case as the page shows it: names, figures and maps, all text clean, nothing of the journal's spelling left."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.measures import figure
from reports.model import CaseResult
from reports.text import clean

WINDOWS = ("before", "during", "after")
MAX_CELLS = 4096  # of one timeline: a hostile row does not make a page of gigabytes
NUMBERS = re.compile(r"[0-9]{1,9}(?:,[0-9]{1,9})*")
PARTS = re.compile(r"[0-9]{1,9}:[0-9]{1,9}(?:,[0-9]{1,9}:[0-9]{1,9})*")
FIGURES = ("raised", "served", "lost", "spurious", "p50_us", "p50_bound_us", "p99_us", "gap_us", "bound_us")
TIMES = ("us", "slot_us", "fault_us")  # of a window: its length, what a cell stands for, when the fault struck
DOMAINS = re.compile(r"(.*) dom ([0-9]+(?:[-,][0-9]+)*)")
MODEL_WORDS = {"model", "device", "exercise", "ladder"}


@dataclass(frozen=True)
class Worst:
    """The gap of a case that came nearest to its bound, in us."""

    gap: int
    bound: int

    @property
    def share(self) -> float:
        return self.gap / max(self.bound, 1)


def lines(text: str) -> str:
    """A console's lines, each clean; where they end is all that is left of its control characters."""
    return "\n".join(clean(line) for line in re.split(r"\r*\n", text.expandtabs()))


def family(case: str) -> str:
    return case.partition("[")[0]


def boot_kind(boot: str) -> str:
    """Boots of one case alone are named kind.case.number."""
    return boot.partition(".")[0]


def models(result: CaseResult) -> list[str]:
    """The controllers that a case has to do with: of its figures and of its parameters."""
    found = {clean(str(value)) for row in result.data for key, value in row.items() if key in MODEL_WORDS}
    for word, value in re.findall(r"([a-z_]+)=([^,\]]+)", result.case):
        if word in MODEL_WORDS:
            found.add(clean(value))
    return sorted(model.partition(":")[0] for model in found if model)


def worst(result: CaseResult) -> Worst | None:
    """Only rows that have both, and in which the gap was held to the bound."""
    rows = [Worst(gap, bound) for row in result.data
            if (gap := figure(row.get("gap_us"))) is not None and (bound := figure(row.get("bound_us")))]
    return max(rows, key=lambda row: row.share, default=None)


def lost(result: CaseResult) -> int | None:
    found = [value for row in result.data if (value := figure(row.get("lost"))) is not None]
    return sum(found) if found else None


def detail(result: CaseResult) -> dict[str, Any]:
    """What is shown when the case is opened."""
    sharers = _sharers(result)
    return {
        "checks": [[bool(check["ok"]), clean(str(check["text"]))] for check in result.checks],
        "sharers": sharers,
        # Of a run that does not say when the fault struck, as earlier versions: it was between two windows.
        "fault": any(window == "during" for sharer in sharers for window in sharer["windows"])
        and not any("us" in cell for sharer in sharers for cell in sharer["windows"].values()),
        "still": _still(result),
        "lines": list(_line_map(result, sharers)),
        "figures": list(_figures(result)),
        "marks": [[clean(str(mark.get("label", ""))), clean(str(mark.get("rte", ""))),
                   [clean(str(what)) for what in mark.get("disagreements", [])]] for mark in result.marks],
        "vectors": _vectors(result),
        "console": lines(result.console),
    }


def _sharers(result: CaseResult) -> list[dict[str, Any]]:
    """Each sharer with its windows: {who, model, offender, windows: {name: figures and served}}."""
    found: dict[str, dict[str, Any]] = {}
    rows = [(row, False) for row in result.data] + [(row, True) for row in result.timeline]
    for row, is_timeline in rows:
        if "sharer" not in row or "window" not in row:
            continue
        name, window = clean(str(row["sharer"])), clean(str(row["window"]))
        sharer = found.setdefault(name, {"who": "", "model": "", "offender": False, "windows": {}})
        sharer["who"] = sharer["who"] or _owner(row)
        sharer["model"] = sharer["model"] or clean(str(row.get("model", "")))
        cell = sharer["windows"].setdefault(window, {})
        if is_timeline:
            _add_time(cell, row)
        elif "latency_us" in row:
            _add_latency(cell, row["latency_us"])
        else:
            cell.update(_numbers(row, FIGURES))
    played = {window for sharer in found.values() for window in sharer["windows"]}
    for name, sharer in found.items():
        sharer["who"] = sharer["who"] or f"sharer {name}"
        # Whom the fault befalls is not watched while it lasts.
        sharer["offender"] = "during" in played and "during" not in sharer["windows"]
    return list(found.values())


def _still(result: CaseResult) -> list[list[Any]]:
    """The windows in which the board itself stood still, and how long, us; gaps are told without that."""
    rows = ((row.get("window"), figure(row.get("still_us"))) for row in result.data)
    return [[window, us] for window, us in rows if window in WINDOWS and us]


def _owner(row: Mapping[str, Any]) -> str:
    dom = clean(str(row.get("dom", "")))
    return f"dom {dom}" if dom.isdigit() else dom


def _numbers(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, int]:
    return {name: value for name in names if (value := figure(row.get(name))) is not None}


def _add_time(cell: dict[str, Any], row: Mapping[str, Any]) -> None:
    """A timeline that is longer than a row goes on in the next one, where the last one ended."""
    have = cell.get("cells", [])
    if "from" not in row:
        cell.update(_numbers(row, TIMES) | {"cells": _cells(row.get("served"))})
    elif figure(row["from"]) == len(have):
        cell["cells"] = (have + _cells(row.get("served")))[:MAX_CELLS]


def _add_latency(cell: dict[str, Any], text: Any) -> None:
    """Parts of a distribution, [lower edge, samples], in order; each row adds its own."""
    if not PARTS.fullmatch(str(text)):
        return
    parts = dict(cell.get("latency", []))
    for part in str(text).split(","):
        edge, samples = map(int, part.split(":"))
        parts[lower_edge(edge)] = parts.get(lower_edge(edge), 0) + samples
    cell["latency"] = sorted([edge, samples] for edge, samples in parts.items())


def lower_edge(us: int) -> int:
    """Of the part that holds `us`: 4 an octave, and none narrower than 1 us, as hist_next() of the guest has them."""
    shift = max(us.bit_length() - 3, 0)
    return us >> shift << shift


def _cells(text: Any) -> list[int]:
    whole = NUMBERS.fullmatch(str(text))
    return [int(cell) for cell in str(text).split(",")[:MAX_CELLS]] if whole else []


def _line_map(result: CaseResult, sharers: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Who is on which line or message. On Xen the witness has seen it; on Linux the case names the line that it watches."""
    by_name = {sharer["who"]: sharer for sharer in sharers}
    owners: dict[str, dict[str, None]] = {}
    for source, doms in _owned(result):
        owners.setdefault(source, {}).update(dict.fromkeys(f"dom {dom}" for dom in doms))
    watched = list(dict.fromkeys(clean(str(row["line"])) for row in result.data if "line" in row))
    if len(watched) == 1 and not owners:
        owners = {f"irq {watched[0]}": dict.fromkeys(by_name)}
    for source, names in owners.items():
        members = [{"who": name, "model": by_name[name]["model"] if name in by_name else "",
                    "role": _role(by_name.get(name))} for name in names]
        yield {"source": source, "members": members + _given(result, sharers)}


def _given(result: CaseResult, sharers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """On Linux the offender is a device that is given away; it counts nothing, and stands in the case's parameters alone."""
    words = dict(re.findall(r"([a-z_]+)=([^,\]]+)", clean(result.case)))
    faulty = any("during" in sharer["windows"] for sharer in sharers)
    if not (faulty and {"device", "domain"} <= words.keys()) or any(sharer["offender"] for sharer in sharers):
        return []
    return [{"who": words["domain"], "model": words["device"], "role": "offender"}]


def _role(sharer: Mapping[str, Any] | None) -> str:
    if sharer is None:
        return "owner"
    return "offender" if sharer["offender"] else "sharer"


def _owned(result: CaseResult) -> Iterator[tuple[str, list[int]]]:
    """Sources that belonged to domains at some mark, and to which. A table of 64 messages is one source."""
    for mark in result.marks:
        for vectors in (mark.get("vectors") or {}).values():
            for owner in vectors.values():
                if match := DOMAINS.fullmatch(clean(str(owner))):
                    yield re.sub(r"#[0-9]+$", "", match[1].replace("pin ", "GSI ")), list(_expand(match[2]))


def _expand(text: str) -> Iterator[int]:
    """1,3-5 is 1, 3, 4, 5."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), min(int(last or first), int(first) + 64) + 1)


def _figures(result: CaseResult) -> Iterator[str]:
    """What the case measured beside its windows, in its own words."""
    for row in result.data:
        if "sharer" not in row:
            yield clean("  ".join(f"{key}={value}" for key, value in row.items()))


def _vectors(result: CaseResult) -> list[dict[str, Any]]:
    """At each mark: CPU -> vector -> owner."""
    return [{"label": clean(str(mark.get("label", ""))),
             "cpus": {clean(str(cpu)): {clean(str(vector)): clean(str(owner)) for vector, owner in vectors.items()}
                      for cpu, vectors in mark["vectors"].items()}}
            for mark in result.marks if mark.get("vectors")]


def failures(result: CaseResult) -> list[str]:
    """All that failed, but for what the reason says already."""
    found: Iterable[str] = [clean(check["text"]) for check in result.checks if not check["ok"]]
    found = [*found, *(clean(str(what)) for mark in result.marks for what in mark.get("disagreements", []))]
    return [text for text in dict.fromkeys(found) if text != clean(result.reason)]
