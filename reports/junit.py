# SPDX-License-Identifier: GPL-2.0-only
"""junit.xml: one testcase a case, for the CI systems that read nothing else; see schemas/junit.xsd."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from reports.baseline import Comparison, Judgement, Word
from reports.events import Outcome
from reports.model import CaseResult, RunInfo
from reports.text import clean

# What XML 1.0 can hold, escaped or not. Everything else is removed.
ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(info: RunInfo, results: Sequence[CaseResult], duration_s: float, comparison: Comparison | None = None) -> str:
    """CI turns red by element, so what does not fail the gate is `skipped` with what excuses it: a known failure, and
    with a baseline each failure that is no regression."""
    judged = comparison.by_case if comparison else {}
    verdicts = [_verdict(result, judged.get(result.case), not comparison or not comparison.judged) for result in results]
    tags = [tag for tag, _ in verdicts]
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", {
        "name": "lifeline",
        "tests": str(len(results)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
        "time": f"{duration_s:.3f}",
        "timestamp": _legal(info.started),
    })
    _properties(suite, {
        "run": info.id,
        "board": info.board,
        "hypervisor": f"{info.hypervisor.name} {info.hypervisor.version}",
        "hypervisor.sha256": info.hypervisor.sha256,
        "hypervisor.file": info.hypervisor.file,
        "guest.sha256": info.guest_sha256,
        "seed": str(info.seed),
        "options": info.append,
    } | ({"baseline": comparison.name, "regressions": str(comparison.regressions)} if comparison else {}))
    for result, verdict in zip(results, verdicts):
        _testcase(suite, result, verdict, judged.get(result.case))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _verdict(result: CaseResult, judgement: Judgement | None, strict: bool) -> tuple[str, str]:
    """The element, "" for a pass, and its message. `strict`: no baseline excuses anything."""
    if result.known:
        return "skipped", f"known: {result.finding}"
    if result.outcome in (Outcome.PASS, Outcome.SKIP):
        return "" if result.outcome is Outcome.PASS else "skipped", result.reason
    tag = "failure" if result.outcome is Outcome.FAIL else "error"
    if judgement and judgement.word is not Word.REGRESSION and not strict:
        tag = "skipped"
    return tag, f"{judgement.told}: {result.reason}" if judgement else result.reason


def _testcase(suite: ElementTree.Element, result: CaseResult, verdict: tuple[str, str], judgement: Judgement | None) -> None:
    case = ElementTree.SubElement(suite, "testcase", {
        "classname": _legal(f"lifeline.{result.topic}").rstrip("."),
        "name": _legal(result.case),
        "time": f"{result.duration_ms / 1000:.3f}",
    })
    tag, message = verdict
    if tag:
        element = ElementTree.SubElement(case, tag, {"message": _legal(message)})
        checks = [f"{'ok' if check['ok'] else 'not ok'}: {check['text']}" for check in result.checks]
        element.text = _legal("\n".join([result.reason, *checks]))
    # Not as properties: those of a testcase are refused by the schema of Jenkins' xUnit plugin.
    facts = {"title": result.title, "invariants": " ".join(result.invariants), "boot": result.boot,
             "baseline": f"{judgement.word.value} ({judgement.told})" if judgement and judgement.told else ""}
    told = "".join(f"{name}: {clean(value)}\n" for name, value in facts.items() if value)
    if told or result.console:
        ElementTree.SubElement(case, "system-out").text = _legal(told + result.console)


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": _legal(value)})


def _legal(text: str) -> str:
    return ILLEGAL.sub("", text)
