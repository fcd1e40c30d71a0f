# SPDX-License-Identifier: GPL-2.0-only
"""The control domain's image: an initramfs of Debian's programs, the kernel's modules and our init.

It is the same, byte for byte, whenever its inputs are, and made again when one of them changes.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from lab.system import HypervisorError

PROGRAMS = ("fio", "iperf3")
# The VMM that people run, for nightly runs: it makes the image half as large again.
QEMU = "qemu-system-x86_64"
FIRMWARE = tuple(Path("/usr/share") / name for name in (
    "seabios/bios-256k.bin", "qemu/pvh.bin", "qemu/linuxboot_dma.bin", "qemu/kvmvapic.bin"))
# In the order in which init loads them; what they need goes before them.
MODULES = ("virtio_pci", "virtio_blk", "ext4", "ahci", "sd_mod", "e1000", "e1000e", "uhci_hcd", "xhci_pci",
           "usb_storage", "vfio_pci", "kvm_amd", "kvm_intel", "msr")
# Nobody waits here for a disk to be pulled out again.
OPTIONS = {"usb_storage": "delay_use=0"}
# A kernel may lack these, which is then the cases' affair.
OPTIONAL = ("vfio_pci", "vfio_iommu_type1", "kvm_amd", "kvm_intel")
# Of a mutated kernel's modules only (suites/mutants/mutate.py): init loads it if the command line asks for it.
STUB = "extra/lifeline_stub.ko"
KEEP = 4  # images, of some 100 MB each
FOLDERS = ("dev", "proc", "sys", "run", "tmp", "collection", "lib/modules", "bin", "usr/bin")


def build(modules: Path, init: Path, busybox: Path, cache: Path, qemu: bool = False) -> Path:
    """The image below `cache`, `qemu`: with QEMU in it; HypervisorError if something that it needs is missing."""
    files = inputs(modules, init, busybox, qemu)
    key = digest(files)
    where = cache / f"initramfs-{key}"
    if not where.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for path in oldest(cache.glob("initramfs-*"), KEEP - 1):
            path.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            root = Path(folder) / "root"
            fill(root, files)
            pack(root, Path(folder) / "image")
            (Path(folder) / "image").replace(where)
    where.touch()
    return where


def oldest(paths: Iterable[Path], but: int) -> list[Path]:
    """All but the newest `but`, by when they were last used."""
    return sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)[but:]


def inputs(modules: Path, init: Path, busybox: Path, qemu: bool) -> dict[str, Path | str]:
    """Path in the image -> file, or text."""
    files: dict[str, Path | str] = {"init": init, "bin/busybox": busybox}
    if qemu:
        files |= {str(path).lstrip("/"): path for path in FIRMWARE}
    for name in [*PROGRAMS, *([QEMU] if qemu else [])]:
        program = shutil.which(name)
        if not program:
            raise HypervisorError(f"no {name} here, and the image needs it; apt-get install {name}")
        files |= {str(path).lstrip("/"): path for path in closure(Path(program))}
    loaded = closed_modules(modules)
    files |= {f"lib/modules/{path.name}": path for path, _ in loaded}
    if (modules / STUB).exists():
        files["lib/modules/lifeline_stub.ko"] = modules / STUB
    files["lib/modules/list"] = "".join(f"{path.name} {options}".rstrip() + "\n" for path, options in loaded)
    return files


def closure(program: Path) -> list[Path]:
    """The program and the libraries that the dynamic linker loads with it, ldd(1)."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    if "not found" in told:
        missing = next(line.split()[0] for line in told.splitlines() if "not found" in line)
        raise HypervisorError(f"{program} needs {missing}, which is not here; install its package again")
    return [program, *(Path(path) for path in re.findall(r"(?:=> |^\s*)(/\S+)", told, re.MULTILINE))]


def closed_modules(folder: Path) -> list[tuple[Path, str]]:
    """All modules to load with their options, in order, as modprobe(8) would."""
    if not (folder / "modules.dep").exists():
        raise HypervisorError(f"modules {folder}: no modules.dep in it; name a folder like /lib/modules/VERSION, "
                              "and run depmod")
    version = folder.resolve().name
    root = folder.resolve().parents[2]
    found: dict[str, str] = {}
    for name in (*MODULES, "vfio_iommu_type1"):
        run = subprocess.run([tool("modprobe"), "-S", version, "-d", root, "--show-depends", name],
                             capture_output=True, text=True, check=False)
        if run.returncode and name not in OPTIONAL:
            raise HypervisorError(f"modules {folder}: no {name}: {run.stderr.strip()}")
        for path, options in re.findall(r"^insmod (\S+)(.*)$", run.stdout, re.MULTILINE):
            module = Path(path).name.partition(".")[0].replace("-", "_")
            found.setdefault(path, f"{options} {OPTIONS.get(module, '')}".strip())
    return [(Path(path), options) for path, options in found.items()]


def tool(name: str) -> str:
    """A program of an administrator's, which a user's PATH may not have."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not path:
        raise HypervisorError(f"no {name} here, and the image needs it; make gate installs it")
    return path


def digest(files: dict[str, Path | str]) -> str:
    whole = hashlib.sha256()
    for name, source in sorted(files.items()):
        data = source.encode() if isinstance(source, str) else read(source)
        whole.update(f"{name} {len(data)}\n".encode() + data)
    return whole.hexdigest()[:16]


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HypervisorError(f"{path}: {error.strerror}; the image needs it, make gate builds it") from error


def fill(root: Path, files: dict[str, Path | str]) -> None:
    for name in FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.encode() if isinstance(source, str) else source.read_bytes())
        target.chmod(0o755)
    (root / "bin" / "sh").symlink_to("busybox")


def pack(root: Path, image: Path) -> None:
    """cpio(1), newc: what the kernel unpacks; without anything of this machine in it."""
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    for name in names:
        os.utime(root / name, (0, 0), follow_symlinks=False)
    with image.open("wb") as out:
        subprocess.run([tool("cpio"), "--quiet", "-o", "-H", "newc", "--reproducible", "--owner=+0:+0"],
                       cwd=root, input="\n".join(names).encode(), stdout=out, check=True)


