# SPDX-License-Identifier: GPL-2.0-only
"""The suite can fail: a broken hypervisor turns the cases red that are there to find the break."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from lab.yamlsource import YamlError
from suites import known
from suites.matrix import load_boots, load_suite
from suites.mutants import catalogue, mutate
from suites.mutants.catalogue import Mutant, Site
from suites.mutants.symbols import SymbolError, Symbols, of_module
from tests.gate_run import ROOT, Gate, run_gate, select, tree

# One for each of: no EOI is forced, a sharer is not served, a death leaves the line masked; the caller's
# vector or delivery stands in an entry, a message's remapping entry outlives it; a controller's line is not
# ended, its message stays masked, all messages have one vector.
RUN = ("eoi-timer-off", "do-irq-guest-first", "unbind-no-eoi", "guest-vector-kept",
       "callers-delivery-kept", "irte-kept", "eoi-never-ends", "message-left-masked", "one-vector-for-all")
MUTANTS = {name: found for name, found in catalogue.load().items() if found.hypervisor == "xen"}
CASES = [case for path in sorted(ROOT.glob("suites/*/suite.yaml")) for case in load_suite(path, load_boots())]

BUILD_ID = bytes.fromhex("0123456789")
IMAGE = b"\x7fELF" + BUILD_ID + b"code\x90\x90\xc3"
SYMBOLS = Symbols({"code": [IMAGE.index(b"code")], "end": [len(IMAGE) - 1], "before": [-3], "beyond": [1 << 40],
                   "twice": [4, 9]}, "symbols")


def mutant(*sites: Site) -> Mutant:
    return Mutant("m", "xen", "a mechanism", ("S",), BUILD_ID, sites)


# ---------------------------------------------------------------------------
# the guards


def test_sites_are_patched_in_a_copy() -> None:
    image = bytearray(IMAGE)
    done = mutate.apply(mutant(Site("code", 0, b"code", b"CODE"), Site("end", 0, b"\xc3", b"\xcc")), image, SYMBOLS)
    assert done == b"\x7fELF" + BUILD_ID + b"CODE\x90\x90\xcc"
    assert image == IMAGE


@pytest.mark.parametrize("image, site, told", [
    (IMAGE.replace(BUILD_ID, b"other"), Site("code", 0, b"code", b"CODE"),
     "mutant m: the image has another build id than 0123456789...; re-anchor"),
    (b"", Site("code", 0, b"code", b"CODE"), "another build id"),
    (IMAGE.replace(b"code", b"cold"), Site("code", 0, b"code", b"CODE"),
     "mutant m: at code+0x0 stands 636f6c64, not 636f6465; re-anchor it"),
    (IMAGE, Site("code", 1, b"code", b"CODE"), "mutant m: at code+0x1 stands 6f646590, not"),
    (IMAGE[:-5], Site("code", 0, b"code", b"CODE"), "stands 636f, not 636f6465"),
    (IMAGE, Site("beyond", 0, b"code", b"CODE"), "at beyond+0x0 stands ,"),
    # A negative offset counts from the end in Python, and must not here.
    (IMAGE, Site("before", 0, b"\x90", b"\xcc"), "at before+0x0 stands"),
    (IMAGE, Site("gone", 0, b"\x90", b"\xcc"), "mutant m: gone stands 0 times in symbols; re-anchor it"),
    (IMAGE, Site("twice", 0, b"\x90", b"\xcc"), "mutant m: twice stands 2 times in symbols; re-anchor it"),
])
def test_guards(image: bytes, site: Site, told: str) -> None:
    with pytest.raises(mutate.MutantError, match=re.escape(told)):
        mutate.apply(mutant(site), image, SYMBOLS)


GOOD = """\
hypervisor: xen
build_id: "0123"
mutants:
  m:
    mechanism: a thing is broken
    invariants: [S]
    shows: it is seen
    sites: [{symbol: f, old: "90", new: "cc"}]
    reds: {"a.b[c=d]": "S"}
