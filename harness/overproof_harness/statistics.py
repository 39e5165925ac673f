"""Medians and their intervals, free of assumptions about how times are distributed."""

from __future__ import annotations

import math
from typing import Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between order statistics, as NumPy's default does."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def sign_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """The interval of the median that inverts the sign test: [x_(d), x_(n+1-d)] with the largest d for which
    2·P(Binomial(n, 1/2) ≤ d − 1) ≤ 1 − level. With fewer than six values it is the whole range, whose level is lower.
    """
    ordered = sorted(values)
    n = len(ordered)
    tail = 0.0
    d = 1
    for successes in range(n):
        tail += math.comb(n, successes) * 0.5 ** n
        if 2 * tail > 1 - level:
            break
        d = successes + 1
    return ordered[d - 1], ordered[n - d]


def summary(times_ms: Sequence[float]) -> dict[str, float | int]:
    return {"median_ms": median(times_ms), "p10_ms": quantile(times_ms, 0.1),
            "p90_ms": quantile(times_ms, 0.9), "n": len(times_ms)}


RATIO_LEVEL = 0.99
PLACEMENT = {"cpu": 0.03, "cuda": 0.002}
"""What identical code in two processes differs by for as long as they live, because their memory lies elsewhere: no
number of pairs averages it out. The CPU's share was measured (see the README), the GPU's is to be."""


def ratio(sessions: Sequence[Sequence[float]], kind: str) -> dict[str, float]:
    """Median of ratios with an interval that holds chance, placement and, where the processes were started several
    times, the medians of all sessions: for n sessions their range misses with probability 2^(1 - n). `kind` is cpu or
    cuda."""
    ratios = [value for session in sessions for value in session]
    low, high = sign_interval(ratios, RATIO_LEVEL)
    medians = [median(session) for session in sessions]
    return {"median": median(ratios), "low": min(low, *medians) / (1 + PLACEMENT[kind]),
            "high": max(high, *medians) * (1 + PLACEMENT[kind])}
