# SPDX-License-Identifier: GPL-2.0-only
"""Reads and checks a board file before labgrid sees it: one clear line for what is wrong in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.yamlsource import At, Source, YamlError, check, parse

# The labgrid driver of a target says what the board boots.
DRIVERS = {"MultibootQEMUDriver": "xen", "LinuxQEMUDriver": "kvm"}


@dataclass(frozen=True, slots=True)
class Model:
    """What a case can make interrupt, and how QEMU is told to put it on the board."""

    device: str  # -device; no option ROM: SeaBIOS would run it on each boot
    kind: str = ""  # NIC, SATA, USB, storage or injector: what sort of device it is, if cases exercise it
    attached: str = ""  # a second -device, on its bus `{id}`
    host_attached: str = ""  # the same where the control domain's own driver has it
    pin: int = 0  # that it interrupts on: INTA to INTD
    late_us: int = 0  # the board's allowance on its work, see LATE_US


# Work that QEMU does in another thread than the CPU's takes the host's time, which is noise on a board that counts
# instructions: up to 10 ms were seen while other boards had the host's CPUs.
LATE_US = 30_000

USB_DEVICE, USB_DISK = "usb-tablet,bus={id}.0", "usb-storage,bus={id}.0,drive={id}-disk"
SATA_DISK = "ide-hd,bus={id}.0,drive={id}-disk"
MODELS = {
    # Its DMA reaches all of memory, the window of messages too.
    "edu": Model("edu,dma_mask=0xffffffffffffffff", "injector"),
    "e1000": Model("e1000,romfile=", "NIC"),
    "e1000e": Model("e1000e,romfile=", "NIC"),
    "rtl8139": Model("rtl8139,romfile=", "NIC"),
    "ahci": Model("ich9-ahci", "SATA", SATA_DISK, SATA_DISK, late_us=LATE_US),
    "nvme": Model("nvme,serial=lifeline,drive={id}-disk", "storage", late_us=LATE_US),
    "uhci": Model("ich9-usb-uhci1", "USB", USB_DEVICE, USB_DISK),
    "ohci": Model("pci-ohci", "USB", USB_DEVICE),
    "ehci": Model("usb-ehci", "USB", USB_DEVICE, pin=3, late_us=LATE_US),
    "xhci": Model("nec-usb-xhci", "USB", USB_DEVICE, USB_DISK),
    "ioh3420": Model("ioh3420,chassis={slot}"),
    "bridge": Model("i82801b11-bridge"),
    "pcie-pci-bridge": Model("pcie-pci-bridge"),
}
BRIDGES = ("ioh3420", "bridge", "pcie-pci-bridge")
EXERCISED = [name for name, model in MODELS.items() if model.kind]

# ISA interrupts that a UART may have: not the timer's, the cascade's and the console's.
ISA_IRQS = [1, 3, *range(5, 16)]

# What the board's interrupt remapping lets pass, whatever its software has set up: messages in compatibility format; those
# that a device writes by DMA, as if they were another's. A case that sees such a message has seen the board.
UNGUARDED = ["compatible", "requester"]

BDF = r"[0-9a-f]{2}:[01][0-9a-f]\.[0-7]"
RESERVED_SLOTS = {0x00: "the host bridge", 0x1F: "the LPC bridge"}


@dataclass(frozen=True, slots=True)
class Device:
    bdf: str
    model: str
    gsi: int  # of its pin
    secondary: int | None = None  # bus behind it, if it is a bridge with devices
    host: bool = False  # the control domain's own driver has it, on its line

    @property
    def disk(self) -> bool:
        """It has one, with the pattern of lab/media.py on it."""
        model = MODELS[self.model]
        return "{id}-disk" in model.device + (model.host_attached if self.host else model.attached)

    @property
    def net(self) -> bool:
        """It is on a network of its own, with the controller as 10.<slot>.<function>.2 (QEMU's user network)."""
        return self.host and MODELS[self.model].kind == "NIC"

    @property
    def network(self) -> str:
        return f"10.{self.slot}.{self.function}.0/24"

    @property
    def bus(self) -> int:
        return int(self.bdf[:2], 16)

    @property
    def slot(self) -> int:
        return int(self.bdf[3:5], 16)

    @property
    def function(self) -> int:
        return int(self.bdf[6])


def uart_port(irq: int) -> int:
    """Where the UART with this ISA interrupt is."""
    return 0x2000 + 16 * irq


@dataclass(frozen=True, slots=True)
class Variant:
    """How a board differs from the plain one: other devices, another CPU, more QEMU arguments,
    UARTs with nothing on their lines, one on each of these ISA interrupts, what it does not guard, and
    whether each CPU is a thread."""

    devices: tuple[Device, ...]
    cpu: str | None = None
    extra_args: str = ""
    uarts: tuple[int, ...] = ()
    unguarded: tuple[str, ...] = ()  # see UNGUARDED
    tcg_thread: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """One target of the file."""

    name: str
    boots: str  # what: xen or kvm
    memory: str
    smp: int
    icount: str | None
    devices: tuple[Device, ...]
    variants: dict[str, Variant]

    def devices_of(self, variant: str | None) -> tuple[Device, ...]:
        """What is on the board in `variant` (None: the plain board)."""
        if variant is None:
            return self.devices
        if variant not in self.variants:
            raise YamlError(f"board {self.name} has no variant {variant!r}; it has: "
                            f"{', '.join(sorted(self.variants)) or 'none'}")
        return self.variants[variant].devices


@dataclass(frozen=True, slots=True)
class BoardFile:
    path: Path
    boards: tuple[Board, ...]

    @property
    def boots(self) -> str:
        return self.boards[0].boots


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required,
            "properties": properties}


