# SPDX-License-Identifier: GPL-2.0-only
"""The suite's own readers and judges, broken one at a time: a fast test notices each (suites/mutants/judges/)."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lab.yamlsource import YamlError
from suites.mutants import judges
from suites.mutants.judges import JudgeMutant
from suites.mutants.mutate import MutantError
from tests.gate_run import ROOT

MUTANTS = judges.load()
NEEDED = ("build", "docs", "fault", "guest", "host", "lab", "reports", "suites", "tests", "Makefile", "README.md",
          "pyproject.toml")
LIMIT_S, BUILD_LIMIT_S = 120, 900  # on a busy machine; a mutant must not be noticed by a hang


def link(folder: Path, entries: Iterable[Path]) -> None:
    folder.mkdir()
    for entry in entries:
        (folder / entry.name).symlink_to(entry)


def tree(folder: Path, mutant: JudgeMutant | None = None) -> Path:
    """The repository by links, with the mutant's file as a copy that is mutated."""
    link(folder, (ROOT / name for name in NEEDED))
    if mutant:
        for parent in [*Path(mutant.file).parents][-2::-1]:
            (folder / parent).unlink()
            link(folder / parent, (entry for entry in (ROOT / parent).iterdir() if entry.name != "__pycache__"))
        path = folder / mutant.file
        text = mutant.apply(path.read_text())
        path.unlink()
        path.write_text(text)
    return folder


def run(folder: Path, *command: str | Path, limit_s: float = LIMIT_S) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LG_", "MAKE"))}
    return subprocess.run(command, cwd=folder, env=environ | {"COLUMNS": "200"}, capture_output=True, text=True,
                          check=False, timeout=limit_s)


# ---------------------------------------------------------------------------
# tests in Python


def pytest_run(folder: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-B", "-m", "pytest", "-q", "--tb=line", "-rfE", "-p", "no:labgrid",
               "-o", f"cache_dir={folder / 'cache'}", *tests)


def failed(done: subprocess.CompletedProcess[str], tests: Sequence[str]) -> list[str]:
    """Those of `tests` that have failed, in one of their variants; none if anything else than a test went wrong."""
    lines = done.stdout.splitlines()
    if done.returncode != 1 or any(line.startswith("ERROR ") for line in lines):
        return []
    return [test for test in tests
            if any(re.match(rf"FAILED {re.escape(test)}(\[| - |$)", line) for line in lines)]


# ---------------------------------------------------------------------------
# tests in C


@pytest.fixture(scope="session")
def flags() -> list[str]:
    """As the Makefile has them for unit tests, whose programs are built then."""
    programs = sorted({program(test) for mutant in MUTANTS.values() for test in mutant.caught_by if mutant.is_c})
    done = run(ROOT, "make", "-s", "--no-print-directory", *(f"build/unit/{name}" for name in programs), "unit-flags",
               limit_s=BUILD_LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1].split()


def program(test: str) -> str:
    """Its file's: host/tests/x_test.c::y is in x_test."""
    return Path(test.partition("::")[0]).stem


def build(folder: Path, mutant: JudgeMutant, source: str, flags: Sequence[str]) -> Path:
    """The program of the unit test `source`; compiled anew is only what the mutant's file is in."""
    objects = Path("build/unit/objects")
    test, library = (objects / source).with_suffix(".o"), (objects / mutant.file).with_suffix(".o")
    changed = {}
    if mutant.file in (ROOT / test.with_suffix(".d")).read_text().split():
        changed[source] = test = folder / "test.o"
    elif (ROOT / library).exists():
        changed[mutant.file] = folder / "mutated.o"
    assert changed, f"{mutant.file} is not in {source}"
    for name, made in changed.items():
        done = run(folder, "gcc", *flags, "-w", "-c", name, "-o", made)  # it may leave something unused
        assert done.returncode == 0, f"the mutant does not compile\n{done.stderr}"
    done = run(folder, "gcc", *flags, test, *(made for made in changed.values() if made != test), "build/unit/library.a",
               "build/libpci/libpci.a", "-ljansson", "-o", folder / "program")
    assert done.returncode == 0, done.stderr
    return folder / "program"


def c_failed(done: subprocess.CompletedProcess[str], tests: Sequence[str]) -> list[str]:
    """Those of `tests` that have failed; none if the program did not come to its end."""
    lines = done.stdout.splitlines()
    planned = next((int(line[3:]) for line in lines if line.startswith("1..")), -1)
    told = [found for line in lines if (found := re.fullmatch(r"(not )?ok [0-9]+ (\w+)", line))]
    if done.returncode != 1 or len(told) != planned:
        return []
    bad = {found[2] for found in told if found[1]}
    return [test for test in tests if test.partition("::")[2] in bad]


# ---------------------------------------------------------------------------
# the mutants


