# SPDX-License-Identifier: GPL-2.0-only
"""The page of a run. What is seen at once is HTML; what a case folds open to is packed data that the page unpacks."""

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.html import view
from reports.html.assets import Assets, assets
from reports.model import CaseResult, Counts, RunInfo, count, verdict
from reports.table import ladder, selection, time_text
from reports.text import clean

PACK = 32  # cases that are packed together: like ones share much, and opening one unpacks no more
STOCK = {"xen": re.compile(r"xen-hypervisor-[0-9.]+-amd64\.gz"), "kvm": re.compile(r"vmlinuz-[0-9.]+-[0-9]+-amd64")}
WORDS = ("FAIL", "ERROR", "known", "fixed", "PASS", "SKIP")  # the order in which they are of interest
TOLD = {"FAIL": "fail", "ERROR": "error", "known": "known", "fixed": "fixed", "PASS": "pass", "SKIP": "skip"}
MAX_REASONS = 6
MAX_SAME = 5  # cases that are shown in full of those that fail for one reason


@dataclass(frozen=True)
class KillMatrix:
    """Which mutants which cases have turned red: {mutant: {case, without parameters: number of instances}}."""

    rows: Mapping[str, Mapping[str, int]]

    @property
    def columns(self) -> list[str]:
        return sorted({case for row in self.rows.values() for case in row})


@dataclass(frozen=True)
class Extras:
    """What other records know about the run. What is not known is not shown."""

    compared: Mapping[str, str] = field(default_factory=dict)  # case -> REGRESSION, like, never pass, fixed, flaky
    baseline: str = ""  # which run that was
    verdict: str = ""  # with it; "" if nothing was compared
    findings: Mapping[str, str] = field(default_factory=dict)  # path of a finding -> its title
    rationales: Mapping[str, str] = field(default_factory=dict)  # case, without parameters -> why it is asked
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)  # case -> longest gaps, us, oldest first
    kills: KillMatrix | None = None


@dataclass(frozen=True)
class Row:
    """A case in the list."""

    number: int
    case: str
    word: str
    title: str
    reason: str
    compared: str  # the word of the baseline
    finding: str
    command: str
    gap: str
    bound: str
    share: float | None
    lost: int | None
    keys: Mapping[str, str]  # what the filters look at
    failures: Sequence[str]

    @property
    def told(self) -> str:
        return TOLD[self.word]

    @property
    def parameters(self) -> str:
        return self.case.partition("[")[2].removesuffix("]")


@dataclass(frozen=True)
class Group:
    """All cases of one name."""

    name: str
    title: str
    rows: Sequence[Row]
    counts: Counts

    @property
    def nearest(self) -> Row | None:
        return max((row for row in self.rows if row.share is not None), key=lambda row: row.share or 0, default=None)

    @property
    def lost(self) -> int | None:
        found = [row.lost for row in self.rows if row.lost is not None]
        return sum(found) if found else None

    @property
    def told(self) -> list[tuple[str, str, int]]:
        """(outcome, word, how many), without those of which there are none."""
        words = [row.word for row in self.rows]
        return [(word, TOLD[word], words.count(word)) for word in WORDS if word in words]


