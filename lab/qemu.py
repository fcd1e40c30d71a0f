# SPDX-License-Identifier: GPL-2.0-only
"""The labgrid driver of an emulated board: QEMU with multiboot modules and a list of devices."""

import os
import re
import select
import shlex
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import attr
from labgrid.driver.exception import ExecutionError
from labgrid.driver.qemudriver import QEMUDriver
from labgrid.factory import target_factory
from labgrid.util.qmp import QMPError
from pexpect import TIMEOUT

from lab import media
from lab.board import BoardError, Launch
from lab.boardfile import MODELS, Device, parse_device, uart_port
from lab.process import Process, describe_status
from lab.qmp import Monitor

DEBUG_EXIT = "isa-debug-exit,iobase=0x501,iosize=1"
READ_SIZE = 64 * 1024
SERIAL_BUFFER = 8 << 20
STDERR_TAIL = 2000


def name_of(device: Device) -> str:
    """Its id on QEMU's command line."""
    bus = f"{device.bus:02x}." if device.bus else ""
    return f"d{bus}{device.slot:02x}.{device.function}"


def device_args(devices: tuple[Device, ...]) -> list[str]:
    """-device arguments; function 0 of a slot with others announces them."""
    slots = [(device.bus, device.slot) for device in devices]
    bridges = {device.secondary: name_of(device) for device in devices if device.secondary}
    args = []
    for device in devices:
        model, name = MODELS[device.model], name_of(device)
        many = device.function == 0 and slots.count((device.bus, device.slot)) > 1
        if device.disk:
            # snapshot=on: nobody writes to a disk, but QEMU refuses one that is read-only.
            args += ["-drive", f"if=none,id={name}-disk,format=cloop,file={name}.img,snapshot=on"]
        if device.net:
            args += ["-netdev", f"user,id={name}-net,net={device.network}"]
        words = [model.device.format(id=name, slot=device.slot), f"id={name}",
                 *([f"bus={bridges[device.bus]}"] if device.bus else []),
                 f"addr={device.slot:x}.{device.function}", *(["multifunction=on"] if many else []),
                 *([f"netdev={name}-net"] if device.net else [])]
        args += ["-device", ",".join(words)]
        if attached := model.host_attached if device.host else model.attached:
            args += ["-device", attached.format(id=name)]
    return args


def uart_args(irqs: list[int]) -> list[str]:
    """-device arguments; `index` is of no meaning, but QEMU has only four."""
    return [word for irq in irqs
            for word in ("-device", f"isa-serial,index=1,iobase={uart_port(irq):#x},irq={irq}")]


def receive(serial: socket.socket) -> bytes:
    """What is there; b"" at the end."""
    try:
        return serial.recv(READ_SIZE)
    except ConnectionResetError:  # the end too: QEMU left something of ours unread
        return b""


def doubled(text: str) -> str:
    """A comma in an argument that QEMU splits at commas."""
    return text.replace(",", ",,")


