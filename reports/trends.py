# SPDX-License-Identifier: GPL-2.0-only
"""make history: pass rate and gap trend of each case, by board and hypervisor; import and export."""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.files import ReportError
from reports.history import WORDS, History
from reports.table import time_text
from reports.text import plain
from reports.transfer import bring_in, write_export

LAST = 20  # runs of a board that are looked at
STRIP = 12  # outcomes that are drawn
LETTERS = dict(zip(WORDS, ("P", "F", "E", "s", "k")))
HEAD = f"{'runs':>5} {'pass':>5} {'gap':>9} {'trend':>6}  {'newest last':<{STRIP}}  case"


class Tally:
    """A case's outcomes and gaps in the runs of a group, newest first."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.gaps: list[int] = []

    @property
    def judged(self) -> int:
        """A skip says nothing of the hypervisor."""
        return len(self.words) - self.words.count("SKIP")

    @property
    def rate(self) -> str:
        if not self.judged:
            return "-"
        share = 100 * self.words.count("PASS") / self.judged
        # 99.9 % are not 100, and 0.1 % are not nothing.
        return f"{min(share, 99) if share < 100 else 100:.0f}%" if share >= 1 or not share else "1%"

    @property
    def trend(self) -> str:
        """The median gap of the newer half against the older one's."""
        half = len(self.gaps) // 2
        if half < 2:
            return ""
        newer, older = statistics.median(self.gaps[:half]), statistics.median(self.gaps[half:])
        return f"{100 * (newer - older) / older:+.0f}%" if older else ""

    def line(self, case: str) -> str:
        gap = time_text(int(statistics.median(self.gaps))) if self.gaps else ""
        strip = "".join(LETTERS.get(word, "?") for word in self.words[:STRIP][::-1])
        return f"{len(self.words):>5} {self.rate:>5} {gap:>9} {self.trend:>6}  {strip:<{STRIP}}  {case}"


Group = tuple[str, str, str, str]


def group_of(run: Mapping[str, Any]) -> Group:
    return run["board"], f"{run['kind']} {run['version']}", run["sha256"], run["append"]


def is_hypervisor(run: Mapping[str, Any], wanted: str) -> bool:
    """By kind (xen), the beginning of the sha256, or a part of version or file name."""
    return not wanted or wanted == run["kind"] or run["sha256"].startswith(wanted) \
        or any(wanted in run[name] for name in ("version", "file"))


def newest(runs: Sequence[Mapping[str, Any]], last: int) -> Iterator[Mapping[str, Any]]:
    """Of each board the last so many (0: all), still newest first."""
    seen: dict[str, int] = {}
    for run in runs:
        seen[run["board"]] = seen.get(run["board"], 0) + 1
        if not last or seen[run["board"]] <= last:
            yield run


def tallies(history: History, runs: Sequence[Mapping[str, Any]], wanted: Callable[[str], bool]
            ) -> dict[Group, dict[str, Tally]]:
    group = {run["id"]: group_of(run) for run in runs}
    known: dict[str, bool] = {}
    found: dict[Group, dict[str, Tally]] = {of: {} for of in dict.fromkeys(group.values())}
    for run, case, word, gap in history.results_of(list(group)):
        if case not in known:
            known[case] = wanted(case)
        if known[case]:
            tally = found[group[run]].setdefault(case, Tally())
            tally.words.append(word)
            if isinstance(gap, int):
                tally.gaps.append(gap)
    return found


def show(history: History, hv: str, last: int, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Lines whose text is the boards' own: to be made plain before a terminal sees them."""
    runs = list(newest([run for run in history.runs() if is_hypervisor(run, hv)], last))
    told = False
    for (board, version, sha256, append), cases in tallies(history, runs, wanted).items():
        if not cases:
            continue
        mine = [run for run in runs if group_of(run) == (board, version, sha256, append)]
        yield ("\n" if told else "") + (
            f"{board}, {version[:60]} ({sha256[:12]}){' ' + append if append else ''}: {len(mine)} runs, "
            f"{mine[-1]['started'][:10]} to {mine[0]['started'][:10]}")
        yield HEAD
        # What does not always pass is what one looks for.
        yield from (cases[case].line(case) for case in sorted(cases, key=lambda case: (cases[case].rate == "100%", case)))
        told = True
    if not told:
        yield "nothing in the history matches: look at K=, CASE=, HV= and LAST="


def matcher(expression: str, cases: Sequence[str]) -> Callable[[str], bool]:
    """K= as for the gate, so by pytest's own code, and CASE=."""
    from _pytest.mark.expression import Expression, ParseError
    try:
        compiled = Expression.compile(expression)
    except ParseError as error:
        raise ReportError(f"K={expression!r}: {error}: an expression as for pytest -k, e.g. 'hung and first'") from error
    return lambda case: (not cases or case in cases) and (
        not expression.strip() or compiled.evaluate(lambda word: word.lower() in case.lower()))


def whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make history", description=__doc__)
    parser.add_argument("--history", type=Path, default=Path("build/history.db"), help="the file (default: %(default)s)")
    parser.add_argument("--import", dest="bring", action="append", type=Path, default=[], metavar="PATH",
                        help="take in a run's folder, a folder of runs, a results.jsonl, an exported file")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write everything as JSON lines")
    parser.add_argument("-k", default="", metavar="EXPRESSION", help="only these cases")
    parser.add_argument("--case", action="append", default=[], metavar="ID", help="only this case; may be given again")
    parser.add_argument("--hv", default="", help="only this hypervisor: its kind, sha256, version or file")
    parser.add_argument("--last", type=whole, default=LAST, help="runs of each board (default: %(default)s; 0: all)")
    option = parser.parse_args(arguments)
    try:
        if option.bring:
            option.history.parent.mkdir(parents=True, exist_ok=True)
        with History(option.history, create=bool(option.bring)) as history:
            lines = list(bring_in(history, option.bring)) if option.bring else []
            failed = len(lines) > 1
            if option.export:
                lines.append(f"{option.export}: {write_export(history, option.export)} results")
            if not option.bring and not option.export:
                lines += show(history, option.hv, option.last, matcher(option.k, option.case))
    except (ReportError, OSError) as error:
        print(f"history: {plain(str(error))}", file=sys.stderr)
        return 1
    print("\n".join(map(plain_lines, lines)))
    return 1 if failed else 0


def plain_lines(text: str) -> str:
    return "\n".join(map(plain, text.split("\n")))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # `| head`
        sys.stderr.close()
