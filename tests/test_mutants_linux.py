# SPDX-License-Identifier: GPL-2.0-only
"""The same of Linux as hypervisor: a broken module of the kernel turns its cases red."""

import re
from pathlib import Path

import pytest

from suites import programs
from suites.mutants import catalogue, mutate
from tests.gate_run import KVM_BOARD, Gate, run_gate, select
from tests.test_mutants import reasons

MUTANTS = {name: mutant for name, mutant in catalogue.load().items() if mutant.hypervisor == "kvm"}
# One that hears what is others', one that disowns what is its own.
RUN = ("vfio-claims-all", "vfio-claims-none")
CASES = {case.id for path in sorted(programs.HERE.glob("*/suite.yaml"))
         for case in programs.load_suite(path, programs.load_boots(), nightly=True)}


def run_cases(folder: Path, cases: set[str], *args: str | Path) -> Gate:
    gate = run_gate(folder, *select(*sorted(cases)), *args, board=KVM_BOARD)
    assert set(gate.results) == cases, gate.told
    return gate


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_fits_the_stock_module(name: str) -> None:
    found = MUTANTS[name]
    if found.sites:
        stock, symbols = mutate.stock_module(found.module)
        assert not stock.endswith(mutate.SIGNED)
        assert mutate.apply(found, stock, symbols) != stock
    assert found.reds.keys() <= CASES


def test_a_module_without_a_signature_stays_as_it_is() -> None:
    assert mutate.unsigned(b"\x7fELF code") == b"\x7fELF code"
    signed = b"\x7fELF" + b"signature" + bytes(8) + (9).to_bytes(4, "big") + mutate.SIGNED
    assert mutate.unsigned(signed) == b"\x7fELF"


@pytest.mark.board
@pytest.mark.parametrize("name", RUN)
def test_mutant_is_found(name: str, tmp_path: Path) -> None:
    found = MUTANTS[name]
    gate = run_cases(tmp_path, set(found.reds), *mutate.options(found, tmp_path / "mutant"))
    assert gate.status == 1, gate.told
    for case, pattern in found.reds.items():
        result = gate.results[case]
        assert result["outcome"] == "FAIL", (case, gate.told)
        assert any(re.search(pattern, text) for text in reasons(result)), (case, reasons(result))


@pytest.mark.board
def test_stock_kernel_passes_the_same_cases(tmp_path: Path) -> None:
    gate = run_cases(tmp_path, {case for name in RUN for case in MUTANTS[name].reds})
    assert gate.status == 0 and set(gate.outcomes.values()) == {"PASS"}, gate.told