"""


@pytest.mark.parametrize("old, new, told", [
    ("[S]", "[Q]", ":6: "), ('new: "cc"', 'new: "cccc"', ":8: old and new bytes differ in length"),
    ('build_id: "0123"\n', "", ":7: sites need the build_id"), ("    shows: it is seen\n", "", ":4: "),
    ('    sites: [{symbol: f, old: "90", new: "cc"}]\n', "", ":4: "), ("symbol: f", "at: 1", ":8: "),
    ('    reds: {"a.b[c=d]": "S"}\n', "", ":4: "), ("shows:", "equivalent:", ":4: "),
])
def test_a_mistake_in_the_data_is_told_by_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD)
    assert catalogue.load([path])["m"].sites == (Site("f", 0, b"\x90", b"\xcc"),)
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(YamlError, match=re.escape(f"{path}{told}")):
        catalogue.load([path])


def test_an_id_stands_once(tmp_path: Path) -> None:
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for path in paths:
        path.write_text(GOOD)
    with pytest.raises(YamlError, match="mutant m is in another file too"):
        catalogue.load(paths)


def test_symbols_that_are_none() -> None:
    with pytest.raises(SymbolError, match="m.ko is not an ELF file"):
        of_module(b"hello", "m.ko")


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_fits_the_stock_image(name: str) -> None:
    found = MUTANTS[name]
    if not found.sites:
        return
    stock, symbols = mutate.stock_xen()
    done = mutate.apply(found, stock, symbols)
    assert done != stock and len(done) == len(stock)
    changed = [at for at, (a, b) in enumerate(zip(stock, done)) if a != b]
    inside = {symbols.offset(site.symbol) + site.offset + at for site in found.sites for at in range(len(site.old))}
    assert set(changed) <= inside


# ---------------------------------------------------------------------------
# on the board


def run_cases(folder: Path, cases: set[str], *args: str | Path) -> Gate:
    gate = run_gate(folder, *select(*sorted(cases)), *args)
    assert set(gate.results) == cases, gate.told
    return gate


def reasons(result: dict[str, Any]) -> list[str]:
    return [result["reason"], *(check["text"] for check in result["checks"] if not check["ok"])]


@pytest.mark.board
@pytest.mark.parametrize("name", RUN)
def test_mutant_is_found(name: str, tmp_path: Path) -> None:
    found = MUTANTS[name]
    gate = run_cases(tmp_path, set(found.reds), *mutate.options(found, tmp_path))
    assert gate.status == 1, gate.told
    assert gate.header["run"]["hypervisor"]["file"] == f"xen-{name}"
    for case, pattern in found.reds.items():
        result = gate.results[case]
        assert result["outcome"] == "FAIL", (case, result["outcome"], reasons(result))
        assert any(re.search(pattern, text) for text in reasons(result)), (case, reasons(result))


@pytest.mark.board
def test_work_is_looked_at(tmp_path: Path) -> None:
    """A disk with other data on it: each of its interrupts comes, and is lost."""
    top = tree(tmp_path / "tree")
    (top / "lab").unlink()
    shutil.copytree(ROOT / "lab", top / "lab")
    media = top / "lab" / "media.py"
    media.write_text(media.read_text().replace("FACTOR = 0x9E3779B1", "FACTOR = 0x9E3779B3"))
    cases = {f"controllers.rounds[ack=new,irq=intx,model={model}]" for model in ("ahci", "nvme")}
    cases |= {"sharing.pair[ack=new,cast=ahci+ahci]"}
    gate = run_gate(tmp_path, *select(*sorted(cases)), top=top)
    for case in cases:
        result = gate.results[case]
        assert result["outcome"] == "FAIL", (case, gate.told)
        assert any(re.search("LI .*(without their work done|lost)", text) for text in reasons(result)), case


@pytest.mark.board
def test_stock_hypervisor_passes_the_same_cases(tmp_path: Path) -> None:
    cases = {case for name in RUN for case in MUTANTS[name].reds}
    gate = run_cases(tmp_path, cases)
    assert gate.status == 0 and set(gate.outcomes.values()) == {"PASS"}, gate.told


@pytest.mark.board
def test_every_check_can_fail(tmp_path: Path) -> None:
    """With every expectation turned round all checks are red, and so is each case that has one."""
    first = {(case.topic, case.name): case for case in reversed(CASES) if not case.hang}
    gate = run_cases(tmp_path, {case.id for case in first.values()}, "--wrong")
    assert gate.status == 1, gate.told
    stock = known.load(ROOT / "suites/known.yaml", "xen-4.17")
    for case, result in gate.results.items():
        good = [check["text"] for check in result["checks"] if check["ok"]]
        assert result["checks"] and result["outcome"] == "FAIL", (case, result["reason"])
        assert not good or stock[case].explains(good), (case, good)
