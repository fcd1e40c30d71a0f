# SPDX-License-Identifier: GPL-2.0-only
"""The labgrid driver of an emulated board that boots Linux, and is then started from a snapshot of itself.

The snapshot is a migration stream without the memory, which stays in a file (QEMU's x-ignore-shared). A board that
starts from it maps that file copy-on-write: so it begins in some 20 ms, pages come in as they are touched, and boards
at the same time share them.
"""

import fcntl
import functools
import glob
import hashlib
import select
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import attr
from labgrid.factory import target_factory
from labgrid.util.qmp import QMPError

from lab.board import BoardError, Launch
from lab.image import oldest
from lab.peers import Peers
from lab.qemu import MultibootQEMUDriver, receive

READY = b"lifeline: ready\n"  # host/init.c
BOOT_LIMIT_S = 120.0
SAVE_LIMIT_S = 30.0
POLL_S = 0.005
KEEP = 8  # snapshots, of some 200 MB each


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`memory` belongs to `stream`; it is there when `stream` is."""

    stem: Path

    @property
    def memory(self) -> Path:
        return self.stem.with_suffix(".memory")

    @property
    def stream(self) -> Path:
        return self.stem.with_suffix(".stream")

    @property
    def log(self) -> Path:
        """The console of the boot that it was made of."""
        return self.stem.with_suffix(".log")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One board makes it, the others wait."""
        with self.stem.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@target_factory.reg_driver