TEXT = {"type": "string", "minLength": 1}
ICOUNT = {"type": ["string", "null"], "description": "is written as shift=3,sleep=off",
          "pattern": r"^shift=([0-9]|10|auto)(,(sleep|align)=(on|off))*$"}
THREAD = {"enum": ["single", "multi"]}
DEVICES = {"type": "array", "minItems": 1, "items": _object(
    ["bdf", "model"],
    bdf={"type": "string", "pattern": f"^{BDF}$",
         "description": 'a PCI address is written as "00:04.0"'},
    model={"enum": sorted(MODELS)},
    gsi={"type": "integer", "minimum": 16, "maximum": 23},
    bus={"type": "integer", "minimum": 1, "maximum": 255}, host={"type": "boolean"})}
UARTS = {"type": "array", "uniqueItems": True, "items": {"enum": ISA_IRQS}}
QEMU_BOARD = _object(
    ["qemu_bin", "machine", "cpu", "memory", "devices"],
    qemu_bin=TEXT, machine={"enum": ["q35"]}, cpu=TEXT,
    memory={"type": "string", "pattern": "^[1-9][0-9]*[MG]$",
            "description": "memory is written as 512M or 1G"},
    extra_args={"type": "string"}, accel={"enum": ["tcg", "kvm"]},
    tcg_thread=THREAD,
    smp={"type": "integer", "minimum": 1, "maximum": 16}, icount=ICOUNT, devices=DEVICES,
    variants={"type": "object", "additionalProperties": _object(
        ["devices"], devices=DEVICES, cpu=TEXT, tcg_thread=THREAD, extra_args={"type": "string"}, uarts=UARTS,
        unguarded={"type": "array", "uniqueItems": True, "items": {"enum": UNGUARDED}})})
SCHEMA = _object(
    ["targets", "tools", "imports"],
    targets={"type": "object", "minProperties": 1, "additionalProperties": _object(
        ["drivers"], drivers=_object([], **dict.fromkeys(DRIVERS, QEMU_BOARD))
        | {"minProperties": 1, "maxProperties": 1})},
    tools={"type": "object", "additionalProperties": TEXT},
    imports={"type": "array", "items": TEXT})


def load(path: Path) -> BoardFile:
    """The boards of `path`; YamlError for the first thing that is wrong."""
    source = parse(path)
    check(source, SCHEMA)
    boards = []
    for name, target in source.data["targets"].items():
        (driver, raw), = target["drivers"].items()
        at = ("targets", name, "drivers", driver)
        if raw["qemu_bin"] not in source.data["tools"]:
            raise source.error((*at, "qemu_bin"), f"no tool {raw['qemu_bin']!r} below tools:")
        boards.append(Board(
            name, DRIVERS[driver], raw["memory"], raw.get("smp", 2), raw.get("icount"),
            devices(source, raw["devices"], (*at, "devices")),
            {key: Variant(devices(source, variant["devices"], (*at, "variants", key, "devices")),
                          variant.get("cpu"), variant.get("extra_args", ""),
                          tuple(variant.get("uarts", ())), tuple(variant.get("unguarded", ())),
                          variant.get("tcg_thread"))
             for key, variant in raw.get("variants", {}).items()}))
    return BoardFile(path, tuple(boards))


def devices(source: Source, raw: list[dict[str, Any]], at: At
            ) -> tuple[Device, ...]:
    """What the schema cannot say: no place twice, none that q35 itself uses, function 0 present,
    and a bridge for each bus."""
    found: dict[str, Device] = {}
    buses = {0}
    for index, entry in enumerate(raw):
        device = parse_device(entry)
        if device.secondary is not None:
            if device.model not in BRIDGES:
                raise source.error((*at, index), f"device {device.bdf}: {device.model} has no bus "
                                   f"behind it; only {', '.join(BRIDGES)} have")
            buses.add(device.secondary)
        if device.bdf in found:
            raise source.error((*at, index), f"two devices at {device.bdf}; each needs its own place")
        if device.bus not in buses:
            raise source.error((*at, index), f"device {device.bdf}: no bridge above it in the list "
                               f"has bus: {device.bus}")
        if device.bus and "gsi" not in entry:
            raise source.error((*at, index), f"device {device.bdf}: behind a bridge, so say its gsi:")
        if not device.bus and device.slot in RESERVED_SLOTS:
            raise source.error((*at, index), f"device {device.bdf}: slot {device.slot:02x} is "
                               f"{RESERVED_SLOTS[device.slot]}; use 01 to 1e")
        found[device.bdf] = device
    for index, device in enumerate(found.values()):
        if f"{device.bdf[:-1]}0" not in found:
            raise source.error((*at, index), f"device {device.bdf}: nothing at {device.bdf[:-1]}0, "
                               "and without function 0 no one looks at the slot; list that too")
    return tuple(found.values())


def parse_device(entry: dict[str, Any]) -> Device:
    """A checked entry; q35 routes INTA of slots 0 to 0x18 to GSI 20 + slot mod 4, above to 16, and the
    other pins to the next GSIs, in a circle of four.

    A bridge does the same circle once more; behind one the file spells the gsi: out.
    """
    slot, pin = int(entry["bdf"][3:5], 16), MODELS[entry["model"]].pin
    default = 20 + (slot + pin) % 4 if slot <= 0x18 else 16 + pin
    return Device(entry["bdf"], entry["model"], entry.get("gsi", default), entry.get("bus"),
                  entry.get("host", False))
