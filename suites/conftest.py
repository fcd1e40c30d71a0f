# SPDX-License-Identifier: GPL-2.0-only
"""pytest's way in: options, collection of suite.yaml files, one item a case, results as boards give them."""

import difflib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from lab import boardfile  # noqa: E402
from reports.files import ReportError  # noqa: E402
from suites import matrix, programs, resume  # noqa: E402
from suites.gate import Gate, GateError  # noqa: E402
from suites.subject import BUILD, CACHE  # noqa: E402
from suites.terminal import GateReporter  # noqa: E402


def whole(text: str) -> int:
    """A number that is not negative, as an option's type."""
    if not text.isdecimal():
        raise ValueError
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lifeline")
    group.addoption("--hv", choices=("xen", "kvm"), help="kind of hypervisor (default: what the board boots)")
    group.addoption("--xen", type=Path, help="hypervisor binary (default: Debian's, from build/)")
    group.addoption("--kernel", type=Path, help="Linux as hypervisor: bzImage (default: Debian's, from build/)")
    group.addoption("--modules", type=Path, help="its modules, a folder like /lib/modules/VERSION")
    group.addoption("--case", action="append", default=[], metavar="ID",
                    help="only this case, by its whole id; may be given again")
    group.addoption("--out", type=Path, help="folder of the run (default: build/runs/<time>)")
    group.addoption("--resume", metavar="RUN",
                    help="go on with an interrupted run: its folder, or `latest`; what has a result is not run again")
    group.addoption("--cache", type=Path, default=CACHE, help="folder for what is made of it once (default: build/cache)")
    group.addoption("--append", default="", help="added to the hypervisor's command line")
    group.addoption("--baseline", action="append", default=[], metavar="RUN",
                    help="fail for regressions alone: against this run's folder, its results.jsonl, a folder of runs, "
                         "\"latest\" or \"history\"; may be given again, the newest that fits counts")
    group.addoption("--history", type=Path, default=BUILD / "history.db",
                    help="history of all runs (default: build/history.db)")
    group.addoption("--wrong", action="store_true",
                    help="each check expects the opposite: all must fail (a test of the suite)")
    group.addoption("--nightly", action="store_true",
                    help="beside the gate's cases, every controller as offender beside every other")
    group.addoption("--cpus", type=whole, default=0,
                    help="boards with so many CPUs, in real time (default: as boots.yaml says)")
    group.addoption("--seed", type=whole, help="seed of all random choices (default: from the clock)")
    group.addoption("--boards", type=whole, default=0, help="boards at a time (default: a CPU each)")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Before labgrid's pytest_configure, which answers a wrong board file with a traceback."""
    config.option.lg_env = config.option.lg_env or os.environ.get("LG_ENV")
    try:
        if config.option.resume and config.option.lg_env is None:
            config.option.lg_env = str(resume.board_of(config.option))
        if config.option.lg_env is not None:
            boardfile.load(Path(config.option.lg_env))
    except (matrix.YamlError, ReportError) as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly or config.option.lg_env is None:
        return
    config.stash[GATE] = gate = Gate(config)
    plain = config.pluginmanager.getplugin("terminalreporter")
    config.pluginmanager.unregister(plain)
    config.pluginmanager.register(GateReporter(config, gate), "terminalreporter")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Suites of the hypervisor that the board boots; all of them where no board is named."""
    if file_path.name != "suite.yaml":
        return None
    of = "kvm" if programs.HERE in file_path.parents else "xen"
    board = parent.config.option.lg_env
    if board is not None and boardfile.load(Path(board)).boots != of:
        return None
    return (ProgramFile if of == "kvm" else SuiteFile).from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """--case: exactly these. A suite that could not be read is told of first, by the loop.

    A board file that boots.yaml names is for its own cases; on any other file all cases run.
    """
    board = Path(config.option.lg_env).stem if config.option.lg_env else None
    if any(item.case.boot.board == board for item in items if isinstance(item, CaseItem)) and board:
        others = [item for item in items if isinstance(item, CaseItem) and item.case.boot.board != board]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
    gate = config.stash.get(GATE, None)
    wanted = set(config.option.case or (gate.earlier.info.cases if gate and gate.earlier else ()))
    if not wanted or session.testsfailed:
        return
    there = {item.case.id: item for item in items if isinstance(item, CaseItem)}
    for name in sorted(wanted - there.keys()):
        near = difflib.get_close_matches(name, there, n=1)
        raise pytest.UsageError(f"no case {name!r}" + (f"; the nearest is {near[0]}" if near else ""))
    config.hook.pytest_deselected(items=[item for name, item in there.items() if name not in wanted])
    items[:] = [there[name] for name in there if name in wanted]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Results come in the order in which the boards finish them, so the items run in that order."""
    config = session.config
    if GATE in config.stash and session.testsfailed and not config.option.continue_on_collection_errors:
        reports = config.pluginmanager.getplugin("terminalreporter").stats["error"]
        raise pytest.UsageError(*dict.fromkeys(str(report.longrepr) for report in reports))
    items = {item.case.id: item for item in session.items if isinstance(item, CaseItem)}
    if not items or config.option.collectonly:
        return None
    if GATE not in session.config.stash:
        raise pytest.UsageError("cases need a board: --lg-env lab/boards/q35-xen.yaml")
    gate = session.config.stash[GATE]
    for result in gate.run([item.case for item in items.values()]):
        item = items[result.case]
        item.result = result
        item.judgement = gate.judge(result)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    return True


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    gate = session.config.stash.get(GATE, None)
    if gate is None:
        return
    try:
        gate.finish()
    except GateError:
        if exitstatus != pytest.ExitCode.USAGE_ERROR:  # else the first reason is the one to tell
            raise
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        session.exitstatus = 130  # as a shell has it for SIGINT
    elif exitstatus == pytest.ExitCode.OK and not gate.passed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class SuiteFile(pytest.File):
    def collect(self) -> Iterator["CaseItem"]:
        boots = matrix.load_boots()
        if cpus := self.config.option.cpus:
            boots = {name: matrix.on_cpus(boot, cpus) for name, boot in boots.items()}
        for case in matrix.load_suite(self.path, boots, self.config.option.nightly):
            yield CaseItem.from_parent(self, name=case.id, case=case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        if isinstance(excinfo.value, matrix.YamlError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args)


class ProgramFile(SuiteFile):
    def collect(self) -> Iterator["CaseItem"]:
        for case in programs.load_suite(self.path, programs.load_boots(), self.config.option.nightly):
            yield CaseItem.from_parent(self, name=case.id, case=case)


class CaseFailed(Exception):
    """The subject failed: FAIL."""


class CaseError(Exception):
    """The test or the board failed: ERROR."""


class CaseItem(pytest.Item):
    """A case. When it runs, the boards have already been at it."""

    def __init__(self, case: matrix.Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.result: Any = None
        self.judgement: Any = None

    def setup(self) -> None:
        told = self.judgement
        if told and self.result.outcome.value in ("FAIL", "ERROR") and told.word.value != "REGRESSION":
            pytest.xfail(told.told)
        if self.result.outcome.value == "ERROR":
            raise CaseError(self.result.reason)

    def runtest(self) -> None:
        if self.result.known:
            pytest.xfail(f"known: {self.result.finding}")
        if self.result.outcome.value == "SKIP":
            pytest.skip(self.result.reason)
        if self.result.outcome.value == "FAIL":
            raise CaseFailed(self.result.reason or self.result.first_failed)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        if isinstance(excinfo.value, (CaseFailed, CaseError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.case.id


GATE = pytest.StashKey[Gate]()
