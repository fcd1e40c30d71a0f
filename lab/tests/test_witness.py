# SPDX-License-Identifier: GPL-2.0-only
"""`info pic` as QEMU 7.2 printed it while Xen ran, and as nobody should print it."""

import pytest

from lab.tests.fake import INFO_PIC
from lab.witness import PINS, IoApic, WitnessError, compare, parse

TRUE = "010000000001a9a0"


@pytest.fixture
def xen() -> IoApic:
    return parse(INFO_PIC)


def test_real_text(xen: IoApic) -> None:
    rte = xen.pin(20)
    assert rte and len(xen.rtes) == PINS and xen.irr == 0
    assert (rte.vector, rte.delivery, rte.logical, rte.dest) == (0xA0, 1, True, 1)
    assert rte.masked and rte.level and rte.active_low
    assert not rte.remote_irr and not rte.delivery_status
    assert str(rte) == ("pin 20 rte 010000000001a9a0 vector a0 lowest logical dest 01 level low "
                        "masked remote-irr 0")


def test_irr_bits() -> None:
    text = INFO_PIC.replace("  IRR      (none)", "  IRR      2 20 ")
    assert parse(text).irr == 1 << 2 | 1 << 20


@pytest.mark.parametrize("text", [
    "", "\0" * 100_000, INFO_PIC * 2, INFO_PIC.replace("ioapic0", "ioapik0"),
    INFO_PIC.replace("pin 20", "pin 21"), INFO_PIC.replace("0x01000", "0xzz000"),
    INFO_PIC[:600], INFO_PIC.replace("  IRR  ", "  IRQ  "),
    "ioapic0:\n" + "  pin 1 0x0000000000000000 \n" * 100_000,
])
def test_hostile_text(text: str) -> None:
    with pytest.raises(WitnessError):
        parse(text)


def test_absurd_irr_is_bounded() -> None:
    assert parse(INFO_PIC.replace("  IRR      (none)", "  IRR      99999999 3 3")).irr == 8


@pytest.mark.parametrize("fields", [
    {}, {"note": "x"}, {"pin": "20", "rte": TRUE}, {"pin": "20", "rte": TRUE, "mask": "1"},
    {"pin": "20", "rte": TRUE, "irr": "any"}, {"pin": "20", "irr": "0", "vec": "a0"},
    {"pin": "20", "vec": "0xa0"}, {"pin": "20", "vec": "same"},
    {"pin": "20", "rte": "010000000001f9a0"},  # delivery status and remote IRR move
])
def test_agrees(xen: IoApic, fields: dict[str, str]) -> None:
    assert compare(fields, xen) == []


@pytest.mark.parametrize("fields, told", [
    ({"rte": "010000000001a913"}, "vector: the guest read 13, the board has a0"),
    ({"rte": "010000000001aca0"}, "delivery: the guest read 4, the board has 1"),
    ({"rte": "010000000001a1a0"}, "logical: the guest read 0, the board has 1"),
    ({"rte": "01000000000189a0"}, "active_low: the guest read 0, the board has 1"),
    ({"rte": "01000000000129a0"}, "level: the guest read 0, the board has 1"),
    ({"rte": "010000000000a9a0"}, "masked: the guest read 0, the board has 1"),
    ({"rte": "030000000001a9a0"}, "dest: the guest read 03, the board has 01"),
    ({"mask": "0"}, "mask: expected 0, the board has 1"),
    ({"irr": "1"}, "remote IRR: expected 1, the board has 0"),
    ({"vec": "31"}, "vector: expected 31, the board has a0"),
])
def test_disagrees(xen: IoApic, fields: dict[str, str], told: str) -> None:
    assert compare({"pin": "20", **fields}, xen) == [f"pin 20 {told}"]


@pytest.mark.parametrize("fields", [
    {"pin": "24"}, {"pin": "-1"}, {"pin": "x" * 1000}, {"pin": ""}, {"rte": TRUE},
    {"pin": "20", "rte": "a9a0"}, {"pin": "20", "rte": "g" * 16}, {"pin": "20", "mask": "2"},
    {"pin": "20", "irr": ""}, {"pin": "20", "vec": "sam"}, {"pin": "20", "vec": "-1"},
    {"pin": "2\u0660"},
])
def test_malformed_mark_never_agrees(xen: IoApic, fields: dict[str, str]) -> None:
    told = compare(fields, xen)
    assert len(told) == 1 and len(told[0]) < 120


def test_remote_irr_that_stands(xen: IoApic) -> None:
    """Of the entry itself, not of what is pending in the IO-APIC, nor of the delivery status beside it."""
    standing = parse(INFO_PIC.replace("01a9a0", "01e9a0"))
    assert compare({"pin": "20", "irr": "1"}, standing) == []
    assert compare({"pin": "20", "irr": "0"}, standing) == ["pin 20 remote IRR: expected 0, the board has 1"]
    assert compare({"pin": "20", "irr": "0"}, parse(INFO_PIC.replace("01a9a0", "01b9a0"))) == []


def test_vector_since_the_last_mark(xen: IoApic) -> None:
    vectors: dict[int, int] = {}
    assert compare({"pin": "20"}, xen, vectors) == [] and vectors == {20: 0xA0}
    moved = parse(INFO_PIC.replace("1a9a0", "1a9b0"))
    assert compare({"pin": "20", "vec": "same"}, moved, vectors) == [
        "pin 20 vector: a0 at the last mark, b0 now"]


def test_audit_of_several_pins(xen: IoApic) -> None:
    told = {f"rte{pin}": f"{xen.pin(pin).raw:016x}" for pin in (0, 4, 20, 23)}
    assert compare(told, xen) == []
    wrong = compare(told | {"rte20": f"{xen.pin(20).raw ^ 0x10:016x}"}, xen)
    assert len(wrong) == 1 and wrong[0].startswith("pin 20 vector")
    assert compare({"rte24": "0" * 16}, xen) and compare({"rte4": "cut"}, xen)
