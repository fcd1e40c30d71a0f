# SPDX-License-Identifier: GPL-2.0-only
"""Variables of make reach the program as they were written, blanks and brackets too."""

import subprocess

import pytest

from tests.gate_run import ROOT

CASE = "hung.mask[ack=new,cast=edu,pos=first]"


def arguments(target: str, *words: str) -> list[list[str]]:
    """What each call of Python would be given; it is not called."""
    done = subprocess.run(["make", "-s", target, "PYTHON=printf '%s\\n' CALL", *words], cwd=ROOT, capture_output=True,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [call.splitlines() for call in done.stdout.split("CALL\n")[1:]]


@pytest.mark.parametrize("words, expected", [
    (["OUT=a folder/x"], ["--out", "a folder/x"]), (["K=hung and not first"], ["-k", "hung and not first"]),
    ([f"CASE={CASE}"], [f"--case={CASE}"]), (["APPEND=irq_ratelimit=5 noreboot"], ["--append", "irq_ratelimit=5 noreboot"]),
    (["SEED=7"], ["--seed", "7"]), (["RESUME=latest"], ["--resume", "latest"]), (["BASELINE=history"], ["--baseline=history"]),
    (["CPUS=4"], ["--cpus", "4"]), (["HISTORY=x.db"], ["--history", "x.db"]),
])
def test_variables_of_a_gate(words: list[str], expected: list[str]) -> None:
    call, = arguments("gate", "HV=xen", *words)
    assert " ".join(expected) in " ".join(call), call
    assert all(word in call for word in expected)


def test_each_hypervisor_has_a_folder_of_its_own() -> None:
    xen, kvm, page = arguments("gate", "OUT=an out")
    assert xen[xen.index("--out") + 1] == "an out/xen" and kvm[kvm.index("--out") + 1] == "an out/kvm"
    assert page == ["-B", "-m", "reports.html", "an out/xen", "an out/kvm", "--out", "an out/report.html"]


def test_variables_of_prove_and_soak() -> None:
    assert arguments("prove", "M=a b", "HV=kvm", "FULL=1") == [
        ["-B", "-m", "suites.mutants.prove", "--mutant", "a", "--mutant", "b", "--hv", "kvm", "--full"]]
    assert arguments("soak", "N=3", "LOAD=1", "OUT=x") == [
        ["-B", "-m", "suites.soak", "--hv", "xen", "--hv", "kvm", "--gates", "3", "--out", "x", "--load"]]
