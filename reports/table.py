# SPDX-License-Identifier: GPL-2.0-only
"""The end of a run on a terminal: a table of 80 columns, the cases to look at, the verdict."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from reports.baseline import Comparison, Word
from reports.events import Outcome
from reports.measures import figure
from reports.model import CaseResult, Counts, RunInfo, count, verdict
from reports.text import plain

WIDTH = 80
NAME = 26
COLOURS = {"PASS": "32", "FAIL": "31", "ERROR": "35", "known": "33", "fixed": "32", "REGRESSION": "31", "like": "33",
           "never pass": "33", "flaky": "35"}
# With a baseline: what is told of a case at length, in this order; of the others how many, or the few: a run of
# selected cases has nearly all others gone.
AT_LENGTH = (Word.REGRESSION, Word.FLAKY, Word.NEVER, Word.LIKE, Word.KNOWN, Word.FIXED)
IN_BRIEF = (Word.NEW, Word.GONE)
MAX_BRIEF = 5
MAX_GREW = 20


def render(info: RunInfo, results: Sequence[CaseResult], duration_s: float,
           colour: bool = False, command: str = "make gate", comparison: Comparison | None = None) -> str:
    """The whole text, verdict last. `results` are complete (see model.complete).

    `command` runs the gate again as it ran; the cases are added to it.
    """
    blocks = ["\n".join(_table(results))]
    if ladder := list(_ladder(results)):
        blocks.append("\n".join(ladder))
    if comparison:
        blocks.append("\n".join(_baseline(comparison)))
    judged = comparison.by_case if comparison else {}
    for (word, _), group in _to_look_at(results, comparison).items():
        told = judged[group[0].case].told if judged else ""
        blocks.append("\n".join(_case(word, group[0], len(group) - 1, command, colour, told)))
    blocks.append(verdict_line(info, results, duration_s, colour, comparison))
    return "\n\n".join(blocks) + "\n"


def verdict_line(info: RunInfo, results: Sequence[CaseResult], duration_s: float,
                 colour: bool = False, comparison: Comparison | None = None) -> str:
    found = verdict(results, ())
    counts = found.counts
    parts = [(counts.passed, "pass"), (counts.failed, "fail"), (counts.errors, "error"),
             (counts.known, "known"), (counts.skipped, "skip")]
    told = ", ".join(f"{number} {word}" for number, word in parts if number) or "no case ran"
    if comparison:
        number = comparison.regressions
        told += f"; {number or 'no'} regression{'' if number == 1 else 's'} vs. {plain(comparison.name)}"
    word = (comparison or found).outcome.value
    return f"{_paint(word, word, colour)}  {told}  ({duration_s:.1f} s, seed {info.seed})"


def selection(case: str) -> str:
    """The case's id as `make gate CASE=` takes it: neither the shell nor make may read more in it."""
    return "".join(re.findall(r"[A-Za-z0-9_.:+=,\[\]-]+", case))


def _table(results: Sequence[CaseResult]) -> Iterator[str]:
    yield _row("case", "pass", "fail", "error", "known", "skip", "worst gap", "bound", "lost")
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        groups.setdefault(result.case.partition("[")[0], []).append(result)
    for name, group in groups.items():
        yield _row(plain(name), *_numbers(count(group)), *_figures(group))


def _row(name: str, *cells: str) -> str:
    if len(name) > NAME:
        name = name[: NAME - 1] + "~"
    widths = (5, 5, 6, 6, 5, 10, 9, 8)
    columns = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths))
    return f"{name:<{NAME}}{columns}".rstrip()


def _numbers(counts: Counts) -> list[str]:
    # A nought is left out, so that the eye finds the failures.
    numbers = (counts.passed, counts.failed, counts.errors, counts.known, counts.skipped)
    return [str(number) if number else "" for number in numbers]


def _figures(group: list[CaseResult]) -> tuple[str, str, str]:
    """Worst gap, the bound that gap was held to, and all interrupts lost."""
    data = [row for result in group for row in result.data]
    gaps = [(gap, figure(row.get("bound_us"))) for row in data
            if (gap := figure(row.get("gap_us"))) is not None]
    losses = [lost for row in data if (lost := figure(row.get("lost"))) is not None]
    gap, bound = max(gaps, key=lambda pair: pair[0], default=(None, None))
    lost = sum(losses)
    told = str(lost) if lost < 10_000_000 else f"{lost:.1e}"
    return time_text(gap), time_text(bound), told if losses else ""


