# SPDX-License-Identifier: GPL-2.0-only
"""MSI and MSI-X of the board's functions, as the devices themselves hold them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from lab.boardfile import Device
from lab.physical import Qmp, words
from lab.witness import WitnessError

ECAM = 0xB0000000  # where SeaBIOS puts q35's PCIEXBAR, and the ACPI table MCFG says so
CONFIG_WORDS = 64
STATUS_CAPABILITIES = 1 << 20  # of the word that holds command and status
CAP_MSI, CAP_MSIX = 0x05, 0x11
MAX_CAPABILITIES = 48  # PCI Local Bus 3.0, 6.7: 4-byte aligned behind the 64-byte header
MAX_ENTRIES = 2048

Source = tuple[str, int, int]  # kind, function, entry


@dataclass(frozen=True, slots=True)
class Message:
    """One MSI or MSI-X message; Intel SDM vol. 3A, 11.11, and VT-d 5.1.5 for the remappable format."""

    bdf: int
    entry: int
    kind: str  # "msi" or "msix"
    enabled: bool  # the function may send it: enabled, and not masked as a whole
    masked: bool  # this one alone
    address: int
    data: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.bdf >> 8:02x}:{self.bdf >> 3 & 31:02x}.{self.bdf & 7}#{self.entry}"

    @property
    def source(self) -> Source:
        return self.kind, self.bdf, self.entry

    @property
    def remappable(self) -> bool:
        return bool(self.address >> 4 & 1)

    @property
    def index(self) -> int:
        """Entry of the remapping table, in remappable format."""
        handle = self.address >> 5 & 0x7FFF | (self.address >> 2 & 1) << 15
        return handle + (self.data & 0xFFFF if self.address >> 3 & 1 else 0)

    @property
    def vector(self) -> int:
        return self.data & 0xFF

    @property
    def delivery(self) -> int:
        return self.data >> 8 & 7

    @property
    def logical(self) -> bool:
        return bool(self.address >> 2 & 1)

    @property
    def dest(self) -> int:
        return self.address >> 12 & 0xFF


def bdf_of(device: Device) -> int:
    return int(device.bdf[:2], 16) << 8 | device.slot << 3 | device.function


@dataclass(slots=True)
class Functions:
    """The functions that cases may touch, of one power-on: where their capabilities are is looked up once."""

    devices: Sequence[Device]
    _capabilities: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def read(self, qmp: Qmp, owned: Collection[Source]) -> list[Message]:
        """Every message that is enabled, and every one in `owned`."""
        found = []
        for device in self.devices:
            bdf = bdf_of(device)
            for offset, kind in self._capabilities_of(qmp, device, bdf):
                if kind == CAP_MSI:
                    found += msi(qmp, bdf, offset, entries_of(owned, "msi", bdf))
                elif kind == CAP_MSIX:
                    found += msix(qmp, bdf, offset, entries_of(owned, "msix", bdf))
        return found

    def _capabilities_of(self, qmp: Qmp, device: Device, bdf: int) -> list[tuple[int, int]]:
        if bdf not in self._capabilities:
            config = words(qmp, ECAM + (bdf << 12), CONFIG_WORDS)
            self._capabilities[bdf] = capabilities(device.bdf, config)
        return self._capabilities[bdf]


def config_words(qmp: Qmp, bdf: int, offset: int, count: int) -> list[int]:
    found = words(qmp, ECAM + (bdf << 12) + offset, count)
    if found[0] == 0xFFFFFFFF:
        raise WitnessError(f"function {bdf:04x} no longer answers")
    return found


def entries_of(owned: Collection[Source], kind: str, bdf: int) -> set[int]:
    return {entry for what, who, entry in owned if (what, who) == (kind, bdf)}


def capabilities(name: str, config: Sequence[int]) -> list[tuple[int, int]]:
    """(offset, id) of the capability list; WitnessError if it is no list."""
    if config[0] in (0, 0xFFFFFFFF):
        raise WitnessError(f"no device answers at {name}")
    found, offset = [], config[13] & 0xFC
    while config[1] & STATUS_CAPABILITIES and offset:
        if offset < 0x40 or len(found) == MAX_CAPABILITIES:
            raise WitnessError(f"the capability list of {name} has no end")
        found.append((offset, config[offset // 4] & 0xFF))
        offset = config[offset // 4] >> 8 & 0xFC
    return found


def msi(qmp: Qmp, bdf: int, offset: int, owned: Collection[int]) -> list[Message]:
    words_there = min(5, (0x100 - offset) // 4)
    cap = config_words(qmp, bdf, offset, words_there) + [0] * (5 - words_there)
    control = cap[0] >> 16
    wide, maskable = bool(control & 1 << 7), bool(control & 1 << 8)
    address = cap[1] | (cap[2] << 32 if wide else 0)
    data = cap[2 + wide] & 0xFFFF
    mask = cap[3 + wide] if maskable else 0
    enabled = bool(control & 1)
    count = 1 << (control >> 4 & 7)
    return [Message(bdf, entry, "msi", enabled, bool(mask >> entry & 1), address, data + entry)
            for entry in range(min(count, 32)) if enabled or entry in owned]


def msix(qmp: Qmp, bdf: int, offset: int, owned: Collection[int]) -> list[Message]:
    control, where = config_words(qmp, bdf, offset, 2)
    control >>= 16
    enabled = control >> 14 == 0b10  # enabled, function mask clear
    if not enabled and not owned:
        return []
    count = (control & 0x7FF) + 1
    if where & 7 > 5:
        raise WitnessError(f"function {bdf:04x} has its MSI-X table in no BAR")
    low, high = config_words(qmp, bdf, 0x10 + 4 * (where & 7), 2)
    base = low & ~0xF | (high << 32 if low >> 1 & 3 == 2 else 0)
    table = words(qmp, base + (where & ~7), 4 * min(count, MAX_ENTRIES))
    found = []
    for entry in range(len(table) // 4):
        low, high, data, vector_control = table[4 * entry:4 * entry + 4]
        masked = bool(vector_control & 1)
        if entry in owned or (enabled and not masked):
            found.append(Message(bdf, entry, "msix", enabled, masked, high << 32 | low, data))
    return found
