# SPDX-License-Identifier: GPL-2.0-only
"""Cuts a failed hostile case to its smallest input: which of its calls, and how little in each.

    python3 -m suites.shrink 'vectors.hostile_random[ack=new,by=control,cast=stranger]' --seed 7
    python3 -m suites.shrink --call apic_write-fec00000-40-0

The first plays the case again, so the same hypervisor and seed are needed; the second plays calls alone.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lab import xen
from lab.board import Board, BoardError
from lab.emulated import open_boards
from lab.records import Boot, CaseRecord, PlannedCase
from lab.run import Engine, RunError
from lab.system import HypervisorError, System
from lab.yamlsource import YamlError
from reports.ktap import Outcome
from suites import matrix
from suites.matrix import BootSpec, Case
from suites.subject import CACHE, GUEST, STOCK_XEN, XEN_OPTIONS

TOP = Path(__file__).parent.parent
REPLAY = "vectors.reproducer"
REPLAY_BOOT = "hostile-new"
REPLAY_LIMIT_S = 2.0
MAX_RUNS = 120
MAX_EDGE = 0xffff
FEW = 32  # so many calls are played by their words, without the case around them

TOLD = re.compile(r"call (\d+) (\S+) ")


class ShrinkError(Exception):
    """It cannot be cut: one line that says why."""


# ---------------------------------------------------------------------------
# calls


@dataclass(frozen=True)
class Call:
    """As hostile_text() of the guest writes it: "apic_write-fec00000-40-0"."""

    name: str
    fields: tuple[int, ...]
    at: str = ""

    @classmethod
    def parse(cls, text: str) -> "Call":
        name, *words = text.split("-")
        at = words.pop() if words and words[-1].startswith("at") else ""
        return cls(name, tuple(int(word, 16) for word in words), at)

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{value:x}" for value in self.fields),
                         *([self.at] if self.at else [])])

    def with_field(self, index: int, value: int) -> "Call":
        return replace(self, fields=self.fields[:index] + (value,) + self.fields[index + 1:])


def text_of(calls: Sequence[Call]) -> str:
    return "+".join(map(str, calls))


# ---------------------------------------------------------------------------
# the reduction: `fails` plays what it is given and says whether it still fails in the same way


def fewest(items: Sequence[int], fails: Callable[[Sequence[int]], bool]) -> list[int]:
    """A list from which no item can be left out; ddmin (Zeller and Hildebrandt 2002), complements only.

    The last item is tried first: a call that stops the board stops it alone, mostly.
    """
    items = list(items)
    if len(items) > 1 and fails(items[-1:]):
        return items[-1:]
    parts = 2
    while len(items) > 1:
        size = -(-len(items) // parts)
        for start in range(0, len(items), size):
            rest = items[:start] + items[start + size:]
            if rest and fails(rest):
                items, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(items))
    return items


def least(value: int, fails: Callable[[int], bool]) -> int:
    """The smallest value that fails, if what fails has one lower edge; else a smaller one.

    Large values are addresses and negative numbers, which have no such edge: only 0 is tried for them.
    """
    if value == 0 or fails(0):
        return 0
    if value > MAX_EDGE:
        return value
    low, high = 0, value
    while high - low > 1:
        middle = (low + high) // 2
        if fails(middle):
            high = middle
        else:
            low = middle
    return high


def simplest(calls: Sequence[Call], fails: Callable[[Sequence[Call]], bool]) -> list[Call]:
    """The calls with the smallest fields that still fail: each field by itself, the last call first."""
    calls = list(calls)
    for number in reversed(range(len(calls))):
        for index in range(len(calls[number].fields)):
            def still(value: int, number: int = number, index: int = index) -> bool:
                return fails([*calls[:number], calls[number].with_field(index, value),
                              *calls[number + 1:]])

            value = least(calls[number].fields[index], still)
            calls[number] = calls[number].with_field(index, value)
    return calls


def ranges(numbers: Sequence[int]) -> str:
    """[0, 1, 2, 7] -> "0-2,7", as the guest's only= has it."""
    words: list[list[int]] = []
    for number in numbers:
        if words and words[-1][1] == number - 1:
            words[-1][1] = number
        else:
            words.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in words)


# ---------------------------------------------------------------------------
# on the board


def symptom(record: CaseRecord) -> str:
    """How it failed, in words that another run with other numbers has too; "" if it passed."""
    if record.ended == "hung":
        return "hung"
    if record.ended in ("panic", "crash"):
        return record.reason
    if record.outcome is Outcome.FAIL:
        bad = next((check.text for check in record.checks if not check.ok), record.reason)
        return re.sub(r"\d+", "#", bad)
    return ""


@dataclass
class Bench:
    """A board on which plan lines are played one by one, each from power-on."""

    board: Board
    boot: Boot
    system: System
    told: Callable[[str], None] = lambda text: None
    max_runs: int = MAX_RUNS
    runs: int = 0

    @property
    def spent(self) -> bool:
        return self.runs >= self.max_runs

    def play(self, plan_line: str, limit_s: float) -> CaseRecord:
        self.runs += 1
        case = PlannedCase(plan_line.split()[1], plan_line, limit_s)
        with tempfile.TemporaryDirectory() as folder:
            with Engine([replace(self.boot, cases=(case,))], system=self.system, boards=[self.board],
                        consoles=Path(folder)) as engine:
                records = [r for r in engine.records() if isinstance(r, CaseRecord)]
        return records[-1]

    def replay(self, calls: Sequence[Call]) -> CaseRecord:
        return self.play(f"case {REPLAY} call={text_of(calls)}", REPLAY_LIMIT_S)


