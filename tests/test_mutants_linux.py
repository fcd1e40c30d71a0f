# SPDX-License-Identifier: GPL-2.0-only
"""The same of Linux as hypervisor: a broken module of the kernel turns its cases red."""

import dataclasses
import re
from pathlib import Path

import pytest

from lab import image
from lab.yamlsource import YamlError
from suites import programs
from suites.mutants import catalogue, mutate
from suites.mutants.catalogue import Mutant, Stub
from tests.gate_run import KVM_BOARD, Gate, run_gate, select
from tests.test_mutants import reasons

MUTANTS = {name: mutant for name, mutant in catalogue.load().items() if mutant.hypervisor == "kvm"}
# One that hears what is others', one that disowns what is its own, one of the kernel itself.
RUN = ("vfio-claims-all", "vfio-claims-none", "entry-index-kept")
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


STUBS = (Stub("f", 0x5, b"AU", 0, 0), Stub("g", 0x20, b"\x0f", None, 42))
STUBBED = Mutant("m", "kvm", "a mechanism", ("S",), stubs=STUBS, boot="noirqdebug")


def test_stubs_are_told_to_init() -> None:
    assert mutate.boot_words(STUBBED) == "noirqdebug lifeline.stub=m,f+0x5:4155:returns=0,g+0x20:0f:skip=42"
    assert mutate.boot_words(dataclasses.replace(STUBBED, stubs=())) == "noirqdebug"


GOOD = """\
hypervisor: kvm
mutants:
  m:
    mechanism: a thing is broken
    invariants: [S]
    shows: it is seen
    stubs: [{symbol: f, offset: 0x5, old: "4155", returns: -16}]
    reds: {"a.b[c=d]": "S"}
"""


@pytest.mark.parametrize("old, new, told", [
    ("returns: -16", "returns: 0, skip: 2", ":7: a stub needs returns or skip, one of them"), (", returns: -16", "", ":7: a stub"),
    ("offset: 0x5", "offset: 0", ":7: "), ("hypervisor: kvm", "hypervisor: xen", ":7: only Linux has stubs"),
    ("returns: -16", "skip: -1", ":7: "), ('"4155"', f'"{"41" * 17}"', ":7: "),
])
def test_a_mistake_in_a_stub_is_told_by_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD)
    assert catalogue.load([path])["m"].stubs == (Stub("f", 5, b"AU", -16, 0),)
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(YamlError, match=re.escape(f"{path}{told}")):
        catalogue.load([path])


def test_the_module_for_stubs_is_in_no_other_image(tmp_path: Path) -> None:
    stock = mutate.STOCK_LINUX / "modules"
    assert not any("stub" in name for name in _files(stock))
    assert "lib/modules/lifeline_stub.ko" in _files(mutate.modules_with(STUBBED, tmp_path))
    assert not any("stub" in path.name for path, _ in image.closed_modules(stock))


def _files(modules: Path) -> dict[str, Path | str]:
    return image.inputs(modules, Path("init"), Path("busybox"), qemu=False)


def test_without_headers_there_is_no_stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.ko").touch()
    monkeypatch.setattr(mutate, "STUB_MODULE", tmp_path / "empty.ko")
    with pytest.raises(mutate.MutantError, match="mutant m: empty.ko is not built; apt-get install linux-headers-6"):
        mutate.modules_with(STUBBED, tmp_path)


@pytest.mark.board
def test_a_stub_that_does_not_fit_ends_the_board(tmp_path: Path) -> None:
    found = MUTANTS["entry-index-kept"]
    stub = dataclasses.replace(found.stubs[0], old=b"\x66\x66")
    strange = dataclasses.replace(found, stubs=(stub,))
    gate = run_cases(tmp_path, {min(found.reds)}, *mutate.options(strange, tmp_path / "mutant"))
    result = gate.results[min(found.reds)]
    assert result["outcome"] == "ERROR", gate.told
    assert re.search(r"mutant entry-index-kept: at \w+\+0x63 stands 6641, not 6666; re-anchor it", result["reason"])


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
