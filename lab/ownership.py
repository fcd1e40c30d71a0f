# SPDX-License-Identifier: GPL-2.0-only
"""Who owns which vector: every source of interrupts as the board holds it, against the owners that
the control domain tells. One audit, used by every case of every suite.

The control domain tells `gsi<pin>=`, `msi<bdf>.<entry>=` and `msix<bdf>.<entry>=`, each with the
domains that have the source: `gsi20=1-3,7`. What nobody is told to own is Xen's or nobody's.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from lab import remapping, witness
from lab.messages import Functions, Message, Source
from lab.physical import Qmp
from lab.remapping import Remapping
from lab.witness import RTE, IoApic, WitnessError

# xen/arch/x86/include/asm/mach-default/irq_vectors.h: dynamic vectors, and above them the
# high-priority ones of Xen itself (timer f0, serial f1). 80 is a system call's.
FIRST_VECTOR, HIGH_PRIORITY, LAST_VECTOR, SYSCALL = 0x20, 0xF0, 0xF8, 0x80
FRESH = 1 << 16  # reset value of an entry: masked, and nothing else (82093AA, 3.2.4)
FIXED, LOWEST_PRIORITY = 0, 1
# Delivery, and whether the destination is logical: genapic's choice on these boards, and with apic=bigsmp.
FLAT, PHYSICAL = (LOWEST_PRIORITY, True), (FIXED, False)
IOAPIC_SOURCE = 0xFF00  # the IO-APIC's requester id on q35, as its DMAR table says
DOMAINS = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*")
PIN_KEY = re.compile(r"gsi([0-9]{1,3})")
MSI_KEY = re.compile(r"(msix?)([0-9a-f]{4})\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Owners:
    """What the control domain tells, e.g. {20: "1-3"} and {("msi", 0x28, 0): "0"}."""

    pins: Mapping[int, str] = field(default_factory=dict)
    messages: Mapping[Source, str] = field(default_factory=dict)

    @classmethod
    def told(cls, fields: Mapping[str, str]) -> "Owners":
        pins, messages = {}, {}
        for key, domains in fields.items():
            if pin := PIN_KEY.fullmatch(key):
                pins[int(pin[1])] = domains
            elif msi := MSI_KEY.fullmatch(key):
                messages[msi[1], int(msi[2], 16), int(msi[3])] = domains
            else:
                continue
            if not DOMAINS.fullmatch(domains):
                raise WitnessError(f"{key}={domains[:40]!r} names no domains")
        return cls(pins, messages)


@dataclass(frozen=True, slots=True)
class State:
    """All sources of interrupts at one moment. `messages` is None where they were not asked for."""

    ioapic: IoApic  # as the guest may see it: remapping undone
    raw: IoApic
    messages: list[Message] | None
    remapping: Remapping | None


@dataclass(frozen=True, slots=True)
class Held:
    """A vector and its holder."""

    vector: int
    cpus: tuple[int, ...]
    source: str
    owner: str
    delivery: int
    logical: bool


class Auditor:
    """Of one power-on: what the board has is looked up once."""

    def __init__(self, qmp: Qmp, functions: Functions) -> None:
        self._qmp, self._functions = qmp, functions
        self._remaps: bool | None = None

    def take(self, owners: Owners, messages: bool) -> State:
        """The board's state now; the functions' messages only if `messages`: they take longer."""
        with standing_still(self._qmp) if messages else nullcontext():
            if self._remaps is None:
                self._remaps = remapping.present(self._qmp)
            raw = witness.read(self._qmp)
            unit = remapping.read(self._qmp) if self._remaps else None
            found = self._functions.read(self._qmp, owners.messages) if messages else None
        return State(unit.translated(raw) if unit else raw, raw, found, unit)


@contextmanager
def standing_still(qmp: Qmp) -> Iterator[None]:
    """The board's CPUs and clocks stop, so that what is read in many steps is of one moment."""
    qmp("stop")
    try:
        yield
    finally:
        qmp("cont")


def cpus_of(dest: int, logical: bool) -> tuple[int, ...]:
    """xAPIC flat model: a bit a CPU; physical: the APIC id, which is the CPU's number here."""
    return tuple(cpu for cpu in range(8) if dest >> cpu & 1) if logical else (dest,)


def fresh(rte: RTE) -> bool:
    return rte.raw & 0xFFFFFF == FRESH


def _name(domains: str | None, otherwise: str) -> str:
    return f"dom {domains}" if domains is not None else otherwise


