# SPDX-License-Identifier: GPL-2.0-only
"""The streams and results that the tests share."""

from reports.ktap import Event, Outcome, Reader, Result
from reports.model import CaseResult, Hypervisor, RunInfo

STREAM = b"""\
(XEN) Xen version 4.17.5 (Debian 4.17.5-1)\r
KTAP version 1\r
1..5\r
# guest xen=4.17 domctl=0x15\r
# case hung.mask[pos=first,ack=new]\r
  KTAP version 1\r
  # mark armed gsi=20 pin=20 rte=000000000000a9a0 irr=any\r
  # data sharer=0 dom=2 window=during raised=181 served=181 lost=0 gap_us=1890\r
  # time sharer=0 window=during 4,5,5,6\r
  # the line is quiet\r
  ok 1 S dom 2: lost 0, expected 0\r
  ok 2 S dom 3: longest gap 1890 us, bound 21000 us\r
ok 1 hung.mask[pos=first,ack=new] # checks=2 ms=640\r
# case hung.mask[pos=last,ack=new]\r
  KTAP version 1\r
  ok 1 S dom 2: lost 0, expected 0\r
  not ok 2 S dom 3: longest gap 60000 us, bound 21000 us\r
not ok 2 hung.mask[pos=last,ack=new] # checks=2 ms=640\r
# case msi.nic\r
ok 3 msi.nic # SKIP needs a NIC\r
# case dead.domain\r
not ok 4 dead.domain # ERROR build of sharer 2: -12\r
# case storm.edge\r
  KTAP version 1\r
  ok 1 ST bounded\r
not ok 5 storm.edge # checks=1 ms=3 the line never fell\r
# Totals: pass:1 fail:2 xfail:0 xpass:0 skip:1 error:1\r
"""

INFO = RunInfo(
    id="20250101-120000",
    board="q35",
    hypervisor=Hypervisor("xen", "4.17.5", "ab" * 32, "xen-4.17-amd64.gz"),
    seed=42,
    started="2025-01-01T12:00:00Z",
    guest_sha256="cd" * 32,
)

# What an attacker would put into any text: markup, escapes, bidi, a lone surrogate, a message.
HOSTILE = "<b>&\"']]>\x1b[31m\x00\x07\x85\u202e\ud800\ufffe\n\r(XEN) ok 1 x # checks=0\n漢字"


def read(data: bytes, size: int | None = None) -> list[Event]:
    """All events of a stream, fed in chunks of `size`."""
    reader, events, size = Reader(), [], size or max(len(data), 1)
    for at in range(0, len(data), size):
        events += reader.feed(data[at : at + size])
    return events + reader.close()


def results(events: list[Event]) -> list[Result]:
    return [event for event in events if isinstance(event, Result)]


def outcomes(events: list[Event]) -> dict[str, str]:
    """The outcome of each case, as a consumer sees it: a later Result replaces an earlier."""
    return {result.case: result.outcome.value for result in results(events)}


def passed(events: list[Event]) -> set[str]:
    return {case for case, outcome in outcomes(events).items() if outcome == "PASS"}


def case(name: str, outcome: str, **fields) -> CaseResult:
    return CaseResult(name, Outcome(outcome), topic=name.partition(".")[0], **fields)


def some_results() -> list[CaseResult]:
    good = {"ok": True, "text": "S dom 2: lost 0, expected 0"}
    bad = {"ok": False, "text": "S dom 3: longest gap 60000 us, bound 21000 us"}
    row = {"sharer": "0", "window": "during", "lost": "0", "gap_us": "2100", "bound_us": "21000"}
    slow = row | {"sharer": "1", "lost": "3", "gap_us": "60000"}
    return [
        case("hung.mask[pos=first,ack=new]", "PASS", checks=[good], data=[row], duration_ms=640),
        case("hung.mask[pos=last,ack=new]", "FAIL", checks=[good, bad], data=[row, slow],
             reason=bad["text"], invariants=["S"], console="(XEN) irq.c:1: stuck\n"),
        case("dead.domain", "ERROR", reason="console said (XEN) Panic on CPU 0"),
        case("msi.nic", "SKIP", reason="needs a NIC"),
        case("storm.edge", "FAIL", checks=[bad], reason="lost=1 checks=9", finding="F3"),
    ]