def page(info: RunInfo, results: Sequence[CaseResult], duration_s: float, extras: Extras | None = None,
         command: str = "", parts: Assets | None = None) -> str:
    """The whole file. `results` are complete (see model.complete); `command` runs the gate again as it ran, but for the
    cases."""
    extras = extras or Extras()
    command = command or rerun(info)
    rows = [_row(number, result, extras, command) for number, result in enumerate(results)]
    found = verdict(results, ())
    rungs, ladder_rows = ladder(results)
    environment = Environment(loader=PackageLoader("reports.html", ""), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    parts = parts or assets()
    return environment.get_template("report.html.j2").render(
        parts=parts, style=Markup(parts.style), scripts=[Markup(text) for text in parts.scripts],
        board=clean(info.board), run=clean(info.id), hypervisor=clean(info.hypervisor.name),
        version=clean(info.hypervisor.version),
        verdict=extras.verdict or found.outcome.value, counts=found.counts, duration=f"{duration_s:.1f} s", facts=_facts(info, command),
        bad=_by_reason(rows), regressions=sum(row.compared == "REGRESSION" for row in rows), baseline=clean(extras.baseline),
        known=_by_finding(rows, extras), fixed=[row for row in rows if row.word == "fixed"],
        groups=_groups(rows, results), filters=_filters(rows), rungs=rungs, ladder=ladder_rows,
        kills=extras.kills, extras=extras, packs=_packs(results, extras),
        pack=PACK, comma=Markup(",<wbr>"))


def rerun(info: RunInfo) -> str:
    """What plays this hypervisor on this board again. A hypervisor of the user's is named by its file alone."""
    kind = info.hypervisor.name
    words = ["make gate", f"HV={selection(kind)}"]
    stock = STOCK.get(kind)
    if stock and not stock.fullmatch(info.hypervisor.file):
        words.append(f"{'KERNEL' if kind == 'kvm' else 'XEN'}={selection(info.hypervisor.file)}")
    if info.board != f"q35-{kind}":
        words.append(f"BOARD=lab/boards/{selection(info.board)}.yaml")
    if info.append:
        words.append("APPEND='" + clean(info.append).replace("'", "") + "'")
    return " ".join([*words, f"SEED={info.seed}"])


def _facts(info: RunInfo, command: str) -> list[tuple[str, str]]:
    return [(name, clean(str(value))) for name, value in (
        ("hypervisor", f"{info.hypervisor.name} {info.hypervisor.version}"), ("file", info.hypervisor.file),
        ("sha256", info.hypervisor.sha256), ("board", info.board), ("started", info.started), ("run", info.id),
        ("seed", info.seed), ("appended", info.append), ("guest's sha256", info.guest_sha256),
        ("again", command)) if str(value)]


def _row(number: int, result: CaseResult, extras: Extras, command: str) -> Row:
    worst = view.worst(result)
    word = "fixed" if result.fixed else result.word
    models, boot = view.models(result), view.boot_kind(clean(result.boot))
    compared = clean(extras.compared.get(result.case, ""))
    keys = {"word": word, "invariants": " ".join(map(clean, result.invariants)), "models": " ".join(models), "boot": boot,
            "compared": compared.replace(" ", "-"),
            "text": clean(f"{result.case} {result.title} {result.reason} {result.finding or ''} {compared}").lower()}
    return Row(
        number=number, case=clean(result.case), word=word, title=clean(result.title), reason=clean(result.reason),
        compared=compared, finding=clean(result.finding or ""),
        command=f"{command} CASE='{selection(result.case)}'", gap=time_text(worst.gap) if worst else "",
        bound=time_text(worst.bound) if worst else "", share=round(worst.share, 4) if worst else None, lost=view.lost(result),
        keys=keys, failures=view.failures(result)[:MAX_REASONS])


def _groups(rows: Sequence[Row], results: Sequence[CaseResult]) -> list[Group]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(view.family(row.case), []).append(row)
    return [Group(name, group[0].title, group, count(results[row.number] for row in group))
            for name, group in found.items()]


def _by_reason(rows: Sequence[Row]) -> list[tuple[list[Row], int]]:
    """What failed, regressions first; of an ERROR that many share, e.g. a board that does not boot, only some."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.word in ("FAIL", "ERROR"):
            groups.setdefault((row.word, row.reason if row.word == "ERROR" else row.case), []).append(row)
    order = sorted(groups.values(), key=lambda group: (group[0].compared != "REGRESSION", WORDS.index(group[0].word)))
    return [(group[:MAX_SAME], len(group) - len(group[:MAX_SAME])) for group in order]


def _by_finding(rows: Sequence[Row], extras: Extras) -> list[tuple[str, str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.word == "known":
            groups.setdefault(row.finding, []).append(row)
    return [(finding, clean(extras.findings.get(finding, "")), group) for finding, group in groups.items()]


def _filters(rows: Sequence[Row]) -> dict[str, list[str]]:
    def values(key: str) -> list[str]:
        return sorted({value for row in rows for value in row.keys[key].split()})
    words = values("word")
    return {"words": [word for word in WORDS if word in words], "invariants": values("invariants"),
            "models": values("models"), "boots": values("boot"), "compared": values("compared")}


def _packs(results: Sequence[CaseResult], extras: Extras) -> list[str]:
    found = []
    for at in range(0, len(results), PACK):
        found.append(_pack([_detail(result, extras) for result in results[at:at + PACK]]))
    return found


def _detail(result: CaseResult, extras: Extras) -> dict[str, Any]:
    more: dict[str, Any] = {"rationale": clean(extras.rationales.get(view.family(result.case), "")),
                            "history": list(extras.history.get(result.case, ()))}
    return view.detail(result) | {key: value for key, value in more.items() if value}


def _pack(records: Iterable[dict[str, Any]]) -> str:
    """Deflated and in base64, so that no text of a board stands in the page unpacked."""
    text = json.dumps(list(records), separators=(",", ":")).encode("ascii")
    return base64.b64encode(gzip.compress(text, 6, mtime=0)).decode()