@attr.s(eq=False)
class LinuxQEMUDriver(MultibootQEMUDriver):
    """Serial line 0 is the kernel's log, line 1 the agent's: receive() has whole lines of both."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._peers: Peers | None = None
        self._restore: Snapshot | None = None
        self._partial = [b"", b""]

    def command(self, launch: Launch) -> list[str]:
        """Memory is `memory` in its folder, or a snapshot's; without a snapshot the agent is waited for as well."""
        hosted = [device for device in self.devices_of(launch.variant) if device.host]
        stateless = [f"0000:{device.bdf}" for device in self.devices_of(launch.variant) if device.model == "edu"]
        at = super().command(launch)
        at[at.index("-machine") + 1] += ",memory-backend=ram"
        append = at.index("-append") + 1
        at[append] += (f" lifeline.line={','.join(f'0000:{device.bdf}' for device in hosted)}"
                       f" lifeline.disks={sum(device.disk for device in hosted)}"
                       f" lifeline.rescan={','.join(stateless)}")
        return [*at, "-drive", "if=none,id=collection,format=raw,file=collection,readonly=on",
                "-device", "virtio-blk-pci,drive=collection,addr=3"]

    def _backend(self, file: Path | str, share: bool) -> list[str]:
        return ["-object", f"memory-backend-file,id=ram,size={self.memory},mem-path={file},share={'on' if share else 'off'}"]

    def _link(self, launch: Launch) -> None:
        super()._link(launch)
        (self._directory / "collection").symlink_to(launch.disk.resolve())

    def on(self) -> None:
        if self._process:
            return
        launch = self._launch
        self._partial, self._restore = [b"", b""], None
        self._link(launch)
        command = self.command(launch)
        if launch.snapshots:
            self._restore = self._snapshot(launch, command)
            self._start([*command, *self._backend(self._restore.memory, share=False), "-incoming", "defer"], 2)
        else:
            self._start([*command, *self._backend("memory", share=True)], 2)
            self._await_ready(None)
        self._peers = Peers(self._directory)
        self.send(self._plan(launch).encode())

    def off(self) -> None:
        super().off()
        peers, self._peers = self._peers, None
        if peers:
            peers.close()

    def begin(self) -> None:
        if self._restore:
            self._migrate("migrate-incoming", f"exec:cat {shlex.quote(str(self._restore.stream))}")
        super().begin()

    def _plan(self, launch: Launch) -> str:
        """With the port of each NIC's peer; ended by a line of its own."""
        ports = [f"peer {device.bdf} port={self._peers.open()}\n"
                 for device in self.devices_of(launch.variant) if device.net]
        return "".join([*ports, launch.plan, "end\n"])

    # Snapshots.

    def _snapshot(self, launch: Launch, command: list[str]) -> Snapshot:
        """The one of such a board with this software on it; made if there is none. BoardError if it does not boot."""
        whole = hashlib.sha256(shlex.join(word for word in command if word != self.title).encode())
        for path in (launch.kernel, launch.modules[0][0]):
            status = path.stat()
            whole.update(digest(path, status.st_size, status.st_mtime_ns))
        status = Path(command[0]).stat()
        whole.update(f"{status.st_size} {status.st_mtime_ns} {launch.disk.stat().st_size}".encode())
        launch.snapshots.mkdir(parents=True, exist_ok=True)
        snapshot = Snapshot(launch.snapshots / f"{launch.variant or 'plain'}-{whole.hexdigest()[:16]}")
        with snapshot.locked():
            if not snapshot.stream.exists():
                self._make(snapshot, command)
        snapshot.stream.touch()
        return snapshot

    def _make(self, snapshot: Snapshot, command: list[str]) -> None:
        prune(snapshot.stem.parent)
        fresh = snapshot.stem.with_suffix(".fresh")
        try:
            self._start([*command, *self._backend(snapshot.memory, share=True)], 2)
            self._await_ready(snapshot.log)
            self.monitor("stop")
            self.monitor("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
            self._migrate("migrate", f"exec:cat > {shlex.quote(str(fresh))}")
        except QMPError as error:
            raise BoardError(f"{self.target.name}: no snapshot: {error.msg}") from error
        finally:
            self.off()
        fresh.replace(snapshot.stream)

    def _migrate(self, command: str, uri: str) -> None:
        self.qmp.execute("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}])
        self.qmp.execute(command, uri=uri)
        deadline = time.monotonic() + SAVE_LIMIT_S
        while (told := self.qmp.execute("query-migrate").get("status")) != "completed":
            if told == "failed" or time.monotonic() > deadline:
                raise QMPError(f"{command} has not completed: {told}")
            time.sleep(POLL_S)

    def _await_ready(self, log: Path | None) -> None:
        """Until init says so. BoardError, with the end of the console, if it does not."""
        told, deadline = b"", time.monotonic() + BOOT_LIMIT_S
        while READY not in told:
            alive = self.alive()
            data = self.receive(0.1)
            told += data
            if not data and (not alive or time.monotonic() > deadline):
                if log:
                    log.write_bytes(told)
                last = [line for line in told.decode(errors="replace").splitlines() if line.strip()][-1:]
                why = f"is not ready after {BOOT_LIMIT_S:g} s" if alive else f"ended: {self.death()}"
                raise BoardError(f"{self.target.name}: Linux {why}; its last line: {''.join(last) or 'none'}"
                                 + (f"; all of it: {log}" if log else ""))

    # Consoles.

    def receive(self, timeout: float) -> bytes:
        """Lines of both, whole: one that is not yet ended is held back until it is, or the board has ended."""
        if not self._serials or not self._process:
            return b""
        whole = b""
        for serial in select.select(self._serials, [], [], timeout)[0]:
            index = self._serials.index(serial)
            data = receive(serial)
            if data:
                lines, newline, self._partial[index] = (self._partial[index] + data).rpartition(b"\n")
                whole += lines + newline
            else:
                self._process.wait(timeout)
        if not whole and not self.alive():
            whole, self._partial = b"".join(text + b"\n" for text in self._partial if text), [b"", b""]
        return whole.replace(b"\r\n", b"\n")


@functools.cache
def digest(path: Path, _size: int, _mtime_ns: int) -> bytes:
    """Of a file's content; read once, as a run starts from the same files more than a hundred times."""
    return hashlib.sha256(path.read_bytes()).digest()


def prune(folder: Path) -> None:
    """The oldest go: a kernel developer makes a new one with each build."""
    for stream in oldest(folder.glob("*.stream"), KEEP - 1):
        for path in folder.glob(f"{glob.escape(stream.stem)}.*"):
            path.unlink(missing_ok=True)