@target_factory.reg_driver
@attr.s(eq=False)
class MultibootQEMUDriver(QEMUDriver):
    """prepare() says what the next on() boots; one driver boots again and again.

    Unlike its base, nothing here is a labgrid step: steps sit on one global stack, which two
    boards in two threads would corrupt. $QEMU and $ACCEL override the board file.

    Args:
        devices (list): {bdf, model} of what is on the board, see lab.boardfile
        variants (dict): boards that differ, by name: {devices, cpu, extra_args, uarts, unguarded}, see lab.boardfile
        accel (str), tcg_thread (str), smp (int), icount (str): as QEMU has them
    """

    devices = attr.ib(factory=list, validator=attr.validators.instance_of(list))
    variants = attr.ib(factory=dict, validator=attr.validators.instance_of(dict))
    accel = attr.ib(default="tcg", validator=attr.validators.instance_of(str))
    tcg_thread = attr.ib(default="multi", validator=attr.validators.instance_of(str))
    smp = attr.ib(default=2, validator=attr.validators.instance_of(int))
    icount = attr.ib(
        default=None,
        validator=attr.validators.optional(attr.validators.instance_of(str)))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._launch: Launch | None = None
        self._process: Process | None = None
        self._serials: list[socket.socket] = []
        self._ended = ""  # how the last board ended

    def _atexit(self) -> None:
        self.off()

    def on_activate(self) -> None:
        self._tempdir = tempfile.mkdtemp(prefix="lifeline-board-")
        self._directory = Path(self._tempdir)

    def on_deactivate(self) -> None:
        self.off()
        shutil.rmtree(self._tempdir, ignore_errors=True)

    # What is booted.

    @property
    def title(self) -> str:
        """As ps(1) shows it."""
        return f"lifeline-{self.target.name}"

    def prepare(self, launch: Launch) -> None:
        """What the next on() boots."""
        self._launch = launch

    def devices_of(self, variant: str | None) -> tuple[Device, ...]:
        return tuple(parse_device(entry) for entry in self._of(variant)["devices"])

    def uarts_of(self, variant: str | None) -> tuple[int, ...]:
        return tuple(self._of(variant)["uarts"])

    def unguarded_of(self, variant: str | None) -> tuple[str, ...]:
        return tuple(self._of(variant)["unguarded"])

    def _of(self, variant: str | None) -> dict[str, Any]:
        """What `variant` says, over what the plain board has."""
        plain = {"devices": self.devices, "cpu": self.cpu, "extra_args": "", "uarts": [], "unguarded": [],
                 "tcg_thread": self.tcg_thread}
        if variant is None:
            return plain
        if variant not in self.variants:
            raise BoardError(f"{self.target.name} has no variant {variant!r}; "
                             f"it has: {', '.join(sorted(self.variants)) or 'none'}")
        return plain | self.variants[variant]

    def qemu(self) -> str:
        """The QEMU binary; BoardError if there is none."""
        name = os.environ.get("QEMU") or self.target.env.config.get_tool(self.qemu_bin)
        if not name or not (path := shutil.which(name)):
            raise BoardError(f"{self.target.name}: no QEMU at {name}; install qemu-system-x86, set "
                             "QEMU=, or correct tools: in the board file")
        return path

    def command(self, launch: Launch) -> list[str]:
        """QEMU's command line, but for the serial lines and the monitor; to be run in _link()'s folder."""
        modules = [doubled(f"{self._module_name(i, path)} {args}".rstrip())
                   for i, (path, args) in enumerate(launch.modules)]
        accel = os.environ.get("ACCEL") or self.accel
        icount = launch.icount or self.icount
        board = self._of(launch.variant)
        if accel == "tcg" and not icount:  # with icount QEMU itself chooses one thread
            accel += f",thread={board['tcg_thread']}"
        return [self.qemu(), "-name", self.title, "-nodefaults",
                "-display", "none", "-no-reboot", "-machine", self.machine, "-cpu", board["cpu"],
                "-m", self.memory, "-smp", str(launch.smp or self.smp), "-accel", accel,
                *(["-icount", icount] if icount else []), *shlex.split(self.extra_args),
                *shlex.split(board["extra_args"]),
                *device_args(self.devices_of(launch.variant)), *uart_args(board["uarts"]),
                "-device", DEBUG_EXIT,
                "-kernel", "hypervisor", "-append", launch.cmdline,
                *(["-initrd", ",".join(modules)] if modules else [])]

    @staticmethod
    def _module_name(index: int, path: Path) -> str:
        return f"{index}-{re.sub('[^A-Za-z0-9_.-]', '_', path.name)}"

    def _link(self, launch: Launch) -> None:
        """QEMU ends a module's file name at the first space, so give it names without one."""
        for old in self._directory.iterdir():
            old.unlink()
        (self._directory / "hypervisor").symlink_to(launch.kernel.resolve())
        for i, (path, _) in enumerate(launch.modules):
            (self._directory / self._module_name(i, path)).symlink_to(path.resolve())
        for device in self.devices_of(launch.variant):
            if device.disk:
                media.write(self._directory / f"{name_of(device)}.img")

    # Power.

    def on(self) -> None:
        """Start QEMU. BoardError with QEMU's own words if it does not start."""
        if self._process:
            return
        if not self._launch:
            raise ExecutionError(f"{self.target.name} has nothing to boot; call prepare() first")
        self._link(self._launch)
        self._start(self.command(self._launch), 1)

    def _start(self, command: list[str], serials: int) -> None:
        """Start QEMU with its serial lines and the monitor, and let the board run."""
        monitor, qmp = socket.socketpair()
        pairs = [socket.socketpair() for _ in range(serials)]
        ends = [end for _, end in pairs]
        command = [*command, "-S", "-chardev", f"socket,id=qmp0,fd={qmp.fileno()}",
                   "-mon", "chardev=qmp0,mode=control"]
        for index, end in enumerate(ends):
            # QEMU writes byte by byte, and the kernel accounts for each with most of a KiB.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SERIAL_BUFFER)
            command += ["-chardev", f"socket,id=serial{index},fd={end.fileno()}", "-serial", f"chardev:serial{index}"]
        self.logger.debug("in %s: %s", self._directory, shlex.join(command))
        with monitor:  # its files keep it open
            try:
                self._process = Process(command, cwd=self._directory, output=self._stderr(),
                                        pass_fds=[end.fileno() for end in (*ends, qmp)])
            except OSError as error:
                raise BoardError(f"{self.target.name}: {command[0]}: {error.strerror}") from error
            finally:
                for end in (*ends, qmp):  # they must close with QEMU, or we never see its end
                    end.close()
            self._serials, self.status = [ours for ours, _ in pairs], 1
            self._go(monitor)

    def _go(self, monitor: socket.socket) -> None:
        try:
            self.qmp = Monitor(monitor)
            # QEMU's first thread does the devices' work: it must not wait for the CPU's, which have begun by now.
            self._process.hurry()
            self.begin()
        except QMPError as error:
            ended = self._process.wait(1)
            death = self.death()
            self.off()
            why = death if ended else error.msg
            raise BoardError(f"{self.target.name}: QEMU did not start: {why}") from error

    def begin(self) -> None:
        """QEMU is there and stands still: let it go. QMPError if it does not."""
        self.qmp.execute("cont")

    def off(self) -> None:
        """Stop QEMU now. There is nothing on the board worth a clean shutdown."""
        self._ended = self.death()
        # Two threads may stop a board at once: its own, and the one that Ctrl-C comes to.
        process, self._process = self._process, None
        if process:
            process.kill()
            for serial in self._serials:
                serial.close()
            if getattr(self, "qmp", None):
                self.qmp.close()
                self.qmp = None
        self.status = 0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def alive(self) -> bool:
        return self._process is not None and self._process.status is None

    def death(self) -> str:
        """How QEMU ended: its status, why it says so, and the end of what it wrote to stderr."""
        if not self._process:
            return self._ended or "it was never started"
        status = self._process.status
        text = f"QEMU {describe_status(status)}"
        if status is not None and getattr(self, "qmp", None):
            if reason := self.qmp.shutdown_reason():
                text += f", {reason}"
        lines = self._stderr().read_text(errors="replace")[-STDERR_TAIL:].splitlines()
        told = [line for line in lines if line.strip() and ": warning: " not in line][-3:]
        return f"{text}; it said: {' / '.join(told)}" if told else text

    def _stderr(self) -> Path:
        return self._directory / "qemu.stderr"

    # Console and monitor.

    def receive(self, timeout: float) -> bytes:
        """Console bytes; b"" if none came in time. What QEMU wrote before it ended is kept."""
        if not self._serials or not self._process:
            return b""
        if not select.select(self._serials[:1], [], [], timeout)[0]:
            return b""
        if not (data := receive(self._serials[0])):
            self._process.wait(timeout)
        return data

    def send(self, data: bytes) -> None:
        """To the serial line; a dead board is found by receive(), not here."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._serials[-1].sendall(data)

    def monitor(self, command: str, **arguments: Any) -> Any:
        """A QMP command; BoardError if QEMU refuses or does not answer."""
        if not self._process:
            raise BoardError(f"{self.target.name} is off; {command} needs it on")
        try:
            return self.qmp.execute(command, **arguments)
        except QMPError as error:
            raise BoardError(f"{self.target.name}: {error.msg}") from error

    def monitor_command(self, command: str) -> Any:
        return self.monitor(command)

    def _read(self, size: int = 1, timeout: float = 10) -> bytes:
        if data := self.receive(timeout):
            return data
        raise TIMEOUT(f"nothing on the console of {self.target.name} for {timeout:.2f} s")

    def _write(self, data: bytes) -> int:
        self.send(data)
        return len(data)
