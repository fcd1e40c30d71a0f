# SPDX-License-Identifier: GPL-2.0-only
"""The matrix of programs, and the programs themselves: what one names, the other has."""

import subprocess
from pathlib import Path

import pytest

from suites import programs
from suites.matrix import YamlError

ROOT = Path(__file__).parents[1]
BOOTS = programs.load_boots()
SUITES = sorted(programs.HERE.glob("*/suite.yaml"))
BUILT = ROOT / "build" / "host"

SUITE = """\
about: a suite
cases:
  one:
    title: t
    rationale: r
    invariants: [S]
    boots: [intel]
    red: by --wrong
    fixture: line
    params: {device: [edu, e1000], domain: [process]}
    nightly: {domain: [qemu]}
"""


def load(tmp_path: Path, text: str, nightly: bool = False) -> list[programs.ProgramCase]:
    folder = tmp_path / "hung"
    folder.mkdir()
    (folder / "suite.yaml").write_text(text)
    return programs.load_suite(folder / "suite.yaml", BOOTS, nightly)


def test_a_case_is_a_test_of_a_program(tmp_path: Path) -> None:
    first, second = load(tmp_path, SUITE)
    assert first.id == "kvm.hung.one[device=edu,domain=process,iommu=intel]"
    assert first.plan_line(7) == f"case {first.id} program=hung test=line.edu_process.one seed=7"
    assert second.test == "line.e1000_process.one"
    assert first.boot.warm and first.boot.cpus == 2 and first.boot.icount is None


def test_nightly_has_more(tmp_path: Path) -> None:
    assert [case.test for case in load(tmp_path, SUITE, nightly=True)] == [
        "line.edu_process.one", "line.edu_qemu.one", "line.e1000_process.one", "line.e1000_qemu.one"]


@pytest.mark.parametrize("old, new, told", [
    ("boots: [intel]", "boots: [tintel]", "no boot 'tintel'"),
    ("invariants: [S]", "invariants: [Q]", "'Q'"),
    ("[process]", "[pro cess]", "written with a-z"),
    ("red:", "blue:", "blue"),
    ("process", "p" * 90, "longer than"),
])
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(YamlError, match=told):
        load(tmp_path, SUITE.replace(old, new))


CASES = [case for path in SUITES for case in programs.load_suite(path, BOOTS, nightly=True)]


@pytest.mark.parametrize("program", sorted({case.program for case in CASES}))
def test_program_and_suite_name_the_same_tests(program: str) -> None:
    """A test need not be played with every variant, but with one at least."""
    listed = subprocess.run([BUILT / program, "-l"], capture_output=True, text=True, check=True).stdout.split()
    named = {case.test for case in CASES if case.program == program}
    assert named <= set(listed)
    assert {ends(test) for test in named} == {ends(test) for test in listed}


def test_every_program_is_played() -> None:
    built = {path.stem for path in programs.HERE.glob("*/*.c") if "CASE_MAIN" in path.read_text()}
    assert built == {case.program for case in CASES}


def ends(test: str) -> tuple[str, str]:
    """Fixture and test, without the variant."""
    return test.partition(".")[0], test.rpartition(".")[2]


def test_a_test_that_is_not_there() -> None:
    run = subprocess.run([BUILT / "sharing", "-r", "line.none"], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stderr == f"no test line.none; {BUILT / 'sharing'} -l lists them\n"