def ladder(results: Sequence[CaseResult]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The ladder of rescues: its rungs, and for each controller which of them silences it once its driver is gone, with
    the time that takes, and `!` if the device is of no use after it; `no`: it has the rung, and goes on asserting; `-`:
    it has no such thing."""
    rows: dict[str, dict[str, str]] = {}
    for row in (row for result in results for row in result.data if "ladder" in row):
        there, ends = row.get("there") == "1", row.get("ends") == "1"
        took = time_text(figure(row.get("cost_us"))) + ("" if row.get("back") == "1" else "!")
        told = (took if ends else "no") if there else "-"
        rows.setdefault(plain(row["ladder"]), {})[plain(row.get("rung", ""))] = told
    return list(dict.fromkeys(rung for row in rows.values() for rung in row)), rows


def _ladder(results: Sequence[CaseResult]) -> Iterator[str]:
    rungs, rows = ladder(results)
    if rows:
        yield _cells("rescue by", rungs)
    for name, row in rows.items():
        yield _cells(name, [row.get(rung, "") for rung in rungs])


def _cells(name: str, cells: Sequence[str]) -> str:
    return f"{name:<14}" + "".join(f"{cell:>11}" for cell in cells)


def time_text(us: int | None) -> str:
    """Three digits and a unit, e.g. 2.11 ms."""
    if us is None:
        return ""
    for unit, scale in (("s", 1_000_000), ("ms", 1000)):
        if us >= scale:
            return f"{us / scale:.3g} {unit}"
    return f"{us} us"


def _baseline(comparison: Comparison) -> Iterator[str]:
    """What the baseline says as a whole, and the measurements."""
    yield f"baseline {plain(comparison.name)}"
    yield from (f"  {plain(note)}" for note in comparison.notes)
    found = [(word, comparison.of(word)) for word in (*AT_LENGTH, *IN_BRIEF)]
    yield "  " + (", ".join(f"{len(group)} {word.value}" for word, group in found if group) or "all as it was")
    for word, group in found:
        if word in IN_BRIEF and len(group) <= MAX_BRIEF:
            yield from (f"  {word.value}  {plain(one.case)}: {plain(one.told)}" for one in group)
    tests = comparison.measurements
    yield from textwrap.wrap(str(tests), WIDTH, initial_indent="  ", subsequent_indent="    ")
    yield from (f"  grew  {plain(str(one))}" for one in tests.grew[:MAX_GREW])
    if len(tests.grew) > MAX_GREW:
        yield f"  grew  and {len(tests.grew) - MAX_GREW} more: summary.json has them all"


def _to_look_at(results: Sequence[CaseResult], comparison: Comparison | None
                ) -> dict[tuple[str, str], list[CaseResult]]:
    """What did not simply pass, by what is told of it: a board that does not boot has one reason."""
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    judged = comparison.by_case if comparison else {}
    for result in results:
        word = "fixed" if result.fixed else result.word
        if judged:
            word = judged[result.case].word.value
        if word in COLOURS and word != "PASS":
            told = result.reason if result.outcome is Outcome.ERROR and result.reason else result.case
            groups.setdefault((word, told), []).append(result)
    if judged:
        order = [word.value for word in AT_LENGTH]
        return dict(sorted(groups.items(), key=lambda item: order.index(item[0][0])))
    return groups


def _case(word: str, result: CaseResult, more: int, command: str, colour: bool, baseline: str
          ) -> Iterator[str]:
    # Never wrapped: the id and the command are there to be copied.
    also = f"  and {more} more" if more else ""
    yield f"{_paint(word, word, colour)}  {plain(result.case)}{also}"
    facts = [("baseline", baseline), ("why", result.reason), ("check", result.first_failed), ("finding", result.finding)]
    for label, text in facts:
        if text and not (label == "check" and text == result.reason):
            yield from textwrap.wrap(f"{label}: {plain(text)}", WIDTH, initial_indent="  ",
                                     subsequent_indent="    ", break_on_hyphens=False)
    yield f"  {command} CASE='{selection(result.case)}'"


def _paint(text: str, word: str, colour: bool) -> str:
    return f"\x1b[{COLOURS[word]}m{text}\x1b[0m" if colour else text
