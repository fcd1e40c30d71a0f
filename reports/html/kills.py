# SPDX-License-Identifier: GPL-2.0-only
"""The page of a kill matrix: mutants by cases, what was broken, what saw it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.html.assets import Assets, assets

ORDER = ("survived", "error", "killed", "equivalent")  # in which they are of interest
WORDS = {"killed": "pass", "equivalent": "skip", "survived": "fail", "error": "error"}  # classes of the style


def page(matrix: Mapping[str, Any], parts: Assets | None = None) -> str:
    """`matrix` is what kill-matrix.json holds."""
    mutants = sorted(matrix["mutants"], key=lambda mutant: ORDER.index(mutant["status"]))
    environment = Environment(loader=PackageLoader("reports.html", ""), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    parts = parts or assets()
    totals = matrix["totals"]
    return environment.get_template("kills.html.j2").render(
        style=Markup(parts.style), policy=parts.policy, mutants=mutants, words=WORDS, totals=totals,
        good=bool(mutants) and not totals["survived"] and not totals["error"], matrix=matrix,
        columns=columns(mutants), rows={mutant["id"]: seen(mutant) for mutant in mutants if mutant["outcomes"]})


def columns(mutants: Sequence[Mapping[str, Any]]) -> list[str]:
    """Cases, without their parameters, that turned some mutant red."""
    return sorted({case for mutant in mutants for case, red in seen(mutant).items() if red})


def seen(mutant: Mapping[str, Any]) -> dict[str, int]:
    """{case, without parameters: how many instances of it were red}; 0: it was played and saw nothing."""
    found: Counter[str] = Counter()
    for case, outcome in mutant["outcomes"].items():
        found[case.partition("[")[0]] += outcome == "FAIL"
    return dict(found)
