"""Our result in the shape of KernelBench's `eval_results.json`: {"<problem>": [{sample_id, compiled, correctness, …}]}.

Times are milliseconds, −1.0 where nothing was measured, as its scripts expect.
"""

from __future__ import annotations

import json
from typing import Any

from .job import UnusableJob
from .statistics import median


def read_result(path: str) -> Any:
    """A result file as data; raises UnusableJob."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableJob(f"The result {path!r} cannot be read: {error}.") from None


def runtime_stats(line: dict[str, Any], device: dict[str, Any]) -> dict[str, Any]:
    if line["samples"] is None:
        return {}
    times = [ours for _, ours in line["samples"]["pairs"]]
    mean = sum(times) / len(times)
    spread = (sum((value - mean) ** 2 for value in times) / len(times)) ** 0.5
    return {"mean": mean, "std": spread, "min": min(times), "max": max(times), "num_trials": len(times),
            "hardware": device["name"], "device": device["kind"]}


def sample_of(line: dict[str, Any], index: int, device: dict[str, Any]) -> dict[str, Any]:
    """`correctness` is our verdict, not only the numbers: a cheat is no correct sample."""
    pairs = line["samples"]["pairs"] if line["samples"] else []
    return {
        "sample_id": index, "compiled": bool(line["compiled"]), "correctness": line["verdict"] == "correct",
        "metadata": {"candidate": line["candidate"], "sha256": line["candidate_sha256"], "verdict": line["verdict"],
                     "reasons": line["reasons"]},
        "runtime": median([ours for _, ours in pairs]) if pairs else -1.0,
        "runtime_stats": runtime_stats(line, device),
        "ref_runtime": median([reference for reference, _ in pairs]) if pairs else -1.0,
    }


def kernelbench_results(result: Any, problem: str | None) -> dict[str, list[dict[str, Any]]]:
    """`problem` defaults to the digits before the first underscore of the problem's name, as in `23_Softmax.py`."""
    if not isinstance(result, dict) or result.get("format") != 1 or "results" not in result:
        raise UnusableJob("The file is not a result of `measure`.")
    name = result["problem"]["name"]
    digits = name.partition("_")[0]
    key = problem if problem is not None else str(int(digits)) if digits.isdigit() else name
    return {key: [sample_of(line, index, result["device"]) for index, line in enumerate(result["results"])]}
