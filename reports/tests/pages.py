# SPDX-License-Identifier: GPL-2.0-only
"""Runs for the tests of report.html: as the gates write them, in small, and one of any size."""

import base64
import gzip
import json
import re
from dataclasses import replace

from reports.events import Outcome
from reports.model import CaseResult
from reports.tests.samples import HOSTILE

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>]]>&lt;\x00\x1b[31mred\x1b[0m" + HOSTILE
STOOD = ",".join(["15"] * 4 + ["0"] * 6 + ["15"] * 14)  # six cells of a window without a single interrupt
SERVED = ",".join(["4", "5"] * 12)


LENGTHS = {"before": 30_214, "during": 61_087, "after": 30_190}  # us
LATENCY = {"before": "28:3,32:81,40:6,48:2,320:1", "during": "28:1,32:60,40:12,48:6,160:7,640:4,1024:2,1792:1",
           "after": "28:4,32:80,40:5,48:3,256:1"}


def sharer(number: int, dom: str, model: str, window: str, served: str = SERVED, gap_us: int = 755, lost: int = 0):
    """(data rows, timeline row) of one sharer in one window."""
    bound = 6600 if window == "during" else 3728
    length = LENGTHS[window]
    fault = {"fault_us": "15114"} if window == "during" else {}
    return ([{"sharer": str(number), "dom": dom, "model": model, "window": window, "raised": "93", "served": "93",
              "lost": str(lost), "spurious": "9"},
             {"sharer": str(number), "window": window, "p50_us": "36", "p50_bound_us": "428", "p99_us": "294",
              "gap_us": str(gap_us), "bound_us": str(bound)},
             {"sharer": str(number), "window": window, "latency_us": LATENCY[window]}],
            {"sharer": str(number), "window": window, "us": str(length), "slot_us": str(length // 25), **fault, "served": served})


def timed(result: CaseResult, during: int = LENGTHS["during"], fault_us: int | None = 0) -> CaseResult:
    """With another length of the window `during`, and another moment of the fault; None: there was none."""
    def row(old: dict[str, str]) -> dict[str, str]:
        if old["window"] != "during":
            return old
        new = {key: value for key, value in old.items() if key != "fault_us"} | {"us": str(during), "slot_us": str(during // 25)}
        return new if fault_us is None else new | {"fault_us": str(fault_us)}
    return replace(result, timeline=[row(old) for old in result.timeline])


def untimed(result: CaseResult) -> CaseResult:
    """As earlier versions wrote it: without lengths and distributions."""
    return replace(result, data=[row for row in result.data if "latency_us" not in row],
                   timeline=[{key: value for key, value in row.items() if not key.endswith("us")} for row in result.timeline])


def fixed_pins(last: str) -> dict[str, dict[str, str]]:
    return {"0": {"30": "pin 1 -", "f0": "pin 2 xen", "38": "pin 3 -", "f1": "pin 4 xen", "a0": f"pin 20 {last}"}}


def xen_case(name: str = "hung.mask[ack=new,cast=edu,pos=first]", worst_us: int = 2086, **fields) -> CaseResult:
    """A line of three; the first hangs. The third has the longest gap, `worst_us`, during the fault."""
    parts = [sharer(0, "1", "edu", "before"), sharer(1, "2", "e1000", "before"), sharer(2, "3", "uhci", "before"),
             sharer(1, "2", "e1000", "during"), sharer(2, "3", "uhci", "during", STOOD, worst_us),
             sharer(1, "2", "e1000", "after"), sharer(2, "3", "uhci", "after")]
    mark = {"label": "bound", "rte": "pin 20 vector a0 level low open remote-irr 0", "disagreements": [],
            "vectors": fixed_pins("dom 1-3")}
    failed = worst_us > 6600
    told = f"S dom 3 during: longest gap {worst_us} us, bound 6600 us (forced EOI after 1 ms)"
    values = dict(
        outcome=Outcome.FAIL if failed else Outcome.PASS, reason=told if failed else "", topic="hung",
        title="The driver asserts its line, takes the event and never EOIs", invariants=["S", "LI", "V"], boot="new",
        board="board0", duration_ms=225,
        checks=[{"ok": True, "text": "LI dom 1 before: lost 0 of 93, expected 0"}, {"ok": not failed, "text": told}],
        data=[{"siblings": "3", "build_us": "71962"}, *(row for rows, _ in parts for row in rows)],
        timeline=[row for _, row in parts],
        marks=[mark, mark | {"label": "recovered", "vectors": fixed_pins("dom 2-3")},
               mark | {"label": "at-last", "vectors": fixed_pins("-")}],
        console="# case\r\n(XEN) [2026-11-26] all is well\r\n" * 20)
    return CaseResult(name, **values | fields)


def linux_case(**fields) -> CaseResult:
    rows, line = zip(*(sharer(0, "sda", "ahci", window) for window in ("before", "during", "after")))
    watched = [{"line": "20", "window": window, "interrupts": "251", "unhandled": "0", "still_us": still}
               for window, still in (("before", "11"), ("during", "20000"))]
    return CaseResult("kvm.dead.asserting[device=edu,domain=process,iommu=intel]", **dict(
        outcome=Outcome.PASS, topic="dead", title="SIGKILL while the device asserts its line", invariants=["S", "ST"],
        boot="intel.asserting.18", data=[*(row for pair in rows for row in pair), *watched], timeline=list(line)) | fields)


def hostile_case() -> CaseResult:
    """Every text that a board may have a say in."""
    return replace(
        xen_case(f"vectors.evil[x={ATTACK}]"), outcome=Outcome.FAIL, reason=ATTACK, title=ATTACK, invariants=[ATTACK],
        boot=ATTACK, checks=[{"ok": False, "text": ATTACK}], console=ATTACK + "\r\nline 2\r\n",
        data=[{"sharer": ATTACK, "window": "before", "dom": ATTACK, "model": ATTACK, "gap_us": ATTACK, "served": ATTACK},
              {"ladder": ATTACK, "rung": ATTACK, "there": "1", "ends": "1", "cost_us": ATTACK}, {ATTACK: ATTACK}],
        timeline=[{"sharer": ATTACK, "window": "before", "served": ATTACK}],
        marks=[{"label": ATTACK, "rte": ATTACK, "disagreements": [ATTACK], "vectors": {ATTACK: {ATTACK: ATTACK}}},
               {"label": "end", "rte": "", "disagreements": [], "vectors": {}}, {"label": "no", "vectors": None}])


def many_case() -> CaseResult:
    parts = [sharer(number, str(number + 1), "edu", window, gap_us=700 + number)
             for number in range(30) for window in ("before", "after")]
    return xen_case("sharing.many[n=30]", data=[row for rows, _ in parts for row in rows], timeline=[row for _, row in parts])


def odd_case() -> CaseResult:
    """Rows as no guest of ours prints them: what is wrong is in one window of one sharer each."""
    times = [
        {"us": "999999999999999", "slot_us": "1"}, {"us": "0", "slot_us": "0"}, {"us": "-5", "slot_us": "-1", "fault_us": "-7"},
        {"us": "30000", "slot_us": "999999999999999"}, {"us": "30000"}, {"slot_us": "1000"}, {"fault_us": "999999999999999"},
        {"us": "30000", "slot_us": "1200", "from": "3"}, {"us": "1e9", "slot_us": "NaN", "fault_us": "Infinity"},
    ]
    served = [SERVED, "0," * 5000 + "1", "", "-1,-2", "999999999,0", "1,,2", "0", "nan", "1"]
    latencies = ["0:0", "999999999:999999999", "5:1,3:1,5:1", "-1:2", "1:2,", ",".join(f"{us}:1" for us in range(5000)), "0:1", "7", ""]
    data, timeline = [], []
    for number, (when, cells, latency) in enumerate(zip(times, served, latencies)):
        for window in ("before", "during", "after")[number % 3:]:
            where = {"sharer": str(number), "window": window}
            data += [where | {"dom": str(number), "model": "edu", "raised": "1"}, where | {"latency_us": latency},
                     where | {"cells": "5", "latency": "6", "us": "7", "p50_us": "0", "p99_us": latency}]
            timeline.append(where | when | {"served": cells})
    return xen_case("odd.rows", data=data, timeline=timeline)


def mixed_run() -> list[CaseResult]:
    """One of each outcome and kind."""
    ladder = {"ladder": "edu", "rung": "descriptor", "there": "1", "ends": "1", "cost_us": "21", "back": "1"}
    return [
        xen_case(), xen_case("hung.mask[ack=old,cast=edu,pos=first]", boot="old"),
        xen_case("hung.silent[ack=new]", 60_000),
        xen_case("server.lower[ack=new]", 160_000, finding="docs/findings/line-starves-lower-vectors.md", topic="server"),
        CaseResult("dead.domain", Outcome.ERROR, "console said (XEN) Panic on CPU 0", topic="dead"),
        CaseResult("msi.nic[model=nvme]", Outcome.SKIP, "needs a NIC", topic="msi", invariants=["X"], boot="msi"),
        CaseResult("vectors.stale", Outcome.PASS, topic="vectors", finding="docs/findings/remap-before-close.md"),
        CaseResult("rescue.ladder[rung=descriptor]", Outcome.PASS, topic="rescue", data=[ladder]),
        linux_case(), hostile_case(),
    ]


def large_run(cases: int) -> list[CaseResult]:
    """Consoles and figures differ from case to case, so that they do not pack better than real ones."""
    def text(number: int) -> str:
        return "".join(f"(XEN) [{number * 7919 + line * 104729:>14}] line {line} rte={number * line * 2654435761 % 2**64:016x}\r\n"
                       for line in range(70))

    def spread(number: int, row: dict[str, str], at: int) -> dict[str, str]:
        if "latency_us" not in row:
            return row
        return row | {"latency_us": ",".join(f"{28 + part * 4}:{number * 31 * (part + at) % 97 + 1}" for part in range(8))}

    made = [xen_case(f"hung.case{number % 50}[ack=new,number={number}]", 1000 + number * 37 % 4000, console=text(number))
            for number in range(cases)]
    return [replace(result, data=[spread(number, row, at) for at, row in enumerate(result.data)]) for number, result in enumerate(made)]


def details(text: str) -> list[dict]:
    """What the cases of a page fold open to."""
    packs = re.findall(r'<script type="text/plain" class="pack">([^<]*)</script>', text)
    return [record for pack in packs for record in json.loads(gzip.decompress(base64.b64decode(pack)))]
