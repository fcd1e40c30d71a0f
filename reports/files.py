# SPDX-License-Identifier: GPL-2.0-only
"""Writes a run's files whole or not at all, and says plainly why when it cannot."""

import errno
import os
from contextlib import suppress
from pathlib import Path


class ReportError(Exception):
    """A file of the run could not be written or read; the message names it, the cause, the cure."""


def explain(path: Path, error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    cure = "free space there" if full else "check that the folder exists and is writable"
    return f"{path}: {error.strerror or error}: {cure}"


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """With all above it, each on the disk: what is synced in a folder that is not there after a power cut is lost."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_atomically(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, also across a power cut."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with open(draft, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ReportError(explain(path, error)) from error
