# SPDX-License-Identifier: GPL-2.0-only
"""Makes text that a board printed safe to show: no control characters, no escapes, one line."""

import re

# CSI (colours, cursor), OSC (titles, links), and the two-byte escapes.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


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
