# SPDX-License-Identifier: GPL-2.0-only
"""The gate of Linux as hypervisor on real boards: what it leaves behind, what it says of a kernel that lacks something,
and that every check of its cases can fail."""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from lab import image
from suites import known, programs
from suites.subject import STOCK_LINUX
from tests.gate_run import KVM_BOARD, ROOT, RunningGate, run_gate, select, wait_until
from tests.test_mutants_linux import run_cases

BOOTS = programs.load_boots()
CASES = [case for path in sorted(programs.HERE.glob("*/suite.yaml")) for case in programs.load_suite(path, BOOTS)]
NIC = "kvm.sharing.host[iommu=intel,load=all]"
BESIDE = "kvm.sharing.beside[device=edu,domain=process,iommu=intel]"

pytestmark = pytest.mark.board


@pytest.mark.parametrize("how, status", [(signal.SIGINT, 130), (signal.SIGKILL, -9)], ids=["Ctrl-C", "kill -9"])
def test_nothing_is_left_behind(how: signal.Signals, status: int, tmp_path: Path) -> None:
    """QEMU and iperf3 die with the runner, and a case that was running has no result."""
    with RunningGate(tmp_path / "out", *select(NIC), folder=tmp_path, board=KVM_BOARD) as gate:
        wait_until("the case runs", 60, lambda: (tmp_path / "out" / "consoles").exists() and any(
            b"# case" in path.read_bytes() for path in (tmp_path / "out" / "consoles").glob("*.log")))
        assert len(gate.processes()) >= 4  # the runner, QEMU, a peer for each NIC
        gate.process.send_signal(how)
        assert gate.process.wait(10) == status
        wait_until("all processes are gone", 5, lambda: not gate.processes())


def test_a_kernel_without_vfio(tmp_path: Path) -> None:
    """A named need is absent: one line that says which."""
    stock = (STOCK_LINUX / "modules").resolve()
    modules = tmp_path / "lib" / "modules" / stock.name
    shutil.copytree(stock, modules, symlinks=True, copy_function=link,
                    ignore=shutil.ignore_patterns("vfio*.ko"))
    for name in modules.glob("modules.*"):  # links: depmod would write through them
        data = name.read_bytes()
        name.unlink()
        name.write_bytes(data)
    subprocess.run([image.tool("depmod"), "-b", tmp_path, modules.name], check=True)
    gate = run_cases(tmp_path, {BESIDE}, "--modules", modules)
    result = gate.results[BESIDE]
    assert result["outcome"] == "SKIP", gate.told
    assert "vfio" in result["reason"] and "\n" not in result["reason"], result["reason"]


def link(source: str, target: str) -> None:
    Path(target).symlink_to(Path(source).resolve())


def test_every_check_can_fail(tmp_path: Path) -> None:
    """With every expectation turned round all checks are red, and so is each case that has one."""
    first = {(case.topic, case.name): case for case in reversed(CASES)}
    cases = {case.id for case in first.values()}
    gate = run_gate(tmp_path, *select(*sorted(cases)), "--wrong", board=KVM_BOARD, timeout=300)
    assert set(gate.results) == cases and gate.status == 1, gate.told
    stock = known.load(ROOT / "suites/known.yaml", "kvm-6.1")
    for case, result in gate.results.items():
        good = [check["text"] for check in result["checks"] if check["ok"]]
        if result["outcome"] == "SKIP":
            continue
        assert result["checks"] and result["outcome"] == "FAIL", (case, result["reason"])
        assert not good or case in stock and stock[case].explains(good), (case, good)
