"""The timer against itself: how often does the interval of a kernel's ratio to itself hold 1?

    python3 -m tests.aa [--times 20] [--pairs 31] [--seconds 20] [--problem P --candidate C] [--device cpu] [--size cpu]

from the folder `harness/`. Every time is a job of its own, with fresh processes and a fresh seed, in which one file
is timed against its own copy as `versus` times two candidates. Prints JSON; exits with 0 if the interval held 1
in at least 95 % of the times. No test: chance fails it once in a while, and a busy machine makes it slow.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from overproof_harness.job import parse_job  # noqa: E402
from overproof_harness.referee import run_job  # noqa: E402
from overproof_harness.statistics import median, quantile  # noqa: E402

FIXTURES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "test", "fixtures", "kernels", "abi")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=31)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--problem", default=os.path.join(FIXTURES, "problems", "softmax.py"))
    parser.add_argument("--candidate", default=os.path.join(FIXTURES, "solutions", "softmax.c"))
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--size", choices=("tiny", "cpu", "gpu"), default="cpu")
    return parser.parse_args()


def once(given: argparse.Namespace) -> dict[str, Any]:
    """The ratio of one job: {"median", "low", "high", "holds_one", "load"}; `load` is the machine's, afterwards."""
    result = run_job(parse_job({
        "format": 1, "problem": {"path": given.problem}, "device": given.device, "size": given.size, "trials": 1,
        "candidates": [{"id": name, "path": given.candidate} for name in ("one", "other")],
        "timing": {"pairs": given.pairs, "seconds": given.seconds}, "versus": [["one", "other"]]}))
    ratio = result["versus"][0]["ratio"]
    if ratio is None:
        reasons = [reason for line in result["results"] for reason in line["reasons"]]
        raise SystemExit(f"The candidate was not timed: {' '.join(reasons)}")
    return {**ratio, "holds_one": ratio["low"] <= 1 <= ratio["high"], "load": round(os.getloadavg()[0], 2)}


def main() -> int:
    given = arguments()
    begun = time.monotonic()
    runs = [once(given) for _ in range(given.times)]
    held = sum(run["holds_one"] for run in runs)
    widths = [run["high"] / run["low"] - 1 for run in runs]
    medians = [run["median"] for run in runs]
    print(json.dumps({
        "times": given.times, "held": held, "device": given.device, "size": given.size, "pairs": given.pairs,
        "medians": {"least": min(medians), "middle": median(medians), "most": max(medians)},
        "width": {"median": median(widths), "p90": quantile(widths, 0.9)},
        "processors": os.cpu_count(), "seconds": round(time.monotonic() - begun, 1), "runs": runs}, indent=1))
    return 0 if held >= 0.95 * given.times else 1


if __name__ == "__main__":
    sys.exit(main())