def held(state: State, owners: Owners) -> list[Held]:
    """Every vector that a source would raise now, or could once its owner unmasks it."""
    found = [Held(rte.vector, cpus_of(rte.dest, rte.logical), f"pin {rte.pin}",
                  _name(owners.pins.get(rte.pin), "xen" if rte.vector >= HIGH_PRIORITY else "-"),
                  rte.delivery, rte.logical)
             for rte in state.ioapic.rtes if not fresh(rte)]
    for message in state.messages or []:
        target: Message | remapping.IRTE | None = message
        if message.remappable and state.remapping:
            target = state.remapping.entries.get(message.index)
        if target:
            found.append(Held(target.vector, cpus_of(target.dest, target.logical), message.name,
                              _name(owners.messages.get(message.source), "-"),
                              target.delivery, target.logical))
    if state.remapping:
        found.append(Held(state.remapping.fault_vector, (0,), "VT-d fault event", "xen",
                          *_mode(found)))
    return found


def vector_map(state: State, owners: Owners) -> dict[str, dict[str, str]]:
    """CPU -> vector in hex -> "source owner", for the journal."""
    result: dict[str, dict[str, str]] = {}
    for one in held(state, owners):
        for cpu in one.cpus:
            place = result.setdefault(str(cpu), {})
            text = f"{one.source} {one.owner}"
            key = f"{one.vector:02x}"
            place[key] = f"{place[key]} + {text}" if key in place else text
    return result


def judge(state: State, owners: Owners) -> list[str]:
    """What is not as it must be, each with its invariant; empty if all is well."""
    everything = held(state, owners)
    return [*_foreign(everything), *_shared(everything), *_pins(state, owners),
            *_messages(state, owners), *_entries(state, owners)]


def _mode(everything: list[Held]) -> tuple[int, bool]:
    """How this hypervisor delivers: as it has it for its own timer."""
    timer = [(one.delivery, one.logical) for one in everything if one.vector == HIGH_PRIORITY]
    return PHYSICAL if timer == [PHYSICAL] else FLAT


def _foreign(everything: list[Held]) -> Iterator[str]:
    mode = _mode(everything)
    for one in everything:
        if not FIRST_VECTOR <= one.vector <= LAST_VECTOR or one.vector == SYSCALL:
            yield f"V {one.source} has vector {one.vector:02x}, which is none of Xen's"
        elif (one.delivery, one.logical) != mode:
            yield (f"V {one.source} is delivered {witness.DELIVERY[one.delivery]}, "
                   f"{'logical' if one.logical else 'physical'}: not as Xen does")


def _shared(everything: list[Held]) -> Iterator[str]:
    for one, other in itertools.combinations(everything, 2):
        if one.vector == other.vector and set(one.cpus) & set(other.cpus):
            yield f"V vector {one.vector:02x} is of {one.source} and of {other.source}"


def _pins(state: State, owners: Owners) -> Iterator[str]:
    for rte in state.ioapic.rtes:
        # Xen leaves edge entries open: an edge that nobody owns is acknowledged and forgotten.
        if rte.level and not rte.masked and rte.pin not in owners.pins:
            yield f"L pin {rte.pin} is open and nobody owns it"
        if fresh(rte) and rte.pin in owners.pins:
            yield f"V pin {rte.pin} of dom {owners.pins[rte.pin]} has no entry"


def _messages(state: State, owners: Owners) -> Iterator[str]:
    if state.messages is None:
        return
    for message in state.messages:
        owned = message.source in owners.messages
        if message.enabled and not message.masked and not owned:
            yield f"L {message.name} is enabled and nobody owns it"
        if message.address >> 20 != 0xFEE:
            yield f"V {message.name} writes to address {message.address:x}, which is no interrupt"
        elif state.remapping and not message.remappable:
            yield f"V {message.name} is not in the remappable format"
    for source in owners.messages.keys() - {message.source for message in state.messages}:
        kind, bdf, entry = source
        yield f"V function {bdf:04x} has no {kind} {entry}, which dom {owners.messages[source]} owns"


def _entries(state: State, owners: Owners) -> Iterator[str]:
    """The remapping table: each source has its entry, and each entry its source."""
    if not state.remapping or state.messages is None:
        return
    sources = {remapping.index_of(rte): (f"pin {rte.pin}", IOAPIC_SOURCE)
               for rte in state.raw.rtes if remapping.remapped(rte)}
    for message in state.messages:
        if not message.remappable:
            continue
        if message.index in sources:
            yield f"V IRTE {message.index} serves {message.name} and {sources[message.index][0]}"
        sources[message.index] = (message.name, message.bdf)
    for index, (name, requester) in sources.items():
        irte = state.remapping.entries.get(index)
        if irte is None:
            yield f"V {name} has no IRTE (index {index})"
        elif irte.source is None:
            yield f"X IRTE {index} of {name} does not verify the source"
        elif irte.source != requester:
            yield f"X IRTE {index} of {name} lets {irte.source:04x} pass, not {requester:04x}"
    for index in state.remapping.entries.keys() - sources.keys():
        irte = state.remapping.entries[index]
        yield (f"L IRTE {index} is left: vector {irte.vector:02x}, source "
               f"{'any' if irte.source is None else format(irte.source, '04x')}")
