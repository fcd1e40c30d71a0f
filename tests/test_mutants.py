# SPDX-License-Identifier: GPL-2.0-only
"""The suite can fail: a broken hypervisor turns the cases red that are there to find the break."""

import gzip
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from suites import known
from suites.matrix import load_boots, load_suite
from suites.mutants import mutate
from tests.gate_run import ROOT, STOCK_XEN, Gate, run_gate, select, tree

# One for each of: no EOI is forced, a sharer is not served, a death leaves the line masked; the caller's
# vector or delivery stands in an entry, a message's remapping entry outlives it; a controller's line is not
# ended, its message stays masked, all messages have one vector.
RUN = ("eoi-timer-off", "do-irq-guest-first", "unbind-no-eoi", "guest-vector-kept",
       "callers-delivery-kept", "irte-kept", "eoi-never-ends", "message-left-masked", "one-vector-for-all")
MUTANTS = mutate.load()
CASES = [case for path in sorted(ROOT.glob("suites/*/suite.yaml")) for case in load_suite(path, load_boots())]

BUILD_ID = bytes.fromhex("0123456789")
IMAGE = b"\x7fELF" + BUILD_ID + b"code\x90\x90\xc3"


def mutant(*sites: mutate.Site) -> mutate.Mutant:
    return mutate.Mutant("m", "a mechanism", BUILD_ID, sites, {"a.b[c=d]": "."})


def site(old: bytes, new: bytes) -> mutate.Site:
    return mutate.Site(IMAGE.index(b"code"), old, new)


# ---------------------------------------------------------------------------
# the guards


def test_sites_are_patched_in_a_copy() -> None:
    image = bytearray(IMAGE)
    second = mutate.Site(len(IMAGE) - 1, b"\xc3", b"\xcc")
    done = mutate.apply(mutant(site(b"code", b"CODE"), second), image)
    assert done == b"\x7fELF" + BUILD_ID + b"CODE\x90\x90\xcc"
    assert image == IMAGE


@pytest.mark.parametrize("image, site, told", [
    (IMAGE.replace(BUILD_ID, b"other"), site(b"code", b"CODE"),
     "mutant m: the image has another build id than 0123456789...; re-anchor"),
    (b"", site(b"code", b"CODE"), "another build id"),
    (IMAGE.replace(b"code", b"cold"), site(b"code", b"CODE"),
     "mutant m: at file offset 0x9 stands 636f6c64, not 636f6465; re-anchor it"),
    (IMAGE[:-5], site(b"code", b"CODE"), "stands 636f, not 636f6465"),
    (IMAGE, site(b"code", b"COD"), "mutant m: old and new bytes differ in length"),
    (IMAGE, site(b"code", b"CODES"), "differ in length"),
    (IMAGE, mutate.Site(1 << 40, b"code", b"CODE"), "at file offset 0x10000000000 stands ,"),
])
def test_guards(image: bytes, site: mutate.Site, told: str) -> None:
    with pytest.raises(mutate.MutantError, match=re.escape(told)):
        mutate.apply(mutant(site), image)


def test_site_before_the_image() -> None:
    """A negative offset counts from the end in Python, and must not here."""
    with pytest.raises(mutate.MutantError):
        mutate.apply(mutant(mutate.Site(-3, b"\x90", b"\xcc")), IMAGE)


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_fits_the_stock_image(name: str) -> None:
    stock = gzip.decompress(STOCK_XEN.read_bytes())
    done = mutate.apply(MUTANTS[name], stock)
    assert done != stock and len(done) == len(stock)
    changed = [at for at, (a, b) in enumerate(zip(stock, done)) if a != b]
    inside = {at for site in MUTANTS[name].sites
              for at in range(site.offset, site.offset + len(site.old))}
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
    image = tmp_path / f"xen-{name}"
    image.write_bytes(mutate.apply(found, gzip.decompress(STOCK_XEN.read_bytes())))
    gate = run_cases(tmp_path, set(found.reds), "--xen", image)
    assert gate.status == 1, gate.told
    assert gate.header["run"]["hypervisor"]["file"] == image.name
    for case, pattern in found.reds.items():
        result = gate.results[case]
        assert result["outcome"] == "FAIL", (case, gate.told)
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
