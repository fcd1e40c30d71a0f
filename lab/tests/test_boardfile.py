# SPDX-License-Identifier: GPL-2.0-only
"""The shipped board file, and one mistake in it at a time."""

from pathlib import Path

import pytest

from lab import boardfile
from lab.yamlsource import YamlError

SHIPPED = Path(__file__).parents[1] / "boards" / "q35-xen.yaml"
TEXT = SHIPPED.read_text()


def test_shipped_file() -> None:
    first, second = boardfile.load(SHIPPED).boards
    assert (first.name, second.name, first.smp) == ("board0", "board1", 2)
    assert first.devices == second.devices and len(first.devices) == 14
    assert {device.gsi for device in first.devices} == {20, 21, 22, 23}
    many = first.devices_of("many")
    assert len(many) == 34 and {device.gsi for device in many} == {20}
    with pytest.raises(YamlError, match="no variant 'few'; it has: controllers, controllers-by-turns, controllers-remapped, hvm, "):
        first.devices_of("few")


def test_every_controller_is_on_one_line_twice() -> None:
    devices = boardfile.load(SHIPPED).boards[0].devices_of("controllers")
    assert {device.gsi for device in devices} == {20}
    models = [device.model for device in devices]
    assert sorted(models) == sorted([*boardfile.EXERCISED * 2, "edu"])


def test_every_controller_is_behind_a_bridge() -> None:
    devices = boardfile.load(SHIPPED).boards[0].devices_of("ladder")
    assert {device.model for device in devices if device.bus} == set(boardfile.EXERCISED)
    assert {device.bus for device in devices if device.bus} == {
        device.secondary for device in devices if device.secondary}


def test_sharing_groups_of_the_server_of_2005() -> None:
    first, _ = boardfile.load(SHIPPED.parent / "poweredge-400sc.yaml").boards
    groups: dict[int, list[str]] = {}
    for device in first.devices:
        groups.setdefault(device.gsi, []).append(device.model)
    assert groups == {20: ["ahci", "uhci", "e1000"], 21: ["ehci"], 22: ["uhci", "uhci"], 23: ["uhci"],
                      16: ["rtl8139"]}


@pytest.mark.parametrize("old, new, told", [
    ("smp: 2", "smmp: 2", "unknown key 'smmp' in targets.board0.drivers.MultibootQEMUDriver; "
     "allowed: accel, "),
    ("model: edu", "model: rtl8169", ".model: unknown 'rtl8169'; allowed: ahci, bridge, e1000, e1000e, edu, "),
    ("00:04.1", "00:04.0", "two devices at 00:04.0"),
    ("00:04.3", "0:4.3", "'0:4.3': a PCI address is written as \"00:04.0\""),
    ("00:08.0", "00:08.1", "nothing at 00:08.0"),
    ("00:08.0", "00:1f.0", "slot 1f is the LPC bridge"),
    ("00:08.0", "01:08.0", "no bridge above it in the list has bus: 1"),
    ("{bdf: \"01:00.0\", model: nvme, gsi: 20}", "{bdf: \"01:00.0\", model: nvme}", "behind a bridge, so say its gsi:"),
    ("{bdf: \"00:08.0\", model: edu}", "{bdf: \"00:08.0\", model: edu, bus: 3}", "edu has no bus behind it; only "),
    ("smp: 2", "smp: 0", "0 is less than the minimum"),
    ("smp: 2", "smp: true", "is not of type integer"),
    ("smp: 2", "smp: 2\n        icount: fast", "'fast': is written as shift=3,sleep=off"),
    ("extra_args: -device intel-iommu,intremap=on", "unguarded: [dma]", "unknown 'dma'; allowed: compatible, requester"),
    ("smp: 2", "cpu: max", "key 'cpu' for the second time"),
    ("qemu: /usr", "qemuu: /usr", "no tool 'qemu' below tools:"),
    ("smp: 2", "smp: [", "not YAML: "),
    ("tcg_thread", "\ttcg_thread", "not YAML: "),
])
def test_mistakes_are_named_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(YamlError) as caught:
        boardfile.load(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{path}:") and "\n" not in str(caught.value)


def test_line_is_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(TEXT.replace("smp: 2", "smmp: 2", 1))
    line = TEXT.splitlines().index("        smp: 2") + 1
    with pytest.raises(YamlError, match=f"board.yaml:{line}: unknown key"):
        boardfile.load(path)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"a: !foo b", b"a: &a [*a]", b"[" * 1000,
                                  b"1: 2", b"a: 2001-99-99"],
                         ids=range(8))
def test_hostile_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "board.yaml"
    path.write_bytes(data)
    with pytest.raises(YamlError, match="board.yaml"):
        boardfile.load(path)
    with pytest.raises(YamlError, match="No such file"):
        boardfile.load(tmp_path / "none.yaml")
