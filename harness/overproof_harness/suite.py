"""Runs a folder of fixtures as one campaign: solutions, cheats and the timer against itself. Raw results and a summary.

The folder has `problems/`, `solutions/<backend>/` and `cheats/` with `expected.json`.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable

from .error_text import one_sentence
from .job import Job, Unfit, UnusableJob, parse_job
from .referee import run_job
from .result import now, write_json

BACKENDS = {"cuda": ("triton", "cuda_inline"), "cpu": ("cpp_inline",)}
AGAINST_ITSELF = "03_softmax"


class Campaign:
    """Results go to `target`, one file a job, and the summary is written anew before each: whatever ends the campaign
    takes nothing along that was measured. Jobs after the deadline are listed as not run, never guessed."""

    def __init__(self, fixtures: str, target: str, device: str, size: str, seconds: float, pairs: int) -> None:
        self.fixtures = fixtures
        self.target = target
        self.device = device
        self.size = size
        self.pairs = pairs
        self.begun = time.monotonic()
        self.deadline = self.begun + seconds
        self.summary: dict[str, Any] = {"started": now(), "device": None, "isolation": None, "solutions": [],
                                        "cheats": [], "against_itself": [], "not_run": [], "failed": []}
        self.total = self.kernels = 0.0
        os.makedirs(target, exist_ok=True)

    def job(self, problem: str, candidates: list[tuple[str, str]], **changes: Any) -> Job:
        return parse_job({
            "format": 1, "problem": {"path": problem}, "device": self.device, "size": self.size, "trials": 3,
            "candidates": [{"id": name, "path": path} for name, path in candidates],
            "timing": {"pairs": self.pairs, "seconds": 6}, "cache": os.path.join(self.target, "cache"), **changes})

    def run(self, name: str, make: Callable[[], Job]) -> dict[str, Any] | None:
        self.finish()
        if time.monotonic() > self.deadline:
            self.summary["not_run"].append(name)
            return None
        try:
            result = run_job(make())
        except (Unfit, UnusableJob) as error:
            self.summary["failed"].append({"name": name, "reason": str(error)})
            return None
        except Exception as error:
            # A device that fails under the referee itself must not take along what was measured before.
            self.summary["failed"].append({"name": name, "reason": f"The harness failed: {one_sentence(error)}."})
            return None
        write_json(os.path.join(self.target, f"{name}.json"), result)
        self.summary["device"], self.summary["isolation"] = result["device"], result["isolation"]
        self.total += result["seconds"]["total"]
        self.kernels += result["seconds"]["kernels"]
        return result

    def solutions(self) -> None:
        names = sorted({name for backend in BACKENDS[self.device] for name in self._files("solutions", backend)})
        for name in names:
            found = [(backend, os.path.join(self.fixtures, "solutions", backend, name))
                     for backend in BACKENDS[self.device] if name in self._files("solutions", backend)]
            problem = os.path.join(self.fixtures, "problems", name)
            result = self.run(f"solutions-{name[:-3]}", lambda p=problem, c=found: self.job(p, c))
            for line in result["results"] if result else []:
                self.summary["solutions"].append({
                    "problem": name[:-3], "backend": line["candidate"], "verdict": line["verdict"],
                    "reasons": line["reasons"], "speedup": line["speedup"], "times": line["times"]})

    def cheats(self) -> None:
        expected = self._expected()
        for case in expected["cases"]:
            if case["device"] not in ("any", self.device):
                continue
            problem = os.path.normpath(os.path.join(self.fixtures, "problems", case["problem"]))
            path = os.path.join(self.fixtures, "cheats", case["file"])
            result = self.run(f"cheat-{case['file'][:-3]}", lambda p=problem, c=path: self.job(
                p, [("cheat", c)], timing={"pairs": 7, "seconds": 3}))
            if result is None:
                continue
            line = result["results"][0]
            outcome = "rejected"
            if line["verdict"] == "correct":
                low = line["speedup"]["median"] <= expected["max_speedup_if_accepted"]
                outcome = "not_inflated" if low else "inflated"
            self.summary["cheats"].append({"file": case["file"], "verdict": line["verdict"], "outcome": outcome,
                                           "sound": outcome in case["outcomes"], "reasons": line["reasons"]})

    def against_itself(self, times: int) -> None:
        """The interval of a kernel's ratio to itself must hold 1."""
        backend = BACKENDS[self.device][0]
        path = os.path.join(self.fixtures, "solutions", backend, f"{AGAINST_ITSELF}.py")
        problem = os.path.join(self.fixtures, "problems", f"{AGAINST_ITSELF}.py")
        result = self.run("against-itself", lambda: self.job(problem, [("k", path)], versus=[["k", "k"]] * times))
        for duel in result["versus"] if result else []:
            ratio = duel["ratio"]
            self.summary["against_itself"].append({
                "ratio": ratio, "n": duel["n"], "holds_one": ratio is not None and ratio["low"] <= 1 <= ratio["high"],
                "width": None if ratio is None else ratio["high"] / ratio["low"] - 1})

    def finish(self) -> None:
        wall = time.monotonic() - self.begun
        self.summary.update(finished=now(), seconds={
            "wall": wall, "jobs": self.total, "kernels": self.kernels,
            "overhead_share": 1 - self.kernels / self.total if self.total else None})
        write_json(os.path.join(self.target, "summary.json"), self.summary)

    def _expected(self) -> dict[str, Any]:
        try:
            with open(os.path.join(self.fixtures, "cheats", "expected.json"), encoding="utf-8") as file:
                data = json.load(file)
        except (OSError, ValueError) as error:
            raise UnusableJob(f"The fixtures have no cheats/expected.json that can be read: {error}.") from None
        return dict(data)

    def _files(self, *parts: str) -> list[str]:
        folder = os.path.join(self.fixtures, *parts)
        return [name for name in sorted(os.listdir(folder)) if name.endswith(".py")] if os.path.isdir(folder) else []


def run_suite(fixtures: str, target: str, device: str, size: str, seconds: float, pairs: int,
              times: int) -> dict[str, Any]:
    campaign = Campaign(fixtures, target, device, size, seconds, pairs)
    try:
        campaign.solutions()
        campaign.against_itself(times)
        campaign.cheats()
    finally:
        campaign.finish()
    return campaign.summary


def sound(summary: dict[str, Any]) -> bool:
    """Whether all that was to be shown was shown."""
    return bool(not summary["not_run"] and not summary["failed"] and summary["solutions"] and summary["cheats"]
                and all(item["verdict"] == "correct" for item in summary["solutions"])
                and all(item["sound"] for item in summary["cheats"])
                and sum(not item["holds_one"] for item in summary["against_itself"])
                <= len(summary["against_itself"]) // 20)
