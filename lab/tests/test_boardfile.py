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
    with pytest.raises(YamlError, match="no variant 'few'; it has: controllers, controllers-remapped, hvm, "):
        first.devices_of("few")


@pytest.mark.parametrize("old, new, told", [
    ("smp: 2", "smmp: 2", "unknown key 'smmp' in targets.board0.drivers.MultibootQEMUDriver; "
     "allowed: accel, "),
    ("model: edu", "model: rtl8169", ".model: unknown 'rtl8169'; allowed: ahci, e1000, "),
    ("00:04.1", "00:04.0", "two devices at 00:04.0"),
    ("00:04.3", "0:4.3", "'0:4.3': a PCI address is written as \"00:04.0\""),
    ("00:08.0", "00:08.1", "nothing at 00:08.0"),
    ("00:08.0", "00:1f.0", "slot 1f is the LPC bridge"),
    ("00:08.0", "01:08.0", "only bus 00"),
    ("smp: 2", "smp: 0", "0 is less than the minimum"),
    ("smp: 2", "smp: true", "is not of type integer"),
    ("smp: 2", "smp: 2\n        icount: fast", "'fast': is written as shift=3,sleep=off"),
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
