# SPDX-License-Identifier: GPL-2.0-only
"""The page of a run, or of several. What is seen at once is HTML; what a case folds open to is packed data that the page
unpacks."""

import base64
import gzip
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.html import view
from reports.html.assets import Assets, assets
from reports.html.run import Extras, Run
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
    """The whole file, of one run; see Run."""
    return pages([Run(info, results, duration_s, extras or Extras(), command)], parts)


def pages(runs: Sequence[Run], parts: Assets | None = None) -> str:
    """The same of several, e.g. of two hypervisors or of two versions of one."""
    runs = [replace(run, command=run.command or rerun(run.info)) for run in runs]
    names = _names(runs)
    results = [result for run in runs for result in run.results]
    rows = list(_rows(runs, names))
    found = verdict(results, ())
    rungs, ladder_rows = ladder(results)
    environment = Environment(loader=PackageLoader("reports.html", ""), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    parts = parts or assets()
    return environment.get_template("report.html.j2").render(
        parts=parts, style=Markup(parts.style), scripts=[Markup(text) for text in parts.scripts],
        runs=[(name, _of(run.info), _facts(run)) for name, run in zip(names, runs)], verdict=_verdict(runs),
        counts=found.counts, duration=f"{sum(run.duration_s for run in runs):.1f} s",
        bad=_by_reason(rows), regressions=sum(row.compared == "REGRESSION" for row in rows),
        baseline=clean(", ".join(dict.fromkeys(run.extras.baseline for run in runs if run.extras.baseline))),
        known=_by_finding(rows, {path: title for run in runs for path, title in run.extras.findings.items()}),
        fixed=[row for row in rows if row.word == "fixed"],
        groups=_groups(rows, results), filters=_filters(rows), rungs=rungs, ladder=ladder_rows,
        kills=[(name, run.extras.kills) for name, run in zip(names, runs) if run.extras.kills], packs=_packs(runs),
        pack=PACK, comma=Markup(",<wbr>"))


def _names(runs: Sequence[Run]) -> list[str]:
    """What tells them apart: the hypervisor's release, the run only where that does not."""
    releases = [run.info.hypervisor.release for run in runs]
    return [clean(release if releases.count(release) == 1 else f"{release}@{run.info.id}").replace(" ", "-")
            for release, run in zip(releases, runs)]


def _of(info: RunInfo) -> str:
    return clean(f"{info.hypervisor.name} {info.hypervisor.version.split(' ')[0]} on {info.board}")


def _verdict(runs: Sequence[Run]) -> str:
    """Each run's own, with its baseline if it has one; FAIL before ERROR before PASS."""
    words = [run.extras.verdict or verdict(run.results, ()).outcome.value for run in runs]
    return next((word for word in ("FAIL", "ERROR") if word in words), "PASS")


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


def _facts(run: Run) -> list[tuple[str, str]]:
    info = run.info
    return [(name, clean(str(value))) for name, value in (
        ("hypervisor", f"{info.hypervisor.name} {info.hypervisor.version}"), ("file", info.hypervisor.file),
        ("sha256", info.hypervisor.sha256), ("board", info.board), ("started", info.started), ("run", info.id),
        ("seed", info.seed), ("appended", info.append), ("guest's sha256", info.guest_sha256),
        ("again", run.command), ("baseline", run.extras.baseline)) if str(value)]


def _rows(runs: Sequence[Run], names: Sequence[str]) -> Iterator[Row]:
    number = itertools.count()
    for run, name in zip(runs, names):
        for result in run.results:
            yield _row(next(number), result, run, name)


def _row(number: int, result: CaseResult, run: Run, name: str) -> Row:
    worst = view.worst(result)
    word = "fixed" if result.fixed else result.word
    models, boot = view.models(result), view.boot_kind(clean(result.boot))
    compared = clean(run.extras.compared.get(result.case, ""))
    keys = {"word": word, "invariants": " ".join(map(clean, result.invariants)), "models": " ".join(models), "boot": boot,
            "hypervisor": name, "compared": compared.replace(" ", "-"),
            "text": clean(f"{result.case} {result.title} {result.reason} {result.finding or ''} {compared}").lower()}
    return Row(
        number=number, case=clean(result.case), word=word, title=clean(result.title), reason=clean(result.reason),
        compared=compared, finding=clean(result.finding or ""),
        command=f"{run.command} CASE='{selection(result.case)}'", gap=time_text(worst.gap) if worst else "",
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


def _by_finding(rows: Sequence[Row], titles: Mapping[str, str]) -> list[tuple[str, str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.word == "known":
            groups.setdefault(row.finding, []).append(row)
    return [(finding, clean(titles.get(finding, "")), group) for finding, group in groups.items()]


def _filters(rows: Sequence[Row]) -> dict[str, list[str]]:
    def values(key: str) -> list[str]:
        return sorted({value for row in rows for value in row.keys[key].split()})
    words = values("word")
    return {"words": [word for word in WORDS if word in words], "invariants": values("invariants"),
            "models": values("models"), "boots": values("boot"), "compared": values("compared"),
            "hypervisors": values("hypervisor")}


def _packs(runs: Sequence[Run]) -> list[str]:
    details = [_detail(result, run.extras) for run in runs for result in run.results]
    return [_pack(details[at:at + PACK]) for at in range(0, len(details), PACK)]


def _detail(result: CaseResult, extras: Extras) -> dict[str, Any]:
    more: dict[str, Any] = {"rationale": clean(extras.rationales.get(view.family(result.case), "")),
                            "history": list(extras.history.get(result.case, ()))}
    return view.detail(result) | {key: value for key, value in more.items() if value}


def _pack(records: Iterable[dict[str, Any]]) -> str:
    """Deflated and in base64, so that no text of a board stands in the page unpacked."""
    text = json.dumps(list(records), separators=(",", ":")).encode("ascii")
    return base64.b64encode(gzip.compress(text, 6, mtime=0)).decode()
