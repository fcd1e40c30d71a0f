# SPDX-License-Identifier: GPL-2.0-only
"""The rank test against published values, and against counting every choice."""

import random
from itertools import combinations
from math import comb

import pytest

from reports.rank import adjusted, mann_whitney


def counted(new, old):
    """The definition: of all ways to choose so many of the pooled values, those with as high a U."""
    def doubled_u(chosen, rest):
        return sum((a > b) * 2 + (a == b) for a in chosen for b in rest)
    pooled, seen = [*new, *old], doubled_u(new, old)
    found = [doubled_u([pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen]) >= seen
             for chosen in combinations(range(len(pooled)), len(new))]
    return sum(found) / len(found)


@pytest.mark.parametrize("new, old, p", [
    # R's and SciPy's manuals: ages at diagnosis, U = 17, two-sided 0.1111 exactly.
    ([19, 22, 16, 29, 24], [20, 11, 17, 12], 0.1111111111111111 / 2),
    # Hollander and Wolfe (1973), 69 f., the example of R's wilcox.test: W = 35, p = 0.1272.
    ([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46], [1.15, 0.88, 0.90, 0.74, 1.21], 0.1272),
    ([6, 7, 8, 9, 10], [1, 2, 3, 4, 5], 1 / comb(10, 5)),
    ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 1.0),
    ([5, 5, 5], [5, 5, 5, 5], 1.0),
    ([2], [1], 0.5),
])
def test_known_values(new, old, p):
    assert mann_whitney(new, old) == pytest.approx(p, abs=5e-5)


def test_table_of_critical_values():
    """U for n = m = 8 at the one-sided 5 %: 15 is significant, 16 is not (Mann and Whitney, 1947)."""
    def with_u(u):  # `old` wins u of the 64 pairs
        old = [0.5] * 8
        new = list(range(1, 9))
        for at in range(8):
            won = min(8, u)
            old[at], u = won + 0.5, u - won
        assert sum(a < b for a in new for b in old) == sum(int(b) for b in old)
        return mann_whitney([value + at / 1000 for at, value in enumerate(new)], [b + at / 99 for at, b in enumerate(old)])
    assert with_u(15) < 0.05 <= with_u(16)


def test_against_counting_every_choice():
    chance = random.Random(1)
    for _ in range(60):
        new = [chance.randrange(6) for _ in range(chance.randint(1, 5))]
        old = [chance.randrange(5) for _ in range(chance.randint(1, 6))]
        assert mann_whitney(new, old) == pytest.approx(counted(new, old), abs=1e-12), (new, old)


def test_large_samples_stay_exact():
    assert mann_whitney(range(40, 48), range(40)) == pytest.approx(1 / comb(48, 8), rel=1e-9)


def test_false_alarms_are_as_rare_as_promised():
    chance = random.Random(2)
    alarms = sum(mann_whitney([chance.random() for _ in range(5)], [chance.random() for _ in range(12)]) < 0.05
                 for _ in range(2000))
    assert alarms < 2000 * 0.065


def test_adjusted():
    # Benjamini and Hochberg (1995), their example of 15 tests: q < 0.05 for the four smallest.
    values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
              0.7590, 1.0]
    found = adjusted(values, len(values))
    assert [q < 0.05 for q in found] == [True] * 4 + [False] * 11
    assert found[0] == pytest.approx(0.0015) and found == sorted(found)


def test_a_larger_family_asks_for_more():
    assert adjusted([0.001, 0.04], 2) == pytest.approx([0.002, 0.04])
    assert adjusted([0.001, 0.04], 100) == pytest.approx([0.1, 1.0])
    assert adjusted([], 7) == []
