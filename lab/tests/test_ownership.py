# SPDX-License-Identifier: GPL-2.0-only
"""The audit: one board as it was seen, plain and remapped, and one thing wrong with it at a time."""

import re
from pathlib import Path
from typing import Any

import pytest

from lab import messages, remapping
from lab.boardfile import Device
from lab.messages import ECAM, Functions
from lab.ownership import Auditor, Owners, judge, vector_map
from lab.physical import NothingThere, parse, words
from lab.tests.fake import INFO_PIC
from lab.witness import WitnessError

REMAPPED_PIC = (Path(__file__).parent / "data" / "info-pic-remapped.txt").read_text()
EDU, NVME = Device("00:05.0", "edu", 21), Device("00:12.0", "nvme", 22)
EDU_BDF, NVME_BDF = 0x28, 0x90
NVME_TABLE = 0xFE002000
TABLE = 0x1F800000  # of the remapping unit


class World:
    """A board made of words: what `xp` finds, and `info pic`."""

    def __init__(self, pic: str = INFO_PIC) -> None:
        self.pic = pic
        self.runs = True
        self.memory: dict[int, int] = {}  # by address of 4 bytes
        for bdf, model in ((EDU_BDF, 0x11E81234), (NVME_BDF, 0x00101B36)):
            self.fill(ECAM + (bdf << 12), [0] * 64)
            self.fill(ECAM + (bdf << 12), [model, 0x00100106])
            self.fill(ECAM + (bdf << 12) + 0x34, [0x40])
        self.msi = ECAM + (EDU_BDF << 12) + 0x40
        self.fill(self.msi, [0x00800005, 0, 0, 0])
        self.msix = ECAM + (NVME_BDF << 12) + 0x40
        self.fill(self.msix, [0x00030011, 0x2000, 0x3000])  # 4 entries, table in BAR 0
        self.fill(ECAM + (NVME_BDF << 12) + 0x10, [NVME_TABLE - 0x2000 | 4, 0])
        self.fill(NVME_TABLE, [0, 0, 0, 1] * 4)

    def fill(self, address: int, values: list[int]) -> None:
        for i, value in enumerate(values):
            self.memory[address + 4 * i] = value

    def put64(self, address: int, value: int) -> None:
        self.fill(address, [value & 0xFFFFFFFF, value >> 32])

    def enable_msi(self, address: int = 0xFEE0100C, data: int = 0x41A8) -> None:
        self.fill(self.msi, [0x00810005, address, 0, data])

    def enable_msix(self, entry: int = 1, address: int = 0xFEE0100C, data: int = 0x41B0,
                    control: int = 0) -> None:
        self.fill(self.msix, [0x80030011])
        self.fill(NVME_TABLE + 16 * entry, [address, 0, data, control])

    def qmp(self, command: str, **arguments: Any) -> str:
        if command in ("stop", "cont"):
            assert self.runs == (command == "stop")
            self.runs = command == "cont"
            return ""
        line = arguments["command-line"]
        if line == "info pic":
            return self.pic
        _, form, where = line.split()
        count, size, address = int(form[1:-2]), {"w": 4, "g": 8}[form[-2]], int(where, 16)
        rows = []
        for i in range(count):
            at = address + i * size
            if at not in self.memory:
                return f"{address:016x}: Cannot access memory\r\n"
            value = self.memory[at] | (self.memory[at + 4] << 32 if size == 8 else 0)
            head = f"{at:016x}:" if i % (16 // size) == 0 else ""
            rows.append(f"{head} 0x{value:0{size * 2}x}" + ("\r\n" if (i + 1) % (16 // size) == 0
                                                             or i + 1 == count else ""))
        return "".join(rows)

    def audit(self, **told: str) -> list[str]:
        owners = Owners.told({key.replace("_", "."): value for key, value in told.items()})
        state = Auditor(self.qmp, Functions((EDU, NVME))).take(owners, messages=True)
        return judge(state, owners)


@pytest.fixture
def plain() -> World:
    return World()


@pytest.fixture
def remapped() -> World:
    """Entry 2 * pin + 1 of REMAPPED_PIC's handles; Xen's own values."""
    world = World(REMAPPED_PIC)
    world.fill(remapping.GSTS, [remapping.GSTS_IRES])
    world.fill(remapping.FECTL, [0, 0x4128])
    world.put64(remapping.IRTA, TABLE | 7)  # 256 entries
    for index in range(256):
        world.put64(TABLE + 16 * index, 0)
        world.put64(TABLE + 16 * index + 8, 0)
    for pin in range(24):
        vector = {0: 0, 2: 0xF0, 4: 0xF1}.get(pin, 0x30 + pin if pin < 16 else 0)
        world.put64(TABLE + 16 * pin, 0x1000000002D | vector << 16 if vector else 1)
        world.put64(TABLE + 16 * pin + 8, 0x4FF00)
    return world


def irte(world: World, index: int, vector: int, requester: int, low: int = 0x1000000002D,
         high: int = 0x40000) -> None:
    world.put64(TABLE + 16 * index, low | vector << 16)
    world.put64(TABLE + 16 * index + 8, high | requester)


def remappable(index: int) -> int:
    return 0xFEE00018 | index << 5


def test_boards_as_seen(plain: World, remapped: World) -> None:
    assert plain.audit() == [] and remapped.audit() == []


def test_owned_messages(plain: World, remapped: World) -> None:
    plain.enable_msi()
    plain.enable_msix()
    assert plain.audit(msi0028_0="0", msix0090_1="0") == []
    remapped.enable_msi(remappable(24), 0)
    irte(remapped, 24, 0xA8, EDU_BDF)
    assert remapped.audit(msi0028_0="3") == []


def test_vector_map(plain: World) -> None:
    plain.enable_msi(data=0x41A0)
    owners = Owners.told({"gsi20": "1-3", "msi0028.0": "0", "pin": "20"})
    state = Auditor(plain.qmp, Functions((EDU, NVME))).take(owners, messages=True)
    cpu0 = vector_map(state, owners)["0"]
    assert cpu0["f0"] == "pin 2 xen" and cpu0["30"] == "pin 1 -"
    assert cpu0["a0"] == "pin 20 dom 1-3 + msi 00:05.0#0 dom 0"


@pytest.mark.parametrize("old, new, told", [
    ("01a9a0", "01a913", ["V pin 20 has vector 13, which is none of Xen's"]),
    ("01a9a0", "01a980", ["V pin 20 has vector 80, which is none of Xen's"]),
    ("01a9a0", "01a9ff", ["V pin 20 has vector ff, which is none of Xen's"]),
    ("01a9a0", "01a938", ["V vector 38 is of pin 3 and of pin 20"]),
    ("01a9a0", "01aca0", ["V pin 20 is delivered NMI, logical: not as Xen does"]),
    ("01a9a0", "01a1a0", ["V pin 20 is delivered lowest, physical: not as Xen does"]),
    ("01a9a0", "00a9a0", ["L pin 20 is open and nobody owns it"]),
])
def test_wrong_entry(plain: World, old: str, new: str, told: list[str]) -> None:
    plain.pic = plain.pic.replace(old, new)
    assert plain.audit() == told


def test_another_delivery_is_xens_where_its_timer_has_it(plain: World) -> None:
    plain.pic = re.sub(r"(0x[0-9a-f]{13})9([0-9a-f]{2} )", r"\g<1>0\2", plain.pic)
    assert plain.audit() == []
    plain.pic = plain.pic.replace("01a0a0", "01a9a0")
    assert plain.audit() == ["V pin 20 is delivered lowest, logical: not as Xen does"]


def test_same_vector_on_other_cpus_is_no_clash(plain: World) -> None:
    plain.pic = plain.pic.replace("010000000001a9a0", "020000000001a938")
    assert plain.audit() == []


def test_owner_without_an_entry(plain: World) -> None:
    assert plain.audit(gsi20="1") == []
    assert plain.audit(gsi21="1-2") == ["V pin 21 of dom 1-2 has no entry"]
    assert plain.audit(msi0028_1="4") == ["V function 0028 has no msi 1, which dom 4 owns"]


def test_wrong_messages(plain: World) -> None:
    plain.enable_msi()
    assert plain.audit() == ["L msi 00:05.0#0 is enabled and nobody owns it"]
    plain.enable_msi(data=0x4113)
    assert plain.audit(msi0028_0="0") == ["V msi 00:05.0#0 has vector 13, which is none of Xen's"]
    plain.enable_msi(data=0x41A0)
    assert plain.audit(msi0028_0="0") == ["V vector a0 is of pin 20 and of msi 00:05.0#0"]
    plain.enable_msi(address=0x12345678)
    assert "V msi 00:05.0#0 writes to address 12345678, which is no interrupt" \
        in plain.audit(msi0028_0="0")
    plain.enable_msi(address=0xFEE01008)
    assert plain.audit(msi0028_0="0") == [
        "V msi 00:05.0#0 is delivered lowest, physical: not as Xen does"]


def test_wrong_msix(plain: World) -> None:
    plain.enable_msix(control=1)
    assert plain.audit() == []
    plain.enable_msix()
    assert plain.audit() == ["L msix 00:12.0#1 is enabled and nobody owns it"]
    plain.fill(plain.msix, [0xC0030011])  # the function as a whole is masked
    assert plain.audit() == []
    assert plain.audit(msix0090_1="0") == []


def test_wrong_remapping(remapped: World) -> None:
    remapped.enable_msi(remappable(24), 0)
    assert remapped.audit(msi0028_0="1") == ["V msi 00:05.0#0 has no IRTE (index 24)"]
    irte(remapped, 24, 0xA8, NVME_BDF)
    assert remapped.audit(msi0028_0="1") == ["X IRTE 24 of msi 00:05.0#0 lets 0090 pass, not 0028"]
    irte(remapped, 24, 0xA8, EDU_BDF, high=0)
    assert remapped.audit(msi0028_0="1") == ["X IRTE 24 of msi 00:05.0#0 does not verify the source"]
    irte(remapped, 24, 0x13, EDU_BDF)
    assert remapped.audit(msi0028_0="1") == ["V msi 00:05.0#0 has vector 13, which is none of Xen's"]
    irte(remapped, 24, 0x31, EDU_BDF)
    assert remapped.audit(msi0028_0="1") == ["V vector 31 is of pin 1 and of msi 00:05.0#0"]


@pytest.mark.parametrize("high", [0x50000, 0x60000, 0x70000, 0x80000, 0xC0000])
def test_source_of_which_a_part_is_verified(remapped: World, high: int) -> None:
    """Some functions, or buses, pass beside the one (VT-d 9.10: SVT and SQ)."""
    remapped.enable_msi(remappable(24), 0)
    irte(remapped, 24, 0xA8, EDU_BDF, high=high)
    assert remapped.audit(msi0028_0="1") == ["X IRTE 24 of msi 00:05.0#0 does not verify the source"]


def test_pin_that_is_remapped_wrongly(remapped: World) -> None:
    """What its entry says of vector and delivery does not count: that of the table does."""
    irte(remapped, 1, 0x13, 0xFF00)
    assert remapped.audit() == ["V pin 1 has vector 13, which is none of Xen's"]
    irte(remapped, 1, 0x33, 0xFF00)
    assert remapped.audit() == ["V vector 33 is of pin 1 and of pin 3"]
    irte(remapped, 1, 0x31, 0xFF00, low=0x1000000008D)
    assert remapped.audit() == ["V pin 1 is delivered NMI, logical: not as Xen does"]
    irte(remapped, 1, 0x31, EDU_BDF)
    assert remapped.audit() == ["X IRTE 1 of pin 1 lets 0028 pass, not ff00"]


def test_left_in_the_remapping_table(remapped: World) -> None:
    irte(remapped, 30, 0xB0, EDU_BDF)
    assert remapped.audit() == ["L IRTE 30 is left: vector b0, source 0028"]


def test_compatibility_format_behind_remapping(remapped: World) -> None:
    remapped.enable_msi()
    assert remapped.audit(msi0028_0="1") == ["V msi 00:05.0#0 is not in the remappable format"]


def test_two_sources_of_one_remapping_entry(remapped: World) -> None:
    remapped.enable_msi(remappable(1), 0)
    assert any("IRTE 1 serves msi 00:05.0#0 and pin 1" in line
               for line in remapped.audit(msi0028_0="1"))


@pytest.mark.parametrize("key, value", [("gsi20", ""), ("gsi20", "x"), ("msi0028.0", "1-"),
                                        ("gsi20", "1" * 60)])
def test_owners_that_are_none(key: str, value: str) -> None:
    with pytest.raises(WitnessError, match="names no domains"):
        Owners.told({key: value})


@pytest.mark.parametrize("text, told", [
    ("", "0 words"), ("\0" * 10_000, "0 words"), ("0000000000001000: 0x00000001\r\n", "1 words"),
    ("0000000000001010: 0x00000001 0x00000002\r\n", "out of turn"),
    ("0000000000001000: 0x0000000100000001 0x00000002\r\n", "shows 2 words, expected 2"),
    ("0000000000001000: 0x00000001 0x00000002 0x00000003\r\n", "3 words"),
])
def test_hostile_memory(text: str, told: str) -> None:
    with pytest.raises(WitnessError, match=told):
        parse(text, 0x1000, 2, 4)


def test_nothing_there(plain: World) -> None:
    with pytest.raises(NothingThere):
        words(plain.qmp, 0x4000, 1)
    assert not remapping.present(plain.qmp)


@pytest.mark.parametrize("at, value, told", [
    (0x00, 0xFFFFFFFF, "no device answers"), (0x34, 0x3C, "no end"), (0x40, 0x00804005, "no end"),
])
def test_hostile_configuration(plain: World, at: int, value: int, told: str) -> None:
    plain.fill(ECAM + (EDU_BDF << 12) + at, [value])
    with pytest.raises(WitnessError, match=told):
        plain.audit()


def test_function_that_goes(plain: World) -> None:
    auditor = Auditor(plain.qmp, Functions((EDU, NVME)))
    auditor.take(Owners.told({}), messages=True)
    plain.fill(plain.msi, [0xFFFFFFFF] * 4)
    with pytest.raises(WitnessError, match="function 0028 no longer answers"):
        auditor.take(Owners.told({}), messages=True)
    assert plain.runs


def test_msix_table_in_no_bar(plain: World) -> None:
    plain.fill(plain.msix, [0x80030011, 0x2007])
    with pytest.raises(WitnessError, match="no BAR"):
        plain.audit()


def test_remapping_table_nowhere(remapped: World) -> None:
    remapped.put64(remapping.IRTA, 7)
    with pytest.raises(WitnessError, match="address 0"):
        remapped.audit()


def test_bdf() -> None:
    assert messages.bdf_of(Device("00:04.7", "edu", 20)) == 0x27
