# SPDX-License-Identifier: GPL-2.0-only
"""junit.xml: one testcase a case, for the CI systems that read nothing else; see schemas/junit.xsd."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from reports.events import Outcome
from reports.model import CaseResult, RunInfo, count
from reports.text import clean

# What XML 1.0 can hold, escaped or not. Everything else is removed.
ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(info: RunInfo, results: Sequence[CaseResult], duration_s: float) -> str:
    """A known failure is `skipped`: CI turns red by element, and known ones must not do that."""
    counts = count(results)
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", {
        "name": "lifeline",
        "tests": str(counts.cases),
        "failures": str(counts.failed),
        "errors": str(counts.errors),
        "skipped": str(counts.skipped + counts.known),
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
    })
    for result in results:
        _testcase(suite, result)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _testcase(suite: ElementTree.Element, result: CaseResult) -> None:
    case = ElementTree.SubElement(suite, "testcase", {
        "classname": _legal(f"lifeline.{result.topic}").rstrip("."),
        "name": _legal(result.case),
        "time": f"{result.duration_ms / 1000:.3f}",
    })
    if result.known:
        _verdict(case, "skipped", f"known: {result.finding}", result)
    elif result.outcome is Outcome.FAIL:
        _verdict(case, "failure", result.reason, result)
    elif result.outcome is Outcome.ERROR:
        _verdict(case, "error", result.reason, result)
    elif result.outcome is Outcome.SKIP:
        _verdict(case, "skipped", result.reason, result)
    # Not as properties: those of a testcase are refused by the schema of Jenkins' xUnit plugin.
    facts = {"title": result.title, "invariants": " ".join(result.invariants), "boot": result.boot}
    told = "".join(f"{name}: {clean(value)}\n" for name, value in facts.items() if value)
    if told or result.console:
        ElementTree.SubElement(case, "system-out").text = _legal(told + result.console)


def _verdict(case: ElementTree.Element, tag: str, message: str, result: CaseResult) -> None:
    element = ElementTree.SubElement(case, tag, {"message": _legal(message)})
    checks = [f"{'ok' if check['ok'] else 'not ok'}: {check['text']}" for check in result.checks]
    element.text = _legal("\n".join([result.reason, *checks]))


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": _legal(value)})


def _legal(text: str) -> str:
    return ILLEGAL.sub("", text)