@dataclass(frozen=True)
class Cut:
    """What came out: `calls` fail as `symptom` says; `alone` is false if only with the case around them.

    With `done` false the boots were used up, and it may be possible with less.
    """

    calls: tuple[Call, ...]
    symptom: str
    alone: bool
    done: bool
    runs: int

    def __str__(self) -> str:
        where = "" if self.alone else " (within the case only)"
        perhaps = "" if self.done else ", perhaps less"
        return f"{text_of(self.calls)}{where}{perhaps}: {self.symptom}"


def shrink(bench: Bench, plan_line: str, limit_s: float) -> Cut:
    """Play the case with its calls told, then ever fewer of them. ShrinkError if it does not fail."""
    first = bench.play(plan_line, limit_s)
    wanted = symptom(first)
    if not wanted:
        raise ShrinkError(f"it does not fail: {first.outcome.value} {first.reason}".strip())
    blocks = [int(data.fields["from"]) for data in first.data if "from" in data.fields]
    numbers = list(range(_end(bench, plan_line, limit_s, first, blocks)))
    bench.told(f"{wanted}; {len(numbers)} calls up to it")
    numbers = fewest(numbers, lambda some: not bench.spent and symptom(
        bench.play(f"{plan_line} only={ranges(some)}", limit_s)) == wanted)
    bench.told(f"{len(numbers)} of them are needed")
    last = bench.play(f"{plan_line} only={ranges(numbers)} trace=0", limit_s)
    calls = [Call.parse(found[2]) for note in last.notes if (found := TOLD.match(note))]

    def fails(some: Sequence[Call]) -> bool:
        return not bench.spent and symptom(bench.replay(some)) == wanted

    bench.told(text_of(calls))
    if len(calls) > FEW or not fails(calls):
        return Cut(tuple(calls), wanted, False, not bench.spent, bench.runs)
    calls = simplest(calls, fails)
    return Cut(tuple(calls), wanted, True, not bench.spent, bench.runs)


def _end(bench: Bench, plan_line: str, limit_s: float, first: CaseRecord, blocks: list[int]) -> int:
    """How many calls there were: up to the one that it did not come back from, or all."""
    if first.ended == "result":
        made = next((int(d.fields["numbers"]) for d in first.data if "numbers" in d.fields), 0)
        if not made:
            raise ShrinkError("the case does not number its calls")
        return made
    if not blocks:
        raise ShrinkError("it failed before its first call")
    again = bench.play(f"{plan_line} trace={blocks[-1]}", limit_s)
    told = [int(found[1]) for note in again.notes if (found := TOLD.match(note))]
    if not told:
        raise ShrinkError("a second run does not come as far: the hypervisor is not deterministic here")
    return told[-1] + 1


def boot_of(spec: BootSpec, append: str = "") -> Boot:
    from suites.gate import to_boot  # the gate uses this module

    return replace(to_boot(spec, [], f"{XEN_OPTIONS} {append}", 0), name="shrink")


# ---------------------------------------------------------------------------
# command line


def find_case(name: str) -> Case:
    boots = matrix.load_boots()
    cases = [case for path in sorted((TOP / "suites").glob("*/suite.yaml"))
             for case in matrix.load_suite(path, boots)]
    found = next((case for case in cases if case.id == name), None)
    if not found or not found.cut:
        can = ", ".join(case.id for case in cases if case.cut)
        raise ShrinkError(f"{name or 'no case'}: not one that can be cut; these can: {can}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="suites.shrink", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--xen", type=Path, default=STOCK_XEN)
    parser.add_argument("--append", default="", help="added to the hypervisor's command line")
    parser.add_argument("--board", type=Path, default=TOP / "lab/boards/q35-xen.yaml")
    parser.add_argument("--known", action="store_true", help="make calls that known findings tell of")
    parser.add_argument("--call", help="play these calls alone, '+' between them")
    args = parser.parse_args()
    try:
        case = None if args.call else find_case(args.case)
        spec = case.boot if case else matrix.load_boots()[REPLAY_BOOT]
        board = open_boards(args.board, 1)[0]
        bench = Bench(board, boot_of(spec, args.append), xen.load(args.xen, GUEST, CACHE),
                      lambda text: print(f"  {text}", flush=True))
        try:
            if not case:
                return told(bench.replay([Call.parse(word) for word in args.call.split("+")]))
            line = case.plan_line(args.seed) + (" known=1" if args.known else "")
            cut = shrink(bench, line, case.limit_s)
        finally:
            board.close()
    except (ShrinkError, BoardError, HypervisorError, RunError, YamlError, ValueError) as error:
        print(f"shrink: {error}", file=sys.stderr)
        return 2
    print(f"smallest, after {cut.runs} boots: {cut}")
    if cut.alone:
        print(f"  make shrink CALL='{text_of(cut.calls)}'")
    return 0


def told(record: CaseRecord) -> int:
    bad = symptom(record)
    print(bad and record.reason or record.checks[-1].text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
