"""The referee's workplace: one temporary folder, the harness as workers see it, and how workers are started."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from . import device as machine
from . import family
from .arena import ITEM_BYTES, aligned
from .arm import GUARD, Arm
from .candidate import Source
from .job import Job
from .limits import guard_referee, keep_freed_memory
from .problem import Problem
from .process import STARTED, WorkerPlan, empty
from .sandbox import Isolation, find_isolation
from .task_problem import ADAPTER, task_files
from .timing import BLOCK_BYTES, MOST_CALLS, PLACES
from .tree import tensors_of
from .trial import REPEATS

REFERENCE_PROCESSES = 256
"""torch.compile starts a pool of compilers."""
WIDEST = 8
"""Bytes of the widest element that is compared."""


def tensor_bytes(problem: Problem, arrays: Iterable[Any]) -> int:
    """What tensors take in an arena, where each begins at an aligned place."""
    return sum(aligned(math.prod(array.shape) * ITEM_BYTES.get(problem.type_name(array), WIDEST)) for array in arrays)


def call_bytes(problem: Problem, inputs: Any, wide: list[Any]) -> int:
    """What a call's inputs and results take. `wide`: results in double precision; what a C signature makes of them may
    be wider than what NumPy gave."""
    results = GUARD + sum(aligned(math.prod(array.shape) * WIDEST) + GUARD for array in wide)
    return tensor_bytes(problem, tensors_of(inputs)) + results


class Bench:
    """Everything under `folder` disappears in `close`."""

    def __init__(self, job: Job, problem: Problem, device: str, weakest_only: bool = False) -> None:
        self.job = job
        self.problem = problem
        self.device = device
        guard_referee()
        keep_freed_memory()
        self.isolation: Isolation = find_isolation(weakest_only)
        self.threads, self.processors = machine.thread_count()
        self.folder = tempfile.mkdtemp(prefix="overproof-harness-")
        os.chmod(self.folder, 0o711)
        self.harness = os.path.join(self.folder, "harness")
        shutil.copytree(os.path.dirname(os.path.abspath(__file__)), os.path.join(self.harness, "overproof_harness"),
                        ignore=shutil.ignore_patterns("__pycache__"))
        self.started = 0

    def arena_bytes(self, main: int, largest: int) -> int:
        """Room for weights of all slots, for the repeated call of the largest trial and for as many calls on the main
        shape as a block may have; `main` and `largest` in bytes per call. Untouched pages cost nothing."""
        weights = sum(tensor_bytes(self.problem, [item for _, item in self.problem.state(slot)])
                      + tensor_bytes(self.problem, tensors_of(self.problem.init(slot))) for slot in self.problem.slots)
        return weights + max((REPEATS + 1) * largest, min(MOST_CALLS * PLACES * main, BLOCK_BYTES)) + (1 << 20)

    def private(self) -> str:
        self.started += 1
        path = os.path.join(self.folder, f"worker-{self.started}")
        os.mkdir(path, 0o700)
        return path

    def plan(self, role: str, interpret: bool = False) -> WorkerPlan:
        limits = self.job.limits
        if role == "reference":
            limits = replace(limits, processes=max(limits.processes, REFERENCE_PROCESSES))
        return WorkerPlan(role, self.problem.backend, self.device, self.threads, self.processors, limits,
                          self.job.size, interpret)

    def reference(self, arena_bytes: int) -> Arm:
        """A worker that has loaded the problem itself."""
        private = self.private()
        name = "problem.py"
        self._write(private, name, self.problem_source())
        arm = Arm("reference", self.plan("reference"), self.isolation, self.harness, private, self.problem,
                  arena_bytes)
        try:
            arm.load(os.path.join(arm.worker.inside, name), self.problem.reference_class,
                     self.job.limits.compile_seconds)
        except BaseException:
            arm.close()
            raise
        return arm

    def problem_source(self) -> str:
        source = getattr(self.problem, "source", None)
        if isinstance(source, str):
            return source
        with open(self.problem.path, encoding="utf-8") as file:
            return file.read()

    def candidate(self, source: Source, private: str, arena_bytes: int) -> Arm:
        """A worker for a candidate; nothing of the candidate has run yet. The file's name says nothing."""
        empty(private, keep=("build",))
        name = "candidate" + (source.suffix if source.dsl == "abi" else ".py")
        text = source.text
        if self.problem.format == "task":
            text += ADAPTER
            for module, content in task_files(self.problem.path, self.device == "cpu"):
                if module != "reference":
                    self._write(private, f"{module}.py", content)
        self._write(private, name, text)
        return Arm(source.file.id, self.plan("candidate", self.interpreted(source)), self.isolation, self.harness,
                   private, self.problem, arena_bytes)

    def interpreted(self, source: Source) -> bool:
        """Without a GPU Triton's interpreter shows whether a kernel is right, and nothing about its speed."""
        return source.dsl == "triton" and self.device == "cpu"

    def candidate_path(self, arm: Arm, source: Source) -> str:
        return os.path.join(arm.worker.inside, "candidate" + (source.suffix if source.dsl == "abi" else ".py"))

    @staticmethod
    def _write(folder: str, name: str, text: str) -> None:
        with open(os.path.join(folder, name), "x", encoding="utf-8") as file:
            file.write(text)

    def close(self) -> None:
        family.reap(STARTED)
        shutil.rmtree(self.folder, ignore_errors=True)
