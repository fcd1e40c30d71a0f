# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that a user names, and what a tired one names instead; the image that is made for one."""

import subprocess
from pathlib import Path

import pytest

from lab import image, linux
from lab.system import HypervisorError

VERSION = b"6.1.0-9-test (somebody@somewhere) #1 SMP"


def kernel(version: bytes = VERSION, magic: bytes = b"HdrS", at: int = 0x3000) -> bytes:
    data = bytearray(0x4000)
    data[0x202:0x206] = magic
    data[0x20E:0x210] = at.to_bytes(2, "little")
    data[0x200 + at:0x200 + at + len(version) + 1] = version + b"\0"
    return bytes(data)


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "modules" / "6.1.0-9-test"
    folder.mkdir(parents=True)
    return folder


def load(tmp_path: Path, modules: Path, data: bytes) -> linux.Linux:
    (tmp_path / "kernel").write_bytes(data)
    return linux.load(tmp_path / "kernel", modules, tmp_path / "init", tmp_path / "busybox", tmp_path / "collection",
                      tmp_path / "cache")


@pytest.mark.parametrize("data, told", [
    (b"", "no bzImage"),
    (b"\x7fELF" + bytes(9000), "no bzImage.*not vmlinux"),
    (kernel(magic=b"HdrX"), "no bzImage"),
    (kernel(b"", at=0), "names no version"),
    (kernel(version=b""), "names no version"),
    (kernel(version=b"\xff\xfe"), "names no version"),
    (kernel()[:0x210], "names no version"),
    (kernel(version=b"6.1.0-10-test x"), "is 6.1.0-10-test, modules .* are of 6.1.0-9-test"),
    (kernel(), "no modules.dep"),
], ids=range(9))
def test_not_a_kernel_with_its_modules(tmp_path: Path, modules: Path, data: bytes, told: str) -> None:
    with pytest.raises(HypervisorError, match=told) as caught:
        load(tmp_path, modules, data)
    assert "\n" not in str(caught.value)


def test_no_kernel(tmp_path: Path, modules: Path) -> None:
    with pytest.raises(HypervisorError, match="No such file.*name a bzImage"):
        linux.load(tmp_path / "none", modules, *[tmp_path] * 4)


def test_version() -> None:
    assert linux.version_of(Path("k"), kernel()) == VERSION.decode()


def pack(folder: Path, name: str, text: str) -> bytes:
    root = folder / name
    root.mkdir()
    image.fill(root, {"init": text, "lib/modules/list": "a.ko\n", "usr/bin/fio": Path("/bin/true")})
    image.pack(root, folder / f"{name}.image")
    return (folder / f"{name}.image").read_bytes()


def test_image_depends_on_its_inputs_alone(tmp_path: Path) -> None:
    assert pack(tmp_path, "one", "init") == pack(tmp_path, "two", "init") != pack(tmp_path, "three", "other")
    names = subprocess.run([image.tool("cpio"), "-it", "--quiet"], input=(tmp_path / "one.image").read_bytes(),
                           capture_output=True, check=True).stdout.decode().split()
    assert {"init", "bin/sh", "dev", "lib/modules/list", "usr/bin/fio"} <= set(names)


def test_closure_has_the_linker() -> None:
    found = [path.name for path in image.closure(Path("/bin/sh"))]
    assert found[0] == "sh" and "libc.so.6" in found and any(name.startswith("ld-linux") for name in found)


def test_missing_input(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError, match="init: No such file.*make gate builds it"):
        image.digest({"init": tmp_path / "init"})
