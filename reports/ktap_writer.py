# SPDX-License-Identifier: GPL-2.0-only
"""results.ktap: a run as one KTAP stream, which reports.ktap reads back to the same outcomes."""

import re
from collections.abc import Iterator, Sequence

from reports.events import Outcome
from reports.ktap import MARKER, MAX_TEXT
from reports.model import CaseResult, RunInfo, count
from reports.text import clean


def ktap(info: RunInfo, results: Sequence[CaseResult], duration_s: float) -> str:
    """A known failure has the XFAIL directive, and is an xfail in the totals."""
    lines = ["KTAP version 1", f"1..{len(results)}"]
    facts = {
        "id": info.id,
        "board": info.board,
        "hypervisor": f"{info.hypervisor.name}-{info.hypervisor.version}",
        "seed": info.seed,
        "ms": round(duration_s * 1000),
    }
    lines.append("# run " + " ".join(f"{key}={_word(str(value))}" for key, value in facts.items()))
    for number, result in enumerate(results, 1):
        lines.extend(_case(number, result))
    counts = count(results)
    lines.append(f"# Totals: pass:{counts.passed} fail:{counts.failed} xfail:{counts.known} "
                 f"xpass:0 skip:{counts.skipped} error:{counts.errors}")
    return "\n".join(lines) + "\n"


def _case(number: int, result: CaseResult) -> Iterator[str]:
    yield f"# case {_word(result.case)}"
    yield "  KTAP version 1"
    for index, check in enumerate(result.checks, 1):
        yield f"  {'ok' if check['ok'] else 'not ok'} {index} {_text(check['text'])}".rstrip()
    ok = "ok" if result.outcome in (Outcome.PASS, Outcome.SKIP) else "not ok"
    yield f"{ok} {number} {_word(result.case)} # {_tail(result)}".rstrip()


def _tail(result: CaseResult) -> str:
    reason = _text(result.reason)
    if result.known:
        return f"XFAIL known {_text(result.finding or '')}: {reason}"
    if result.outcome in (Outcome.ERROR, Outcome.SKIP):
        return f"{result.outcome.value} {reason}"
    figures = f"checks={len(result.checks)} ms={result.duration_ms}"
    if result.outcome is Outcome.FAIL and reason:
        return f"{figures} - {reason}"
    return figures


def _word(text: str) -> str:
    """One word of printable ASCII, as the reader wants ids and values."""
    return re.sub(r"[^!-~]", "_", _text(text))[:256] or "_"


def _text(text: str) -> str:
    # A reason often quotes the hypervisor; unmasked, a reader would take that for an interruption.
    return MARKER.sub("console:", clean(text))[:MAX_TEXT]
