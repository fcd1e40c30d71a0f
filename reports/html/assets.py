# SPDX-License-Identifier: GPL-2.0-only
"""What goes into the page beside its words: our style and scripts, and Debian's copy of d3."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
NODE = Path("/usr/share/nodejs")  # of the packages node-d3-axis, -scale and -selection

# In the order in which they need each other. Each adds itself to the object `d3`.
MODULES = ("array", "collection", "color", "format", "interpolate", "time", "time-format", "scale", "selection",
           "axis")
SCRIPTS = ("strip.js", "latency.js", "vectors.js", "case.js", "filter.js")


@dataclass(frozen=True)
class Assets:
    """Texts that stand in the page as they are. `policy` lets the browser run these, and nothing else."""

    style: str
    scripts: tuple[str, ...]
    plots: bool  # d3 is among the scripts
    policy: str


@cache
def assets(node: Path = NODE) -> Assets:
    """Without d3 the page has no plots, and says so: a run does not lose its report for want of a package."""
    plots = _d3(node)
    texts = [plots, *((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)]
    scripts = tuple(_inline(text) for text in texts if text)
    style = _inline((HERE / "report.css").read_text(encoding="utf-8"))
    policy = ("default-src 'none'; base-uri 'none'; form-action 'none'; "
              f"script-src {' '.join(map(_hash, scripts))}; style-src {_hash(style)}")
    return Assets(style, scripts, bool(plots), policy)


def _d3(node: Path) -> str:
    try:
        return "\n".join((node / f"d3-{name}" / "dist" / f"d3-{name}.min.js").read_text(encoding="utf-8")
                         for name in MODULES)
    except OSError:
        return ""


def _inline(text: str) -> str:
    """Nothing in it may end the element that it stands in, or be read as another line's end."""
    return "\n" + re.sub(r"</(?=script|style)", r"<\\/", text.replace("\r\n", "\n"), flags=re.IGNORECASE)


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
