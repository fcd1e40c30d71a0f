# SPDX-License-Identifier: GPL-2.0-only
"""The interrupt remapping table of the board's VT-d unit (Intel VT-d 9.10 and 10.4), read by address."""

from collections.abc import Mapping
from dataclasses import dataclass

from lab.physical import NothingThere, Qmp, words
from lab.witness import RTE, IoApic, WitnessError

UNIT = 0xFED90000
GSTS, FECTL, IRTA = UNIT + 0x1C, UNIT + 0x38, UNIT + 0xB8
GSTS_IRES = 1 << 25
READ_AT_ONCE = 512  # entries; more than these boards ever use, and one answer of the monitor


@dataclass(frozen=True, slots=True)
class IRTE:
    low: int
    high: int

    @property
    def present(self) -> bool:
        return bool(self.low & 1)

    @property
    def logical(self) -> bool:
        return bool(self.low >> 2 & 1)

    @property
    def delivery(self) -> int:
        return self.low >> 5 & 7

    @property
    def vector(self) -> int:
        return self.low >> 16 & 0xFF

    @property
    def dest(self) -> int:
        """In xAPIC mode, which these boards are in."""
        return self.low >> 40 & 0xFF

    @property
    def source(self) -> int | None:
        """The one requester whose interrupts pass; None if others pass too."""
        return self.high & 0xFFFF if self.high >> 16 & 0b1111 == 0b0100 else None


@dataclass(frozen=True, slots=True)
class Remapping:
    """All present entries."""

    entries: Mapping[int, IRTE]
    fault_vector: int  # of the unit's own fault event

    def translated(self, ioapic: IoApic) -> IoApic:
        """The IO-APIC as if its entries held what they are remapped to."""
        return IoApic(tuple(self._rte(rte) for rte in ioapic.rtes), ioapic.irr)

    def _rte(self, rte: RTE) -> RTE:
        irte = self.entries.get(index_of(rte)) if remapped(rte) else None
        if irte is None:
            return rte
        kept = rte.raw & 0x1F000  # delivery status, polarity, remote IRR, trigger, mask
        raw = (kept | irte.vector | irte.delivery << 8 | irte.logical << 11 | irte.dest << 56)
        return RTE(rte.pin, raw)


def remapped(rte: RTE) -> bool:
    """In remappable format (VT-d 5.1.5.1)."""
    return bool(rte.raw >> 48 & 1)


def index_of(rte: RTE) -> int:
    return rte.raw >> 49 | (rte.raw >> 11 & 1) << 15


def present(qmp: Qmp) -> bool:
    """Does the board have a unit, with interrupt remapping turned on?"""
    try:
        return bool(words(qmp, GSTS, 1)[0] & GSTS_IRES)
    except NothingThere:
        return False


def read(qmp: Qmp) -> Remapping:
    """Ask the board now."""
    irta, = words(qmp, IRTA, 1, 8)
    count = min(2 << (irta & 0xF), READ_AT_ONCE)
    if not irta & ~0xFFF:
        raise WitnessError(f"the remapping table is at address 0 (IRTA {irta:#x})")
    table = words(qmp, irta & ~0xFFF, 2 * count, 8)
    entries = {index: IRTE(*table[2 * index:2 * index + 2]) for index in range(count)}
    return Remapping({index: irte for index, irte in entries.items() if irte.present},
                     words(qmp, FECTL, 2)[1] & 0xFF)
