# SPDX-License-Identifier: GPL-2.0-only
"""What is under test, as the engine sees it: something that boots on a board and carries out a plan."""

from pathlib import Path
from typing import Protocol

from lab.board import Launch
from lab.records import Boot


class HypervisorError(Exception):
    """A file that was named cannot be booted; the message says what to do."""


class System(Protocol):
    kind: str  # "xen" or "kvm"
    path: Path  # as the user named it
    sha256: str  # of `path`
    version: str  # "" if the file does not tell
    guest: Path  # what runs on it

    @property
    def images(self) -> dict[str, Path]:
        """All files that are booted, by their part."""

    def launch(self, boot: Boot, plan: Path) -> Launch:
        """How to power on for `boot`, whose cases stand in the file `plan`."""
