# SPDX-License-Identifier: GPL-2.0-only
"""make prove: breaks one mechanism of a stock hypervisor at a time, and shows which case turns red."""

import argparse
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lab.yamlsource import YamlError
from reports.events import Outcome
from reports.model import CaseResult, RunInfo
from suites import known, matrix, programs
from suites.matrix import Case
from suites.mutants import catalogue, kills, mutate
from suites.mutants.catalogue import Mutant
from suites.mutants.kills import Proof
from suites.mutants.symbols import SymbolError
from suites.play import Played, PlayError, Stopped, play
from suites.subject import BUILD, TOP

TRIES = 4  # gates of one stage: an ERROR ends a gate, and what it left is played by the next
RELEASES = {"xen": "xen-4.17", "kvm": "kvm-6.1"}


@dataclass
class Cases:
    """The cases that a mutant of one kind of hypervisor can be held against."""

    gate: dict[str, Case]
    nightly: dict[str, Case]
    known: set[str]  # red on stock: no proof of anything

    def stages(self, mutant: Mutant) -> Iterator[list[str]]:
        """First the cases that were written down for it, then all others of its invariants."""
        first = [case for case in mutant.reds if case in self.nightly]
        yield first
        yield [name for name, case in self.gate.items()
               if set(case.invariants) & set(mutant.invariants) and name not in self.known and name not in first]


def load_cases(hypervisor: str) -> Cases:
    gate, nightly = ({case.id: case for case in _read(hypervisor, every)} for every in (False, True))
    return Cases(gate, nightly, set(known.load(TOP / "suites" / "known.yaml", RELEASES[hypervisor])))


def _read(hypervisor: str, nightly: bool) -> Iterator[Case]:
    if hypervisor == "kvm":
        for path in sorted(programs.HERE.glob("*/suite.yaml")):
            yield from programs.load_suite(path, programs.load_boots(), nightly=nightly)
    else:
        for path in sorted((TOP / "suites").glob("*/suite.yaml")):
            yield from matrix.load_suite(path, matrix.load_boots(), nightly)


@dataclass
class Prover:
    """Plays mutants; each in a folder of its own below `folder`."""

    folder: Path
    cases: dict[str, Cases]
    full: bool = False  # play all cases that are written down, do not stop at the first red
    stopping: threading.Event = field(default_factory=threading.Event)
    subjects: dict[str, RunInfo] = field(default_factory=dict)  # what was played last, by hypervisor

    def prove(self, mutant: Mutant) -> Proof:
        if mutant.equivalent:
            return Proof.of(mutant, "equivalent", evidence=mutant.equivalent)
        began = time.monotonic()
        place = self.folder / mutant.id
        place.mkdir(parents=True)
        try:
            options = mutate.options(mutant, place / "image")
            return self._play(mutant, place, [*options, f"--cache={place / 'cache'}"], began)
        except (mutate.MutantError, SymbolError, PlayError, OSError) as error:
            return Proof.of(mutant, "error", evidence=str(error), seconds=time.monotonic() - began)
        finally:
            for waste in ("image", "cache"):
                shutil.rmtree(place / waste, ignore_errors=True)

    def _play(self, mutant: Mutant, place: Path, options: list[str], began: float) -> Proof:
        outcomes: dict[str, str] = {}
        stuck = ""
        for stage, names in enumerate(self.cases[mutant.hypervisor].stages(mutant)):
            for played in self._gates(mutant, place / str(stage), names, options):
                outcomes |= played.verdicts
                seconds = time.monotonic() - began
                if red := next((result for result in played.results if _red(result)), None):
                    return Proof.of(mutant, "killed", red.case, evidence(mutant, red), seconds, outcomes)
                stuck = next((f"{result.case}: {result.reason}" for result in played.results
                              if result.outcome is Outcome.ERROR), stuck)
        return Proof.of(mutant, "error" if stuck else "survived", evidence=stuck,
                        seconds=time.monotonic() - began, outcomes=outcomes)

    def _gates(self, mutant: Mutant, place: Path, names: list[str], options: list[str]) -> Iterator[Played]:
        """Gates until all of the cases have been played, or one is red."""
        if not set(names) <= self.cases[mutant.hypervisor].gate.keys():
            options = [*options, "--nightly"]
        for number in range(TRIES):
            if not names:
                return
            run = place / str(number)
            played = play(mutant.hypervisor, run, [*options, *(f"--case={name}" for name in names), "--boards=1",
                                                   *([] if self.full else ["-x"]), "--history", str(place / "history.db")],
                          self.stopping)
            self.subjects[mutant.hypervisor] = played.info
            yield played
            names = [name for name in names if name not in played.verdicts]


