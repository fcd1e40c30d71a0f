# SPDX-License-Identifier: GPL-2.0-only
"""Makes text that a board printed safe to show: no control characters, no escapes, one line."""

import re
from collections.abc import Iterable

# CSI (colours, cursor), OSC (titles, links), and the two-byte escapes.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")

# Folders of the machine that made a report, and who built a kernel on which machine, as its banner has it.
HOST_PATH = re.compile(r"(?<![\w.~/-])/(?:home|root|work|tmp|var|mnt|srv|opt|usr|run|build)(?:/[^\s/'\":,;()<>]+)*/"
                       r"(?=[^\s/'\":,;()<>])")
BUILDER = re.compile(r"\([^\s()@]{1,100}@[^\s()@]{1,100}\) ?")


def clean(text: str | bytes) -> str:
    """Printable characters only; invalid UTF-8 becomes U+FFFD. Bidirectional overrides go too."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isprintable():
        return text
    text = re.sub(r"[\t\r\n]+", " ", ANSI.sub("", text))
    return "".join(char for char in text if char.isprintable())


def plain(text: str) -> str:
    """Clean ASCII: one column a character, and any terminal's locale can print it."""
    return clean(text).encode("ascii", "replace").decode()


def lines(text: str) -> str:
    """Clean text that keeps its lines."""
    return "\n".join(clean(line.rstrip("\r")) for line in text.split("\n"))


def anonymous(text: str) -> str:
    """Without the folders and the names of the machine: of a path the last part is left."""
    return HOST_PATH.sub("", BUILDER.sub("", text))


def distinct(names: Iterable[str]) -> list[str]:
    """The names, a repeated one with a number: what was folded may have become the same."""
    taken: dict[str, None] = {}
    for name in names:
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken[free] = None
    return list(taken)