def missed(mutant: JudgeMutant, folder: Path, flags: Sequence[str]) -> tuple[list[str], str]:
    """Which of its tests do not notice it, and what was told."""
    tree(folder, mutant)
    if mutant.is_c:
        source, = {test.partition("::")[0] for test in mutant.caught_by}
        done = run(folder, build(folder, mutant, source, flags))
        caught = c_failed(done, mutant.caught_by)
    else:
        done = pytest_run(folder, mutant.caught_by)
        caught = failed(done, mutant.caught_by)
    return [test for test in mutant.caught_by if test not in caught], \
        f"status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
             flags: list[str]) -> Iterator[dict[str, Future[tuple[list[str], str]]]]:
    """Of all that are selected, one a CPU at a time: most of each is the start of Python, or the compiler."""
    top = tmp_path_factory.mktemp("mutants")
    names = [item.callspec.params["name"] for item in request.session.items
             if getattr(item, "function", None) is test_mutant_is_noticed]
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    yield {name: pool.submit(missed, MUTANTS[name], top / name, flags) for name in names}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_noticed(name: str, outcomes: dict[str, Future[tuple[list[str], str]]]) -> None:
    tests, told = outcomes[name].result()
    assert not tests, f"{MUTANTS[name].file}: {MUTANTS[name].breaks}, and nobody notices in {', '.join(tests)}: {told}"


def test_without_a_mutant_all_pass(tmp_path: Path, flags: list[str]) -> None:
    """The same tests in the same way."""
    folder = tree(tmp_path / "tree")
    tests = {test for mutant in MUTANTS.values() for test in mutant.caught_by}
    done = pytest_run(folder, sorted(test for test in tests if ".py::" in test))
    assert done.returncode == 0, done.stdout + done.stderr
    in_c = {test for test in tests if ".c::" in test}
    for name in sorted({program(test) for test in in_c}):
        done = run(folder, f"build/unit/{name}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert {test.partition("::")[2] for test in in_c if program(test) == name} <= set(
            re.findall(r"^ok [0-9]+ (\w+)$", done.stdout, re.MULTILINE))


# ---------------------------------------------------------------------------
# the guards

ONE = JudgeMutant("m", "a.py", "good", "bad", "all", ("tests/test_a.py::test_b",))


def test_mutant_is_applied_once() -> None:
    assert ONE.apply("a good one\n") == "a bad one\n"


@pytest.mark.parametrize("mutant, text, told", [
    (ONE, "", "mutant m: its old text stands 0 times in a.py, not once; re-anchor it"),
    (ONE, "good good", "mutant m: its old text stands 2 times in a.py, not once; re-anchor it"),
    (replace(ONE, new="good"), "good", "mutant m: it changes nothing"),
])
def test_mutant_that_does_not_fit(mutant: JudgeMutant, text: str, told: str) -> None:
    with pytest.raises(MutantError) as caught:
        mutant.apply(text)
    assert str(caught.value) == told


@pytest.mark.parametrize("status, stdout, found", [
    (1, "FAILED tests/test_a.py::test_b - assert 0\n", True),
    (1, "FAILED tests/test_a.py::test_b[x y] - assert 0\n", True),
    (1, "FAILED tests/test_a.py::test_bb - assert 0\n", False),
    (1, "FAILED tests/test_a.py::test_b - assert 0\nERROR tests/test_a.py::test_c - setup\n", False),
    (2, "ERROR tests/test_a.py - SyntaxError\n", False),
    (0, "FAILED tests/test_a.py::test_b - assert 0\n", False),
    (4, "", False),
])
def test_what_counts_as_noticed(status: int, stdout: str, found: bool) -> None:
    assert failed(subprocess.CompletedProcess([], status, stdout, ""), ONE.caught_by) == list(ONE.caught_by) * found


@pytest.mark.parametrize("status, stdout, found", [
    (1, "1..2\nok 1 a\nnot ok 2 b\n", True),
    (1, "1..2\nnot ok 1 a\nok 2 b\n", False),
    (1, "1..3\nok 1 a\nnot ok 2 b\n", False),  # a sanitizer has ended it
    (0, "1..2\nok 1 a\nnot ok 2 b\n", False),
    (-11, "1..2\nok 1 a\nnot ok 2 b\n", False),
])
def test_what_counts_as_noticed_in_c(status: int, stdout: str, found: bool) -> None:
    assert c_failed(subprocess.CompletedProcess([], status, stdout, ""), ["a_test.c::b"]) == ["a_test.c::b"] * found


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert judges.main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{len(MUTANTS)} mutants") and all(f"\n{name}  (" in told for name in MUTANTS)
    assert judges.main(["no such word"]) == 1


def test_mistakes_in_the_list(tmp_path: Path) -> None:
    mutant = "mutants:\n  m: {file: a.py, old: b, new: c, breaks: d, caught_by: [%s]}\n"
    (tmp_path / "a.yaml").write_text(mutant % "tests/test_a.py::test_b")
    assert list(judges.load(tmp_path)) == ["m"]
    (tmp_path / "b.yaml").write_text(mutant % "somebody")
    with pytest.raises(YamlError, match="b.yaml:2: .*'somebody': a test is written as "):
        judges.load(tmp_path)
    (tmp_path / "b.yaml").write_text(mutant % "tests/test_a.py::test_b")
    with pytest.raises(YamlError, match="b.yaml:2: mutant m for the second time"):
        judges.load(tmp_path)
