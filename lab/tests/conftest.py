# SPDX-License-Identifier: GPL-2.0-only
"""What tests of real QEMU need: one board, and a kernel that needs no Xen."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.board import Launch
from lab.emulated import QemuBoard, open_boards

BOARD_FILE = Path(__file__).parents[1] / "boards" / "q35-xen.yaml"
STUB = Path(__file__).parent / "data" / "stub.S"


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See stub.S for what it does."""
    path = tmp_path_factory.mktemp("stub") / "stub"
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x100000",
                    "-Wl,--build-id=none", "-o", path, STUB], check=True)
    return path


@pytest.fixture
def board() -> Iterator[QemuBoard]:
    opened, = open_boards(BOARD_FILE, 1)
    yield opened
    opened.close()


@pytest.fixture
def launch(stub: Path, tmp_path: Path):
    """Makes a Launch of the stub with this text to print."""
    def make(text: str, arguments: str = "", **options: object) -> Launch:
        script = tmp_path / "a script, with blanks"
        script.write_bytes(b"\x7fELF" + text.encode())
        return Launch(stub, "console=com1", ((script, arguments),), **options)  # type: ignore
    return make
