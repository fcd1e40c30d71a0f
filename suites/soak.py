# SPDX-License-Identifier: GPL-2.0-only
"""make soak: the same gate many times over; each case whose verdict ever differed is told, with what it measured."""

import argparse
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.process import Process
from reports.model import CaseResult, RunInfo
from reports.text import plain
from suites.play import BOARDS, Played, PlayError, differing, play
from suites.subject import BUILD, TOP

LOG = "soak.jsonl"


@dataclass(frozen=True)
class Round:
    """What is kept of one gate; its folder is kept only if a verdict differs from the first one's."""

    number: int
    subject: str  # what was booted: the soak is of one thing alone
    wall_s: float
    loaded: bool
    verdicts: dict[str, str]
    measured: dict[str, str]  # of the cases that did not pass, and of those that differ


def subject(info: RunInfo) -> str:
    return f"{info.hypervisor.sha256[:16]}+{info.guest_sha256[:16]}+{len(info.cases)}"


def measured(result: CaseResult) -> str:
    """What a reader needs to judge a verdict that differed."""
    failed = [check["text"] for check in result.checks if not check["ok"]]
    return plain("; ".join(filter(None, [result.reason, *failed])))[:2000]


def round_of(number: int, played: Played, loaded: bool) -> Round:
    return Round(number, subject(played.info), round(played.wall_s, 1), loaded, played.verdicts,
                 {result.case: told for result in played.results if (told := measured(result))})


def earlier(folder: Path) -> list[Round]:
    """The gates of a soak that was stopped; a last line that is torn is none, and goes."""
    log = folder / LOG
    if not log.exists():
        return []
    *lines, torn = log.read_text().split("\n")
    if torn:
        log.write_text("".join(f"{line}\n" for line in lines))
    return [Round(**json.loads(line)) for line in lines]


@contextmanager
def load(wanted: bool, folder: Path) -> Iterator[None]:
    """Another process that keeps each CPU busy, as long as the soak lives."""
    with ExitStack() as stack:
        for number in range((os.cpu_count() or 1) if wanted else 0):
            burner = Process([sys.executable, "-c", "while True: pass"], cwd=TOP, output=folder / f"load{number}.out")
            stack.callback(burner.kill)
        yield


def soak(hypervisor: str, gates: int, folder: Path, loaded: bool) -> list[Round]:
    """Plays what is missing of `gates`; a soak that was stopped goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    rounds = earlier(folder)
    if rounds:
        print(f"{hypervisor}: {len(rounds)} gates of {folder} count already", flush=True)
    with load(loaded, folder), (folder / LOG).open("a") as log:
        for number in range(len(rounds) + 1, gates + 1):
            run = folder / f"{number:03}"
            shutil.rmtree(run, ignore_errors=True)
            played = play(hypervisor, run, ["--history", str(folder / "history.db")])
            rounds.append(round_of(number, played, loaded))
            if rounds[-1].subject != rounds[0].subject:
                sys.exit(f"make soak: {folder} holds gates of another hypervisor or suite; name a new OUT=")
            log.write(json.dumps(asdict(rounds[-1])) + "\n")
            log.flush()
            differ = differing([rounds[0].verdicts, played.verdicts])
            if not differ:
                shutil.rmtree(run)
            print(f"{hypervisor} {number:3}/{gates} {played.wall_s:6.1f} s  {counts(played.verdicts)}"
                  + "".join(f"\n    {case}: {played.verdicts.get(case)}, first {rounds[0].verdicts.get(case)}: "
                            f"{rounds[-1].measured.get(case, '')}" for case in differ), flush=True)
    return rounds


def counts(verdicts: dict[str, str]) -> str:
    found = Counter(verdicts.values())
    return ", ".join(f"{found[word]} {word}" for word in ("PASS", "FAIL", "ERROR", "known", "SKIP") if found[word])


def report(hypervisor: str, rounds: Sequence[Round]) -> bool:
    """True if no verdict ever differed, and none was a failure that nothing explains."""
    changed = differing([found.verdicts for found in rounds])
    bad = sorted({case for found in rounds for case, word in found.verdicts.items() if word in ("FAIL", "ERROR")})
    times = sorted(found.wall_s for found in rounds)
    print(f"\n{hypervisor}: {len(rounds)} gates of {len(rounds[0].verdicts)} cases, {times[0]:.0f} to {times[-1]:.0f} s each, "
          f"{sum(found.loaded for found in rounds)} with every CPU loaded by another process")
    print(f"{hypervisor}: verdicts that ever differed: {len(changed)}; red without a finding: {len(bad)}")
    for case in sorted({*changed, *bad}):
        print(f"  {case}: " + counts(dict(enumerate(found.verdicts.get(case, "missing") for found in rounds))))
        for found in rounds:
            if told := found.measured.get(case):
                print(f"    gate {found.number}: {found.verdicts.get(case)}: {told}")
    return not changed and not bad


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--hv", action="append", choices=sorted(BOARDS), help="may be given again (default: both)")
    parser.add_argument("--gates", type=int, default=100)
    parser.add_argument("--load", action="store_true", help="with every CPU loaded by another process")
    parser.add_argument("--out", type=Path, default=BUILD / "soak" / time.strftime("%Y%m%d-%H%M%S"),
                        help="a folder; one of a soak that was stopped: go on")
    option = parser.parse_args()
    good = True
    for hypervisor in option.hv or sorted(BOARDS):
        folder = option.out / hypervisor
        try:
            rounds = soak(hypervisor, option.gates, folder, option.load)
        except PlayError as error:
            sys.exit(f"make soak: {error}")
        except KeyboardInterrupt:
            rounds = earlier(folder)
            print(f"\nstopped; go on with: make soak HV={hypervisor} N={option.gates} OUT={option.out}")
            return 130 if not rounds else (report(hypervisor, rounds), 130)[1]
        good = report(hypervisor, rounds) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
