# SPDX-License-Identifier: GPL-2.0-only
"""Did a measurement grow? The rank test for it, exact, and the correction for asking it of thousands at once.

Ours, because Debian's python3-scipy is 60 MB and numpy beside it, for one function. Samples here are some dozens of
values: the distribution is counted, not approximated, ties and all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import comb


def mann_whitney(new: Sequence[float], old: Sequence[float]) -> float:
    """One-sided p of Mann-Whitney's U: how often chance alone ranks `new` as high above `old` as it is, or higher.

    Ranks are doubled, so that the middle ranks of ties are whole numbers. `ways[k]` is a polynomial packed into one
    integer: its coefficient at x^r counts the choices of k values whose ranks have the sum r.
    """
    pooled = sorted([*new, *old])
    ranks = {value: bisect_left(pooled, value) + bisect_right(pooled, value) + 1 for value in set(pooled)}
    choices = comb(len(pooled), len(new))
    width = choices.bit_length() + 1
    ways = [1] + [0] * len(new)
    for value in pooled:
        for k in range(len(new), 0, -1):
            ways[k] += ways[k - 1] << ranks[value] * width
    observed = sum(ranks[value] for value in new)
    # The digits of a number in base 2^width add up to the number modulo 2^width - 1.
    return (ways[-1] >> observed * width) % ((1 << width) - 1) / choices


def adjusted(values: Sequence[float], family: int) -> list[float]:
    """Benjamini's and Hochberg's q of each p, in a family of so many tests; those not in `values` count as p = 1."""
    order = sorted(range(len(values)), key=lambda at: values[at], reverse=True)
    found, least = [1.0] * len(values), 1.0
    for place, at in enumerate(order):
        least = min(least, values[at] * family / (len(values) - place))
        found[at] = least
    return found
