# SPDX-License-Identifier: GPL-2.0-only
"""A run that was interrupted, and whether what is here now may go on with it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import boardfile
from reports.files import ReportError
from reports.journal import VERSION, Journal, JournalError, read_journal
from reports.model import CaseResult, RunInfo
from suites.subject import BUILD, TOP

JOURNAL = "results.jsonl"
RUNS = BUILD / "runs"


class ResumeError(ReportError):
    """The run cannot be resumed; the message names it, what differs and the next step."""


@dataclass(frozen=True)
class Earlier:
    """What an interrupted run has left."""

    folder: Path
    info: RunInfo
    results: list[CaseResult]

    @property
    def done(self) -> set[str]:
        return {result.case for result in self.results}

    @property
    def lasted_s(self) -> float:
        """At least so long: until the last case that is on the disk."""
        return max((result.started_s + result.duration_ms / 1000 for result in self.results), default=0.0)

    def journal(self) -> Journal:
        return Journal.resume(self.folder / JOURNAL)

    def error(self, what: str) -> ResumeError:
        return ResumeError(f"RESUME={self.folder}: {what}")

    def check(self, now: RunInfo) -> None:
        """ResumeError for the first thing that differs: results of two subjects are not one run."""
        was = self.info
        named = f"{was.hypervisor.file} ({was.hypervisor.sha256[:12]})"
        if now.hypervisor.sha256 != was.hypervisor.sha256:
            word = "XEN" if was.hypervisor.name == "xen" else "KERNEL"
            raise self.error(f"it is a run of {named}, not of {now.hypervisor.file} "
                             f"({now.hypervisor.sha256[:12]}); name that one: {word}=")
        if now.board != was.board or now.capabilities != was.capabilities:
            raise self.error(f"its board is {was.board}, and {now.board} as it is now differs; name its board file: BOARD=, "
                             "or start a new run")
        for part in sorted(was.images.keys() | now.images.keys()):
            if was.images.get(part) != now.images.get(part):
                raise self.error(f"its {part} was another ({str(was.images.get(part))[:12]}, now "
                                 f"{str(now.images.get(part))[:12]}); start a new run")
        for case in sorted(set(was.cases) ^ set(now.cases)):
            raise self.error(f"{case} is a case {'of it, but not here' if case in was.cases else 'here, but not of it'}; "
                             "resume without K= and CASE=, or start a new run")
        for boot, line in was.command_lines.items():
            if now.command_lines.get(boot) != line:
                raise self.error(f"boot {boot} has another command line now; start a new run")


def earlier(option: Any) -> Earlier | None:
    """The run that --resume names; what says how it was played is put into the options."""
    if not option.resume:
        return None
    folder = find(option.resume, option.hv)
    try:
        info, results = read_journal(folder / JOURNAL)
    except JournalError as error:
        if not (folder / JOURNAL).exists():
            raise ResumeError(f"RESUME={option.resume}: no run has begun there; start one: make gate") from error
        raise
    found = Earlier(folder, info, results)
    if not info.cases:
        raise found.error(f"its journal is older than version {VERSION}; start a new run")
    for name, value in {"out": folder, "seed": info.seed, "append": info.append, **info.options}.items():
        given = getattr(option, name)
        if given not in (None, "", 0) and given != value:
            raise found.error(f"it was played with {name.upper()}={value}, not {given}; leave {name.upper()}= away")
        setattr(option, name, value)
    return found


def find(name: str, hv: str | None) -> Path:
    """A folder; `latest` is the last run, of the hypervisor if one is named."""
    if name != "latest":
        return Path(name)
    runs = [RUNS / "latest", *sorted(RUNS.glob("2*"), reverse=True)]
    for folder in runs:
        try:
            kind = read_journal(folder / JOURNAL)[0].hypervisor.name
        except JournalError:
            continue
        if hv in (None, kind):
            return folder.resolve()
    raise ResumeError(f"RESUME=latest: no run{f' of {hv}' if hv else ''} in {RUNS}; name a folder, or start one: make gate")


def board_of(option: Any) -> Path:
    """The board file of the run, where nobody names one."""
    folder = find(option.resume, option.hv)
    return TOP / "lab" / "boards" / f"{read_journal(folder / JOURNAL)[0].board}.yaml"


def capabilities(paths: Iterable[Path], used: set[tuple[str, str | None]]) -> dict[str, Any]:
    """By name of the board file, what it says of the variants `used`: pairs of such a name and a variant."""
    found = {}
    for path in paths:
        file = boardfile.load(path)
        variants = {variant or "": file.boards[0].variants[variant] if variant else boardfile.Variant(file.boards[0].devices)
                    for name, variant in used if name == path.stem and (not variant or variant in file.boards[0].variants)}
        found[path.stem] = {
            "sha256": sha256(path), "boots": file.boots,
            "variants": {name: {"devices": {device.bdf: f"{device.model} {device.gsi}" for device in variant.devices},
                                "uarts": list(variant.uarts), "unguarded": list(variant.unguarded),
                                "cpu": variant.cpu, "extra_args": variant.extra_args,
                                "tcg_thread": variant.tcg_thread}
                         for name, variant in sorted(variants.items())}}
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
