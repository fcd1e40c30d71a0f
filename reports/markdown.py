# SPDX-License-Identifier: GPL-2.0-only
"""summary.md: the run for a merge request. What a board printed stands in code only, where it is no markup."""

import re
from collections.abc import Iterator, Mapping, Sequence

from reports.baseline import Comparison, Judgement, Word
from reports.events import Outcome
from reports.measures import figure
from reports.model import CaseResult, RunInfo, count, verdict
from reports.table import selection, time_text
from reports.text import anonymous, clean

MAX_FAILURES = 20
MAX_CHECKS = 3  # of a failure
MAX_FINDINGS = 20
MAX_EXCUSED = 20  # failures that are no regressions
MAX_GREW = 5
MAX_GAPS = 5
MAX_TEXT = 300
EXCUSED = (Word.FLAKY, Word.NEVER, Word.LIKE)


def markdown(info: RunInfo, results: Sequence[CaseResult], duration_s: float, command: str = "make gate",
             comparison: Comparison | None = None) -> str:
    """`command` runs the gate again as it ran; the cases are added to it."""
    judged = comparison.by_case if comparison else {}
    told = [_baseline(comparison)] if comparison else []
    blocks = [_head(info, results, duration_s, comparison), _failures(results, command, judged), *told, _known(results),
              _gaps(results)]
    return "\n".join(line for block in blocks for line in block)


def _head(info: RunInfo, results: Sequence[CaseResult], duration_s: float, comparison: Comparison | None) -> Iterator[str]:
    counts = count(results)
    hypervisor = _code(anonymous(f"{info.hypervisor.name} {info.hypervisor.version}"))
    yield f"# {(comparison or verdict(results, ())).outcome.value}: {hypervisor} on {_code(info.board)}"
    yield ""
    yield "| cases | pass | fail | error | known | skip |"
    yield "|---:|---:|---:|---:|---:|---:|"
    yield (f"| {counts.cases} | {counts.passed} | {counts.failed} | {counts.errors} | {counts.known} "
           f"| {counts.skipped} |")
    yield ""
    yield f"Run {_code(info.id)}, {duration_s:.1f} s, seed {info.seed}, sha256 {_code(info.hypervisor.sha256)}."
    if comparison:
        yield ""
        number = comparison.regressions
        yield f"**{number or 'No'} regression{'' if number == 1 else 's'}** against {_code(comparison.name)}."
    if fixed := [result.case for result in results if result.fixed]:
        yield ""
        yield f"Fixed, take it out of `suites/known.yaml`: {', '.join(map(_code, fixed[:MAX_FAILURES]))}."
    yield ""


def _failures(results: Sequence[CaseResult], command: str, judged: Mapping[str, Judgement]) -> Iterator[str]:
    """What turned the run red; a board that does not boot has one reason for all its cases."""
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    for result in results:
        judgement = judged.get(result.case)
        if result.word in ("FAIL", "ERROR") and (not judgement or judgement.word is Word.REGRESSION):
            same = result.reason if result.word == "ERROR" and result.reason else result.case
            groups.setdefault((result.word, same), []).append(result)
    if groups:
        yield "## Regressions" if judged else "## Failures"
        yield ""
    # A FAIL is what a reader came for; an ERROR may be the test's own.
    for (word, _), group in sorted(groups.items(), key=lambda item: item[0][0] != "FAIL")[:MAX_FAILURES]:
        also = f" and {len(group) - 1} more" if len(group) > 1 else ""
        yield f"{word} {_code(group[0].case)}{also}"
        yield ""
        told = [f"baseline: {_short(judged[group[0].case].told)}"] if judged else []
        yield from _fenced([*told, *_evidence(group[0]), f"{command} CASE='{selection(group[0].case)}'"])
        yield ""
    if len(groups) > MAX_FAILURES:
        yield f"... and {len(groups) - MAX_FAILURES} more, in results.jsonl."
        yield ""


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Nothing where there are none."""
    if not lines:
        return
    yield f"## {title}: {len(lines)}"
    yield ""
    yield from lines[:MAX_EXCUSED]
    if len(lines) > MAX_EXCUSED:
        yield f"- ... and {len(lines) - MAX_EXCUSED} more"
    yield ""


def _baseline(comparison: Comparison) -> Iterator[str]:
    """What failed and is excused, what is better, and what grew."""
    excused = [one for word in EXCUSED for one in comparison.of(word)]
    yield from _section("Failures that are no regressions",
                        [f"- {one.word.value} {_code(one.case)}: {_code(anonymous(one.told))}" for one in excused])
    yield from _section("Fixed", [f"- {_code(one.case)}: {_code(anonymous(one.told))}" for one in comparison.of(Word.FIXED)])
    if grew := comparison.measurements.grew:
        yield f"## Measurements that grew: {len(grew)}"
        yield ""
        yield from (f"- {_code(str(one))}" for one in grew[:MAX_GREW])
        yield ""


def _evidence(result: CaseResult) -> Iterator[str]:
    failed = [check["text"] for check in result.checks if not check["ok"] and check["text"] != result.reason]
    if result.reason:
        yield f"why: {_short(result.reason)}"
    for text in failed[:MAX_CHECKS]:
        yield f"not ok: {_short(text)}"
    if len(failed) > MAX_CHECKS:
        yield f"not ok: {len(failed) - MAX_CHECKS} more checks"


def _known(results: Sequence[CaseResult]) -> Iterator[str]:
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        if result.known:
            groups.setdefault(result.finding or "", []).append(result)
    if not groups:
        return
    yield f"## Known failures: {sum(map(len, groups.values()))} cases, {len(groups)} findings"
    yield ""
    for finding, group in list(groups.items())[:MAX_FINDINGS]:
        cases = "1 case" if len(group) == 1 else f"{len(group)} cases"
        yield f"- {_link(finding)}, {cases}: {_code(group[0].case)}"
    if len(groups) > MAX_FINDINGS:
        yield f"- ... and {len(groups) - MAX_FINDINGS} more findings"
    yield ""


def _gaps(results: Sequence[CaseResult]) -> Iterator[str]:
    """The longest gaps, measured by the bound that each was held to."""
    worst: list[tuple[float, int, int, str, str]] = []
    for result in results:
        if result.outcome not in (Outcome.PASS, Outcome.FAIL):
            continue
        rows = [(figure(row.get("gap_us")), figure(row.get("bound_us"))) for row in result.data]
        held = [(gap / bound, gap, bound, result.word, result.case) for gap, bound in rows if gap is not None and bound]
        worst += [max(held)] if held else []
    if worst:
        yield "## Longest gaps, by their bounds"
        yield ""
    for share, gap, bound, word, case in sorted(worst, reverse=True)[:MAX_GAPS]:
        yield f"- {100 * share:.0f} %: {time_text(gap)} of {time_text(bound)}, {word} {_code(case)}"
    if worst:
        yield ""


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} ..."


def _code(text: str) -> str:
    """A code span, which nothing in it can end."""
    text = _short(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _fenced(texts: Sequence[str]) -> Iterator[str]:
    fence = "`" * max(3, 1 + max((len(run) for text in texts for run in re.findall("`+", text)), default=0))
    yield f"{fence}text"
    yield from texts
    yield fence


def _link(finding: str) -> str:
    """Of what suites/known.yaml names; anything but a plain path is told as text."""
    if re.fullmatch(r"[A-Za-z0-9_./-]+\.md", finding):
        return f"[{finding.rpartition('/')[2].removesuffix('.md')}]({finding})"
    return _code(finding)
