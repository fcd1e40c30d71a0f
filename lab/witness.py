# SPDX-License-Identifier: GPL-2.0-only
"""What the board's IO-APIC really holds, asked of QEMU, against what the guest says it read."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

PINS = 24  # of the ICH9's IO-APIC, as QEMU has it
MAX_TEXT = 64 * 1024

HEADER = re.compile(r"^ioapic(\d+):", re.MULTILINE)
PIN = re.compile(r"^ +pin (\d{1,3}) +0x([0-9a-f]{16}) ", re.MULTILINE)
IRR = re.compile(r"^ +IRR +(\(none\)|[0-9 ]+)$", re.MULTILINE)
AUDITED = re.compile(r"rte[0-9]{1,3}")
RTE_TEXT = re.compile(r"[0-9a-f]{16}")

DELIVERY = ("fixed", "lowest", "SMI", "reserved 3", "NMI", "INIT", "reserved 6", "extINT")


class WitnessError(Exception):
    """QEMU's answer is not what `info pic` of a board with one IO-APIC looks like."""


@dataclass(frozen=True, slots=True)
class RTE:
    """A redirection table entry; fields as in the 82093AA datasheet, section 3.2.4."""

    pin: int
    raw: int

    @property
    def vector(self) -> int:
        return self.raw & 0xFF

    @property
    def delivery(self) -> int:
        return self.raw >> 8 & 7

    @property
    def logical(self) -> bool:
        return bool(self.raw >> 11 & 1)

    @property
    def delivery_status(self) -> bool:
        return bool(self.raw >> 12 & 1)

    @property
    def active_low(self) -> bool:
        return bool(self.raw >> 13 & 1)

    @property
    def remote_irr(self) -> bool:
        return bool(self.raw >> 14 & 1)

    @property
    def level(self) -> bool:
        return bool(self.raw >> 15 & 1)

    @property
    def masked(self) -> bool:
        return bool(self.raw >> 16 & 1)

    @property
    def dest(self) -> int:
        return self.raw >> 56

    def __str__(self) -> str:
        return (f"pin {self.pin} rte {self.raw:016x} vector {self.vector:02x} "
                f"{DELIVERY[self.delivery]} {'logical' if self.logical else 'physical'} "
                f"dest {self.dest:02x} {'level' if self.level else 'edge'} "
                f"{'low' if self.active_low else 'high'} {'masked' if self.masked else 'open'} "
                f"remote-irr {int(self.remote_irr)}")


@dataclass(frozen=True, slots=True)
class IoApic:
    """`irr` has a bit for each pin whose input is pending in the IO-APIC."""

    rtes: tuple[RTE, ...]
    irr: int

    def pin(self, number: int) -> RTE | None:
        return next((rte for rte in self.rtes if rte.pin == number), None)


def parse(text: str) -> IoApic:
    """The IO-APIC of QEMU 7.2's `info pic`. The raw entry is printed, so no other column is read."""
    text = text[:MAX_TEXT].replace("\r\n", "\n")
    heads = HEADER.findall(text)
    if len(heads) != 1:
        raise WitnessError(f"info pic shows {len(heads)} IO-APICs, expected one: {text[:80]!r}")
    rtes = tuple(RTE(int(pin), int(raw, 16)) for pin, raw in PIN.findall(text))
    if [rte.pin for rte in rtes] != list(range(PINS)):
        raise WitnessError(f"info pic shows {len(rtes)} pins, expected 0 to {PINS - 1} once each")
    if not (irr := IRR.search(text)):
        raise WitnessError("info pic shows no IRR line")
    pending = 0 if irr[1] == "(none)" else sum({1 << int(n) for n in irr[1].split()
                                                if int(n) < PINS})
    return IoApic(rtes, pending)


def read(qmp: Callable[..., Any]) -> IoApic:
    """Ask the board now."""
    return parse(str(qmp("human-monitor-command", **{"command-line": "info pic"})))


# The bits that the guest's reading and the witness must agree on. Delivery status and remote IRR
# move with the line itself.
COMPARED = (("vector", "02x"), ("delivery", "d"), ("logical", "d"), ("active_low", "d"),
            ("level", "d"), ("masked", "d"), ("dest", "02x"))


def compare(fields: Mapping[str, str], ioapic: IoApic,
            vectors: MutableMapping[int, int] | None = None) -> list[str]:
    """Where a mark's `pin= rte= mask= irr= vec=` and the witness disagree; empty if nowhere.

    `vectors` remembers each pin's vector from mark to mark of a case, for `vec=same`. A mark that
    audits several pins has `rte<pin>=` for each instead.
    """
    if audited := {key[3:]: told for key, told in fields.items() if AUDITED.fullmatch(key)}:
        return [wrong for pin, told in audited.items()
                for wrong in compare({"pin": pin, "rte": told}, ioapic)]
    if "pin" not in fields:
        named = [key for key in ("rte", "mask", "irr", "vec") if key in fields]
        return [f"the mark has {named[0]}= but no pin="] if named else []
    pin = fields["pin"]
    rte = ioapic.pin(int(pin)) if re.fullmatch("[0-9]{1,3}", pin) else None
    if rte is None:
        return [f"the mark names pin {pin[:20]!r}, the IO-APIC has 0 to {PINS - 1}"]
    wrong = [*_compare_rte(fields, rte), *_compare_bit("mask", fields, rte, rte.masked),
             *_compare_bit("irr", fields, rte, rte.remote_irr),
             *_compare_vector(fields, rte, vectors)]
    if vectors is not None:
        vectors[rte.pin] = rte.vector
    return wrong


def _compare_rte(fields: Mapping[str, str], rte: RTE) -> list[str]:
    if (told := fields.get("rte")) is None:
        return []
    if not RTE_TEXT.fullmatch(told):
        return [f"the mark's rte={told[:20]!r} is not 16 hex digits"]
    guest = RTE(rte.pin, int(told, 16))
    # Under traffic the mask may change between the two readings: the mark then says mask=any.
    compared = [pair for pair in COMPARED
                if pair[0] != "masked" or fields.get("mask") != "any"]
    return [f"pin {rte.pin} {name}: the guest read {getattr(guest, name):{style}}, "
            f"the board has {getattr(rte, name):{style}}"
            for name, style in compared if getattr(guest, name) != getattr(rte, name)]


def _compare_bit(key: str, fields: Mapping[str, str], rte: RTE, bit: bool) -> list[str]:
    want = fields.get(key, "any")
    if want not in ("0", "1", "any"):
        return [f"the mark's {key}={want[:20]!r} is not 0, 1 or any"]
    name = {"mask": "mask", "irr": "remote IRR"}[key]
    if want in ("any", str(int(bit))):
        return []
    return [f"pin {rte.pin} {name}: expected {want}, the board has {int(bit)}"]


def _compare_vector(fields: Mapping[str, str], rte: RTE,
                    vectors: MutableMapping[int, int] | None) -> list[str]:
    if (want := fields.get("vec")) is None:
        return []
    if want == "same":
        before = (vectors or {}).get(rte.pin, rte.vector)
        if before == rte.vector:
            return []
        return [f"pin {rte.pin} vector: {before:02x} at the last mark, {rte.vector:02x} now"]
    if not re.fullmatch("(0x)?[0-9a-f]{1,2}", want):
        return [f"the mark's vec={want[:20]!r} is not a hex byte or same"]
    if int(want, 16) == rte.vector:
        return []
    return [f"pin {rte.pin} vector: expected {int(want, 16):02x}, the board has {rte.vector:02x}"]