def _red(result: CaseResult) -> bool:
    return result.outcome is Outcome.FAIL and not result.known


def evidence(mutant: Mutant, red: CaseResult) -> str:
    """What failed: of several things the one that was expected."""
    told = [red.reason, *(check["text"] for check in red.checks if not check["ok"])]
    wanted = mutant.reds.get(red.case)
    return next((text for text in told if wanted and re.search(wanted, text)), next(filter(None, told), ""))


def chosen(mutants: dict[str, Mutant], names: Sequence[str], hypervisor: str | None) -> list[Mutant]:
    for name in names:
        if name not in mutants:
            sys.exit(f"make prove: M={name}: no such mutant; one of {', '.join(sorted(mutants))}")
    # Linux first: its boards take the longest to start, and the last ones should be short.
    return sorted((mutant for name, mutant in mutants.items()
                   if (not names or name in names) and hypervisor in (None, mutant.hypervisor)),
                  key=lambda mutant: mutant.hypervisor)


def run(prover: Prover, mutants: Sequence[Mutant], boards: int) -> list[Proof]:
    """All of them, `boards` at a time, each told as soon as it is known."""
    proofs = []
    with ThreadPoolExecutor(boards) as pool:
        try:
            futures = [pool.submit(prover.prove, mutant) for mutant in mutants]
            for number, future in enumerate(as_completed(futures), 1):
                proofs.append(future.result())
                print(kills.line(proofs[-1], number, len(mutants)), flush=True)
        except KeyboardInterrupt:
            pass
        finally:
            prover.stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
    place = {mutant.id: number for number, mutant in enumerate(mutants)}
    return sorted(proofs, key=lambda proof: place[proof.id])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove")
    parser.add_argument("--mutant", action="append", default=[], metavar="ID", help="only this one; may be given again")
    parser.add_argument("--hv", choices=sorted(RELEASES), help="only this hypervisor's")
    parser.add_argument("--full", action="store_true", help="play all cases that are written down for a mutant")
    parser.add_argument("--boards", type=int, default=min(2, os.cpu_count() or 1), help="boards at a time")
    parser.add_argument("--out", type=Path, default=BUILD / "prove" / time.strftime("%Y%m%d-%H%M%S"))
    option = parser.parse_args()
    try:
        mutants = chosen(catalogue.load(), option.mutant, option.hv)
        prover = Prover(option.out.resolve(), {name: load_cases(name) for name in {mutant.hypervisor for mutant in mutants}},
                        option.full)
    except (YamlError, known.YamlError) as error:
        sys.exit(f"make prove: {error}")
    began = time.monotonic()
    proofs = run(prover, mutants, option.boards)
    whole = kills.Matrix(proofs, prover.subjects, time.monotonic() - began, option.boards, len(mutants) - len(proofs))
    print(kills.table(whole))
    kills.write(whole, option.out)
    print(f"{option.out / kills.JSON}\n{option.out / kills.PAGE}")
    if whole.left:
        print(f"stopped: {whole.left} mutants were not played")
        return 130
    return 0 if whole.good else 1


if __name__ == "__main__":
    sys.exit(main())
