# SPDX-License-Identifier: GPL-2.0-only
"""ext2.sh: the image of the same files is the same, and of others it is another."""

import os
import subprocess
from pathlib import Path

import pytest

from lab import image

SCRIPT = Path(__file__).parents[1] / "ext2.sh"
FILES = {"run.sh": b"#!/bin/sh\n", "lifeline/hung": bytes(range(256)) * 600, "lifeline/a.ko": b"\x7fELF", "list.txt": b""}


def folder(path: Path, names: list[str], files: dict[str, bytes]) -> Path:
    for number, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(files[name])
        (path / name).chmod(0o755 if name == "run.sh" else 0o644)
        os.utime(path / name, (number, number))
    return path


def make(source: Path, target: Path, path: str = "") -> bytes:
    """`path`: where programs are looked for first."""
    subprocess.run([SCRIPT, source, target, "4M"], check=True, env=os.environ | {"PATH": f"{path}:{os.environ['PATH']}"})
    assert sorted(path.name for path in target.parent.glob(f"{target.name}*")) == [target.name]
    return target.read_bytes()


def test_the_same_files_give_the_same_image(tmp_path: Path) -> None:
    names = sorted(FILES)
    first = make(folder(tmp_path / "a", names, FILES), tmp_path / "a.img")
    again = make(folder(tmp_path / "b", names[::-1], FILES), tmp_path / "b.img")
    assert first == again
    assert make(folder(tmp_path / "c", names, FILES | {"list.txt": b"hung\n"}), tmp_path / "c.img") != first
    (tmp_path / "b" / "list.txt").chmod(0o755)
    assert make(tmp_path / "b", tmp_path / "b.img") != first


def test_the_order_of_a_folder_does_not_matter(tmp_path: Path) -> None:
    find = tmp_path / "bin" / "find"
    find.parent.mkdir()
    find.write_text('#!/bin/sh\n/usr/bin/find "$@" | sort -r\n')
    find.chmod(0o755)
    folder(tmp_path / "a", sorted(FILES), FILES)
    assert make(tmp_path / "a", tmp_path / "a.img") == make(tmp_path / "a", tmp_path / "b.img", str(find.parent))


def test_what_is_in_it(tmp_path: Path) -> None:
    make(folder(tmp_path / "a", sorted(FILES), FILES), tmp_path / "a.img")
    subprocess.run([image.tool("e2fsck"), "-fn", tmp_path / "a.img"], check=True, capture_output=True)
    (tmp_path / "back").mkdir()
    subprocess.run([image.tool("debugfs"), "-R", f"rdump / {tmp_path}/back", tmp_path / "a.img"], check=True,
                   capture_output=True)
    back = {str(path.relative_to(tmp_path / "back")): path for path in (tmp_path / "back").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in back.items()} == FILES
    assert {name for name, path in back.items() if os.access(path, os.X_OK) and path.stat().st_mode & 0o100} == {"run.sh"}


@pytest.mark.parametrize("name, content, told", [
    ("large", b"random", "allocate block"), ("a b", b"", "neither a file nor a folder"),
])
def test_what_cannot_be_stored(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    """debugfs itself exits with 0."""
    source = folder(tmp_path / "a", [name], {name: content * 300_000})
    found = subprocess.run([SCRIPT, source, tmp_path / "a.img", "1M"],
                           capture_output=True, text=True, check=False)
    assert found.returncode and told in found.stderr and not (tmp_path / "a.img").exists(), found.stderr
