# SPDX-License-Identifier: GPL-2.0-only
"""kcidb.json: the run as KCIDB v5 has it (schemas/kcidb-v5.json), to be sent by whoever may send.

A hypervisor is a checkout and a build of it, a case is a test, and each of its figures is a test below it that is
DONE. Nothing of it tells of the machine: no path, no name.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from reports.baseline import Comparison, Judgement, Word
from reports.events import Outcome
from reports.measures import measures
from reports.model import MAX_CONSOLE, CaseResult, RunInfo
from reports.text import anonymous, clean, distinct, lines, plain

ORIGIN = "lifeline"
VERSION = {"major": 5, "minor": 3}
MAX_FAILED = 20  # texts of failed checks


def kcidb(info: RunInfo, results: Sequence[CaseResult], duration_s: float, comparison: Comparison | None = None) -> str:
    """A baseline changes no status: KCIDB has issues of its own. What it says of a case is in `misc.baseline`."""
    binary = re.sub(r"[^0-9a-f]", "", info.hypervisor.sha256)
    checkout, build = (f"{ORIGIN}:{kind}-{binary}" for kind in ("checkout", "build"))
    ids = distinct(f"{ORIGIN}:{_text(info.id)}-{info.seed}:{plain(result.case)}" for result in results)
    judged = comparison.by_case if comparison else {}
    tests = [test for own, result in zip(ids, results)
             for test in _tests(info, build, own, result, judged.get(result.case))]
    return json.dumps({
        "version": VERSION,
        "checkouts": [_checkout(info, checkout)],
        "builds": [{
            "id": build,
            "checkout_id": checkout,
            "origin": ORIGIN,
            "architecture": "x86_64",
            "misc": {"file": _text(info.hypervisor.file), "sha256": binary, "options": _text(info.append)},
        }],
        "tests": tests,
    }, indent=1) + "\n"


def status(result: CaseResult) -> str:
    """MISS is the harness's failure: the board never came to the case. ERROR is the test's own."""
    if result.outcome is Outcome.ERROR:
        came = result.console or result.checks or result.data or result.marks
        return "ERROR" if came else "MISS"
    return result.outcome.value


def path(case: str) -> str:
    """E.g. lifeline.hung.mask.ack_new.pos_first: a node a part, as dashboards fold them."""
    parts = [re.sub(r"[^A-Za-z0-9_-]+", "_", part).strip("_") for part in re.split(r"[.,\[\]]", plain(case))]
    return ".".join([ORIGIN, *filter(None, parts)])


def excerpt(console: str) -> str:
    """The end of the console, for that is where a crash is; the bound is held in bytes, too."""
    text = anonymous(lines(console)).encode()[-MAX_CONSOLE:]
    return text.decode("utf-8", "ignore")


def _checkout(info: RunInfo, own: str) -> dict[str, Any]:
    version = f"{info.hypervisor.name} {info.hypervisor.version}"
    return {
        "id": own,
        "origin": ORIGIN,
        "tree_name": {"kvm": "linux"}.get(info.hypervisor.name, _text(info.hypervisor.name)),
        "comment": _text(version),
        "valid": True,
        "misc": {"version": _text(info.hypervisor.version)},
    }


def _tests(info: RunInfo, build: str, own: str, result: CaseResult, judgement: Judgement | None
           ) -> Iterator[dict[str, Any]]:
    base = {"build_id": build, "origin": ORIGIN, "environment": {"comment": _text(info.board)}} | _start(info, result)
    where = path(result.case)
    test = base | {
        "id": own,
        "path": where,
        "status": status(result),
        "comment": _text(result.reason or result.first_failed or result.title),
        "duration": result.duration_ms / 1000,
        "misc": _misc(info, result, judgement),
    }
    if result.console:
        test["log_excerpt"] = excerpt(result.console)
    yield test
    for measure in measures(result):
        number = {"value": measure.value, "unit": measure.unit}
        if measure.unit == "us":
            number = {"value": measure.value / 1_000_000, "unit": "s", "prefix": "metric"}
        yield base | {"id": f"{own}:{measure.name}", "path": f"{where}.{measure.name}", "status": "DONE",
                      "number": number}


def _misc(info: RunInfo, result: CaseResult, judgement: Judgement | None) -> dict[str, Any]:
    failed = [_text(str(check["text"])) for check in result.checks if not check["ok"]]
    misc: dict[str, Any] = {
        "case": _text(result.case),
        "title": _text(result.title),
        "invariants": [_text(word) for word in result.invariants],
        "checks": len(result.checks),
        "failed": failed[:MAX_FAILED],
        "seed": info.seed,
        "guest_sha256": _text(info.guest_sha256),
    }
    if result.known:
        misc["known"] = _text(result.finding or "")
    if judgement and judgement.word is not Word.SAME:
        misc["baseline"] = {"word": judgement.word.value, "told": _text(judgement.told)}
    return misc


def _start(info: RunInfo, result: CaseResult) -> dict[str, str]:
    try:
        began = datetime.fromisoformat(info.started)
        if began.tzinfo is None:  # a time without its zone is none
            return {}
        return {"start_time": (began + timedelta(seconds=result.started_s)).isoformat()}
    except (ValueError, OverflowError):
        return {}


def _text(text: str) -> str:
    return anonymous(clean(text))
